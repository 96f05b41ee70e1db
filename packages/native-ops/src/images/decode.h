// Image files as 8-bit RGB, equal to Pillow's convert('RGB') in every byte, as @ggb/core's decodeImage defines it: no
// orientation, no colour profiles, alpha dropped, the high bytes of 16 bits, 16-bit grey clipped. What is not surely
// decoded the same way here is refused as 'unsupported-format'. Files are taken for hostile: every size is checked
// before memory is taken.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "images/byte-buffer.h"
#include "images/problem.h"

struct libdeflate_decompressor;

namespace ggb::images {

// As decodeImage of @ggb/core: more would take over 300 MB, and is a mistake or an attack.
constexpr uint64_t kLargestImagePixels = 100'000'000;

// Interleaved RGB, width * height * 3 bytes, no gaps.
struct Image {
  ByteBuffer pixels;
  int width = 0;
  int height = 0;

  const uint8_t* data() const { return pixels.data(); }
  size_t bytes() const { return static_cast<size_t>(width) * height * 3; }
};

struct DecompressorDeleter {
  void operator()(libdeflate_decompressor* decompressor) const;
};

// What one thread decodes with, reused from file to file.
struct DecodeScratch {
  std::unique_ptr<libdeflate_decompressor, DecompressorDeleter> decompressor;
  ByteBuffer compressed;
  ByteBuffer inflated;
  ByteBuffer lines;

  void ReleaseAbove(size_t bytes) {
    compressed.ReleaseAbove(bytes);
    inflated.ReleaseAbove(bytes);
    lines.ReleaseAbove(bytes);
  }
};

// Which decoder takes a file is decided by its first bytes, never by its name.
Problem Decode(const uint8_t* file, size_t bytes, DecodeScratch* scratch, Image* image);

Problem DecodeJpeg(const uint8_t* file, size_t bytes, Image* image);
Problem DecodePng(const uint8_t* file, size_t bytes, DecodeScratch* scratch, Image* image);

bool IsPng(const uint8_t* file, size_t bytes);

// Whether a size from a header may be decoded at all; takes no memory.
Problem CheckSize(uint64_t width, uint64_t height);
// Takes the memory for the pixels of a size that was checked.
Problem Allocate(uint64_t width, uint64_t height, Image* image);

// 'libjpeg-turbo 2.1.5'
const char* JpegLibrary();
// 'libdeflate 1.14'
const char* PngLibrary();

}  // namespace ggb::images
