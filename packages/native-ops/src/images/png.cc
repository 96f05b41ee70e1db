// PNG through libdeflate, which inflates a whole stream into memory of known size about twice as fast as zlib, and own
// filters. PNG specification, third edition: https://www.w3.org/TR/png-3/
//
// Checksums of the chunks that make the picture are checked, those of others are not: they do not change a pixel.
#include <libdeflate.h>

#include <cstring>
#include <string>

#include "images/decode.h"
#include "images/png-filters.h"

namespace ggb::images {
namespace {

constexpr uint8_t kSignature[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
// Deflate stores at most 258 bytes in 2 bits (RFC 1951: one length and one distance code of a bit each).
constexpr uint64_t kLargestRatio = 1032;

enum Colour { kGrey = 0, kRgb = 2, kPalette = 3, kGreyAlpha = 4, kRgbAlpha = 6 };

uint32_t BigEndian(const uint8_t* bytes) {
  return static_cast<uint32_t>(bytes[0]) << 24 | static_cast<uint32_t>(bytes[1]) << 16 |
         static_cast<uint32_t>(bytes[2]) << 8 | bytes[3];
}

struct Header {
  uint32_t width = 0;
  uint32_t height = 0;
  int depth = 0;
  int colour = 0;
  bool interlaced = false;

  int channels() const {
    switch (colour) {
      case kRgb:
        return 3;
      case kGreyAlpha:
        return 2;
      case kRgbAlpha:
        return 4;
      default:
        return 1;
    }
  }
  int bits() const { return channels() * depth; }
  int pixel_bytes() const { return bits() < 8 ? 1 : bits() / 8; }
  uint64_t RowBytes(uint64_t columns) const { return (columns * bits() + 7) / 8; }
};

// Parts of the file that the picture is made from.
struct Chunks {
  Header header;
  const uint8_t* palette = nullptr;
  int palette_entries = 0;
  const uint8_t* data = nullptr;  // all IDAT chunks in one piece
  size_t data_bytes = 0;
};

Problem Truncated(const char* where) { return Problem(ProblemKind::kTruncated, std::string("the PNG ends ") + where); }
Problem Corrupt(const std::string& what) { return Problem(ProblemKind::kCorrupt, what); }
Problem Unsupported(const std::string& what) { return Problem(ProblemKind::kUnsupportedFormat, what); }
Problem NoMemory() { return Problem(ProblemKind::kOutOfMemory, "no memory for the data of the PNG"); }

bool Is(const uint8_t* type, const char* name) { return std::memcmp(type, name, 4) == 0; }

bool IsDepthAllowed(int colour, int depth) {
  switch (colour) {
    case kGrey:
      return depth == 1 || depth == 2 || depth == 4 || depth == 8 || depth == 16;
    case kPalette:
      return depth == 1 || depth == 2 || depth == 4 || depth == 8;
    case kRgb:
    case kGreyAlpha:
    case kRgbAlpha:
      return depth == 8 || depth == 16;
    default:
      return false;
  }
}

Problem ReadHeader(const uint8_t* body, uint32_t length, Header* header) {
  if (length != 13) return Corrupt("the PNG header has " + std::to_string(length) + " bytes, expected 13");
  header->width = BigEndian(body);
  header->height = BigEndian(body + 4);
  header->depth = body[8];
  header->colour = body[9];
  header->interlaced = body[12] == 1;
  if (header->width == 0 || header->height == 0) return Corrupt("a PNG without pixels");
  if (!IsDepthAllowed(header->colour, header->depth)) {
    return Corrupt("a PNG of colour type " + std::to_string(header->colour) + " and " + std::to_string(header->depth) +
                   " bits, which does not exist");
  }
  if (body[10] != 0 || body[11] != 0 || body[12] > 1) {
    return Unsupported("a PNG of unknown compression, filter or interlace method");
  }
  return Problem::None();
}

// One walk over the file. `joined` takes the data when it is spread over several chunks.
Problem ReadChunks(const uint8_t* file, size_t bytes, ByteBuffer* joined, Chunks* chunks) {
  size_t at = sizeof(kSignature);
  size_t data_chunks = 0;
  size_t first_data_chunk = 0;
  bool is_data_over = false;
  for (bool is_first = true;; is_first = false) {
    if (bytes - at < 12) return Truncated("before its IEND chunk");
    const uint32_t length = BigEndian(file + at);
    if (length > bytes - at - 12) return Truncated("within a chunk");
    const uint8_t* type = file + at + 4;
    const uint8_t* body = type + 4;
    const bool is_critical = (type[0] & 0x20) == 0;
    if (is_critical && libdeflate_crc32(0, type, static_cast<size_t>(length) + 4) != BigEndian(body + length)) {
      return Corrupt("wrong checksum of a PNG chunk");
    }
    if (is_first != Is(type, "IHDR")) return Corrupt("the PNG does not begin with one IHDR chunk");
    const bool is_data = Is(type, "IDAT");
    if (data_chunks > 0 && !is_data) is_data_over = true;
    if (is_first) {
      const Problem problem = ReadHeader(body, length, &chunks->header);
      if (problem.found()) return problem;
    } else if (is_data) {
      if (is_data_over) return Corrupt("IDAT chunks of the PNG are not in one row");
      if (data_chunks == 0) {
        first_data_chunk = at;
        chunks->data = body;
      }
      data_chunks += 1;
      chunks->data_bytes += length;
    } else if (Is(type, "PLTE")) {
      if (length == 0 || length % 3 != 0 || length > 768 || chunks->palette != nullptr || data_chunks > 0) {
        return Corrupt("the palette of the PNG is empty, too long, late or there twice");
      }
      chunks->palette = body;
      chunks->palette_entries = static_cast<int>(length / 3);
    } else if (Is(type, "IEND")) {
      break;
    } else if (is_critical) {
      return Unsupported("a PNG with a critical chunk of unknown type");
    } else if (Is(type, "acTL")) {
      return Unsupported("an animated PNG");
    } else if (Is(type, "tRNS") && chunks->header.colour == kGrey && chunks->header.depth == 16) {
      return Unsupported("16-bit grey with a transparent value");
    }
    at += static_cast<size_t>(length) + 12;
  }
  if (data_chunks == 0) return Corrupt("a PNG without IDAT chunk");
  if (chunks->header.colour == kPalette && chunks->palette == nullptr) return Corrupt("a PNG without its palette");
  if (data_chunks == 1) return Problem::None();
  uint8_t* all = joined->Reserve(chunks->data_bytes);
  if (all == nullptr) return NoMemory();
  chunks->data = all;
  // Checked above: the chunks lie within the file, one behind the other.
  at = first_data_chunk;
  for (size_t chunk = 0; chunk < data_chunks; ++chunk) {
    const uint32_t length = BigEndian(file + at);
    std::memcpy(all, file + at + 8, length);
    all += length;
    at += static_cast<size_t>(length) + 12;
  }
  return Problem::None();
}

// A picture, or one of the seven passes of an interlaced one: columns x, x + dx, ... and rows y, y + dy, ...
struct Pass {
  uint32_t x, y, dx, dy;
  uint32_t columns(const Header& header) const { return x >= header.width ? 0 : (header.width - x + dx - 1) / dx; }
  uint32_t rows(const Header& header) const { return y >= header.height ? 0 : (header.height - y + dy - 1) / dy; }
  uint64_t Bytes(const Header& header) const {
    // A pass without columns has no rows either, so no filter bytes.
    return columns(header) == 0 ? 0 : rows(header) * (1 + header.RowBytes(columns(header)));
  }
};

constexpr Pass kWhole[] = {{0, 0, 1, 1}};
constexpr Pass kAdam7[] = {{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4},
                           {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}};

struct Passes {
  const Pass* begin_;
  const Pass* end_;
  const Pass* begin() const { return begin_; }
  const Pass* end() const { return end_; }
};

Passes PassesOf(const Header& header) {
  if (header.interlaced) return {std::begin(kAdam7), std::end(kAdam7)};
  return {std::begin(kWhole), std::end(kWhole)};
}

uint64_t FilteredBytes(const Header& header) {
  uint64_t bytes = 0;
  for (const Pass& pass : PassesOf(header)) bytes += pass.Bytes(header);
  return bytes;
}

Problem Inflate(const Chunks& chunks, DecodeScratch* scratch) {
  const uint64_t expected = FilteredBytes(chunks.header);
  if (!scratch->decompressor) scratch->decompressor.reset(libdeflate_alloc_decompressor());
  uint8_t* inflated = scratch->inflated.Reserve(static_cast<size_t>(expected));
  if (inflated == nullptr || !scratch->decompressor) return NoMemory();
  size_t received = 0;
  const libdeflate_result result = libdeflate_zlib_decompress(
      scratch->decompressor.get(), chunks.data, chunks.data_bytes, inflated, static_cast<size_t>(expected), &received);
  if (result == LIBDEFLATE_INSUFFICIENT_SPACE) return Unsupported("a PNG with more data than its size needs");
  if (result != LIBDEFLATE_SUCCESS) return Corrupt("the compressed data of the PNG is damaged or incomplete");
  if (received < expected) return Truncated("before its pixels do");
  return Problem::None();
}

// Samples of less than 8 bits, or whole bytes, as one value a pixel.
inline int SampleAt(const uint8_t* row, size_t column, int depth) {
  if (depth == 8) return row[column];
  const size_t bit = column * static_cast<size_t>(depth);
  return row[bit / 8] >> (8 - depth - static_cast<int>(bit % 8)) & ((1 << depth) - 1);
}

inline void SetGrey(uint8_t* rgb, int value) {
  rgb[0] = static_cast<uint8_t>(value);
  rgb[1] = rgb[0];
  rgb[2] = rgb[0];
}

// A row of pixels as RGB, `step` bytes apart. False: a palette index without entry.
bool ToRgb(const Chunks& chunks, const uint8_t* row, size_t columns, uint8_t* rgb, size_t step) {
  const Header& header = chunks.header;
  const size_t sample = header.depth == 16 ? 2 : 1;
  switch (header.colour) {
    case kGrey:
      if (header.depth == 16) {
        // Clipped, not shifted, as Pillow does with what it takes for numbers instead of colours.
        for (size_t x = 0; x < columns; ++x, rgb += step) SetGrey(rgb, row[2 * x] != 0 ? 255 : row[2 * x + 1]);
        return true;
      }
      for (size_t x = 0; x < columns; ++x, rgb += step) {
        SetGrey(rgb, SampleAt(row, x, header.depth) * (255 / ((1 << header.depth) - 1)));
      }
      return true;
    case kGreyAlpha:
      for (size_t x = 0; x < columns; ++x, rgb += step) SetGrey(rgb, row[2 * sample * x]);
      return true;
    case kPalette:
      for (size_t x = 0; x < columns; ++x, rgb += step) {
        const int index = SampleAt(row, x, header.depth);
        if (index >= chunks.palette_entries) return false;
        std::memcpy(rgb, chunks.palette + 3 * index, 3);
      }
      return true;
    default: {
      const size_t pixel = sample * static_cast<size_t>(header.channels());
      for (size_t x = 0; x < columns; ++x, rgb += step, row += pixel) {
        rgb[0] = row[0];
        rgb[1] = row[sample];
        rgb[2] = row[2 * sample];
      }
      return true;
    }
  }
}

Problem ReadPass(const Chunks& chunks, const Pass& pass, const uint8_t* filtered, DecodeScratch* scratch,
                 Image* image) {
  const Header& header = chunks.header;
  const uint32_t columns = pass.columns(header);
  const uint32_t rows = pass.rows(header);
  const size_t row_bytes = static_cast<size_t>(header.RowBytes(columns));
  const int pixel_bytes = header.pixel_bytes();
  const size_t image_stride = static_cast<size_t>(image->width) * 3;
  // What needs no conversion is unfiltered where it belongs; else three rows in turn, of which one is above two others.
  const bool is_direct = header.colour == kRgb && header.depth == 8 && !header.interlaced;
  const size_t line_stride = row_bytes + ByteBuffer::kPadding;
  uint8_t* lines = scratch->lines.Reserve(4 * line_stride);
  if (lines == nullptr) return NoMemory();
  uint8_t* zeros = lines + 3 * line_stride;
  std::memset(zeros, 0, line_stride);
  const auto line = [&](uint32_t y) {
    return is_direct ? image->pixels.data() + y * image_stride : lines + y % 3 * line_stride;
  };
  const FilterCode code = BestFilterCode();
  const bool may_pair = CanUndoTwoPaeth(code, pixel_bytes);
  const auto filter_of = [&](uint32_t y) { return filtered[y * (row_bytes + 1)]; };
  for (uint32_t y = 0; y < rows;) {
    const uint8_t* row = filtered + y * (row_bytes + 1) + 1;
    const uint8_t* above = y == 0 ? zeros : line(y - 1);
    const int filter = filter_of(y);
    if (filter > kPaeth) return Corrupt("a row of the PNG has the unknown filter " + std::to_string(filter));
    uint32_t done = 1;
    if (may_pair && filter == kPaeth && y + 1 < rows && filter_of(y + 1) == kPaeth) {
      UndoTwoPaeth(row, row + row_bytes + 1, above, line(y), line(y + 1), row_bytes, pixel_bytes);
      done = 2;
    } else {
      UndoFilter(code, filter, row, above, line(y), row_bytes, pixel_bytes);
    }
    for (; done > 0; --done, ++y) {
      if (is_direct) continue;
      uint8_t* rgb =
          image->pixels.data() + (pass.y + static_cast<size_t>(y) * pass.dy) * image_stride + size_t{pass.x} * 3;
      if (!ToRgb(chunks, line(y), columns, rgb, size_t{pass.dx} * 3)) {
        return Unsupported("a PNG with a palette index beyond its palette");
      }
    }
  }
  return Problem::None();
}

}  // namespace

void DecompressorDeleter::operator()(libdeflate_decompressor* decompressor) const {
  libdeflate_free_decompressor(decompressor);
}

bool IsPng(const uint8_t* file, size_t bytes) {
  // What begins like a PNG and ends within the signature is a truncated one.
  const size_t length = bytes < sizeof(kSignature) ? bytes : sizeof(kSignature);
  return length >= 4 && std::memcmp(file, kSignature, length) == 0;
}

Problem DecodePng(const uint8_t* file, size_t bytes, DecodeScratch* scratch, Image* image) {
  if (bytes < sizeof(kSignature)) return Truncated("within its signature");
  Chunks chunks;
  Problem problem = ReadChunks(file, bytes, &scratch->compressed, &chunks);
  if (problem.found()) return problem;
  problem = CheckSize(chunks.header.width, chunks.header.height);
  if (problem.found()) return problem;
  if (FilteredBytes(chunks.header) / kLargestRatio > chunks.data_bytes) {
    return Truncated("before its pixels do: too little data for its size");
  }
  problem = Allocate(chunks.header.width, chunks.header.height, image);
  if (problem.found()) return problem;
  problem = Inflate(chunks, scratch);
  if (problem.found()) return problem;
  const uint8_t* filtered = scratch->inflated.data();
  for (const Pass& pass : PassesOf(chunks.header)) {
    if (pass.Bytes(chunks.header) == 0) continue;
    problem = ReadPass(chunks, pass, filtered, scratch, image);
    if (problem.found()) return problem;
    filtered += pass.Bytes(chunks.header);
  }
  return Problem::None();
}

const char* PngLibrary() { return "libdeflate " LIBDEFLATE_VERSION_STRING; }

}  // namespace ggb::images
