// Feeds the decoders with damaged files. Built with AddressSanitizer and UndefinedBehaviorSanitizer (run.mjs), which
// end the process at the first access or operation that is not allowed.
//
//   fuzz_images CASES SEED FILE...        CASES files, each made from one of FILE or drawn from nothing
//   fuzz_images --only CASE SEED FILE...  that one again
//
// A PNG with one changed byte fails its checksum and tests nothing else. So most of the damaged ones get right
// checksums again, and some are made around random data that is compressed anew.
#include <libdeflate.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "images/decode.h"
#include "images/png-filters.h"

extern "C" void __sanitizer_set_death_callback(void (*)()) __attribute__((weak));

namespace {

using Bytes = std::vector<uint8_t>;
using namespace ggb::images;

// Sanitized and on a busy machine; without sanitizers no case takes a tenth of it.
constexpr double kMostSeconds = 30;

unsigned long long g_case = 0;
unsigned long long g_seed = 0;

void OnDeath() { std::fprintf(stderr, "fuzz_images: died in case %llu of seed %llu\n", g_case, g_seed); }

// splitmix64: each case has a generator of its own, so that it can be run alone.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t Next() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  size_t Below(size_t limit) { return limit == 0 ? 0 : static_cast<size_t>(Next() % limit); }
  bool OneIn(size_t count) { return Below(count) == 0; }
  uint8_t Byte() { return static_cast<uint8_t>(Next()); }

 private:
  uint64_t state_;
};

void PutBigEndian(uint8_t* to, uint32_t value) {
  for (int i = 0; i < 4; ++i) to[i] = static_cast<uint8_t>(value >> (24 - 8 * i));
}

uint32_t BigEndian(const uint8_t* from) {
  return static_cast<uint32_t>(from[0]) << 24 | static_cast<uint32_t>(from[1]) << 16 |
         static_cast<uint32_t>(from[2]) << 8 | from[3];
}

void RepairChecksums(Bytes* png) {
  size_t at = 8;
  while (at + 12 <= png->size()) {
    const uint32_t length = BigEndian(png->data() + at);
    if (length > png->size() - at - 12) return;
    PutBigEndian(png->data() + at + 8 + length, libdeflate_crc32(0, png->data() + at + 4, size_t{length} + 4));
    at += size_t{length} + 12;
  }
}

void AddChunk(Bytes* png, const char* type, const Bytes& body) {
  uint8_t field[4];
  PutBigEndian(field, static_cast<uint32_t>(body.size()));
  png->insert(png->end(), field, field + 4);
  png->insert(png->end(), type, type + 4);
  png->insert(png->end(), body.begin(), body.end());
  png->insert(png->end(), 4, 0);
}

// Any colour type, depth and interlacing, valid or not, with as many random rows as it should have, or a few bytes more
// or less.
Bytes DrawPng(Random* random) {
  const uint8_t colours[] = {0, 2, 3, 4, 6};
  const uint8_t depths[] = {1, 2, 4, 8, 16};
  Bytes header(13, 0);
  const uint32_t width = 1 + static_cast<uint32_t>(random->Below(random->OneIn(8) ? 300 : 40));
  const uint32_t height = 1 + static_cast<uint32_t>(random->Below(40));
  PutBigEndian(header.data(), width);
  PutBigEndian(header.data() + 4, height);
  header[8] = depths[random->Below(5)];
  header[9] = colours[random->Below(5)];
  header[12] = random->OneIn(2);
  const int channels = header[9] == 2 ? 3 : header[9] == 4 ? 2 : header[9] == 6 ? 4 : 1;
  size_t raw = 0;
  const auto add = [&](size_t columns, size_t rows) {
    if (columns > 0) raw += rows * (1 + (columns * channels * header[8] + 7) / 8);
  };
  if (header[12] == 0) {
    add(width, height);
  } else {
    constexpr size_t kPasses[7][4] = {{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4},
                                      {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}};
    for (const auto& [x, y, dx, dy] : kPasses) add((width + dx - 1 - x) / dx, (height + dy - 1 - y) / dy);
  }
  if (random->OneIn(6)) raw += random->Below(9);
  if (random->OneIn(6)) raw -= random->Below(raw < 9 ? raw : 9);
  Bytes rows(raw);
  // Small numbers are valid filters wherever a row begins.
  const bool is_plain = !random->OneIn(3);
  for (uint8_t& byte : rows) byte = is_plain ? static_cast<uint8_t>(random->Below(5)) : random->Byte();
  Bytes compressed(raw + 64 + raw / 16);
  libdeflate_compressor* compressor = libdeflate_alloc_compressor(1);
  compressed.resize(
      libdeflate_zlib_compress(compressor, rows.data(), rows.size(), compressed.data(), compressed.size()));
  libdeflate_free_compressor(compressor);
  Bytes png = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
  AddChunk(&png, "IHDR", header);
  if (header[9] == 3 || random->OneIn(8)) {
    Bytes palette(3 * (1 + random->Below(256)));
    for (uint8_t& byte : palette) byte = random->Byte();
    AddChunk(&png, "PLTE", palette);
  }
  const size_t cut = random->OneIn(2) ? compressed.size() : random->Below(compressed.size());
  AddChunk(&png, "IDAT", Bytes(compressed.begin(), compressed.begin() + static_cast<long>(cut)));
  if (cut < compressed.size())
    AddChunk(&png, "IDAT", Bytes(compressed.begin() + static_cast<long>(cut), compressed.end()));
  AddChunk(&png, "IEND", {});
  return png;
}

void Damage(Bytes* file, const std::vector<Bytes>& files, Random* random) {
  if (file->empty()) return;
  const size_t at = random->Below(file->size());
  switch (random->Below(8)) {
    case 0:
      file->resize(at);
      return;
    case 1:
      for (size_t i = 1 + random->Below(8); i > 0; --i) (*file)[random->Below(file->size())] = random->Byte();
      return;
    case 2:
      (*file)[at] ^= static_cast<uint8_t>(1u << random->Below(8));
      return;
    case 3: {  // a field of four or two bytes at one of its limits
      constexpr uint32_t kLimits[] = {0, 1, 0x7fffffff, 0x80000000, 0xffffffff, 0xffff, 0x00010000, 13, 10000};
      uint8_t field[4];
      PutBigEndian(field, kLimits[random->Below(std::size(kLimits))]);
      for (size_t i = 0; i < 4 && at + i < file->size(); ++i) (*file)[at + i] = field[i];
      return;
    }
    case 4:  // a piece is missing
      file->erase(file->begin() + static_cast<long>(at),
                  file->begin() + static_cast<long>(at + random->Below(file->size() - at)));
      return;
    case 5: {  // a piece is there twice
      const Bytes piece(file->begin() + static_cast<long>(at),
                        file->begin() + static_cast<long>(at + random->Below(file->size() - at)));
      file->insert(file->begin() + static_cast<long>(random->Below(file->size())), piece.begin(), piece.end());
      return;
    }
    case 6: {  // a piece of another file
      const Bytes& other = files[random->Below(files.size())];
      const size_t from = random->Below(other.size());
      const size_t count = std::min(random->Below(other.size() - from), file->size() - at);
      std::memcpy(file->data() + at, other.data() + from, count);
      return;
    }
    case 7:  // the beginning, where sizes and tables stand
      (*file)[random->Below(std::min<size_t>(file->size(), 64))] = random->Byte();
      return;
  }
}

Bytes MakeCase(const std::vector<Bytes>& files, Random* random) {
  const bool is_drawn = random->OneIn(3);
  Bytes file = is_drawn ? DrawPng(random) : files[random->Below(files.size())];
  if (is_drawn) RepairChecksums(&file);
  if (is_drawn && random->OneIn(2)) return file;
  for (size_t i = 1 + random->Below(3); i > 0; --i) Damage(&file, files, random);
  if (IsPng(file.data(), file.size()) && !random->OneIn(4)) RepairChecksums(&file);
  return file;
}

// Fast filters against plain ones, on rows of random bytes.
bool FiltersAgree(Random* random) {
  const size_t pixels = 1 + random->Below(70);
  for (const int pixel_bytes : {1, 2, 3, 4, 6, 8}) {
    const size_t bytes = pixels * static_cast<size_t>(pixel_bytes);
    Bytes first(bytes + 8), second(bytes + 8), above(bytes + 8);
    for (Bytes* row : {&first, &second, &above}) {
      for (uint8_t& byte : *row) byte = random->OneIn(3) ? 255 : random->Byte();
    }
    for (int type = kNoFilter; type <= kPaeth; ++type) {
      Bytes plain(bytes + 8), fast(bytes + 8);
      UndoFilter(FilterCode::kPortable, type, first.data(), above.data(), plain.data(), bytes, pixel_bytes);
      UndoFilter(BestFilterCode(), type, first.data(), above.data(), fast.data(), bytes, pixel_bytes);
      if (std::memcmp(plain.data(), fast.data(), bytes) != 0) return false;
    }
    // Two rows that touch, as in an image.
    Bytes plain(2 * bytes + 8), fast(2 * bytes + 8);
    UndoFilter(FilterCode::kPortable, kPaeth, first.data(), above.data(), plain.data(), bytes, pixel_bytes);
    UndoFilter(FilterCode::kPortable, kPaeth, second.data(), plain.data(), plain.data() + bytes, bytes, pixel_bytes);
    UndoTwoPaeth(first.data(), second.data(), above.data(), fast.data(), fast.data() + bytes, bytes, pixel_bytes);
    if (std::memcmp(plain.data(), fast.data(), 2 * bytes) != 0) return false;
  }
  return true;
}

Bytes ReadAll(const char* path) {
  std::ifstream file(path, std::ios::binary);
  return Bytes(std::istreambuf_iterator<char>(file), {});
}

}  // namespace

int main(int count, char** arguments) {
  const bool is_single = count > 1 && std::strcmp(arguments[1], "--only") == 0;
  const int first = is_single ? 2 : 1;
  if (count < first + 3) {
    std::fprintf(stderr, "usage: fuzz_images CASES SEED FILE... | --only CASE SEED FILE...\n");
    return 2;
  }
  const unsigned long long number = std::strtoull(arguments[first], nullptr, 10);
  g_seed = std::strtoull(arguments[first + 1], nullptr, 10);
  std::vector<Bytes> files;
  for (int i = first + 2; i < count; ++i) {
    files.push_back(ReadAll(arguments[i]));
    if (files.back().empty()) {
      std::fprintf(stderr, "fuzz_images: %s is empty or cannot be read\n", arguments[i]);
      return 2;
    }
  }
  if (&__sanitizer_set_death_callback != nullptr) __sanitizer_set_death_callback(OnDeath);

  DecodeScratch scratch;
  Image image;
  std::map<std::string, unsigned long long> outcomes;
  unsigned long long failed = 0;
  double slowest = 0;
  unsigned long long slowest_case = 0;
  const unsigned long long end = is_single ? number + 1 : number;
  for (g_case = is_single ? number : 0; g_case < end; ++g_case) {
    Random random(g_seed * 1'000'003 + g_case);
    if (g_case % 16 == 0 && !FiltersAgree(&random)) {
      std::printf("case %llu: fast and plain filters differ\n", g_case);
      ++failed;
    }
    const Bytes file = MakeCase(files, &random);
    const auto start = std::chrono::steady_clock::now();
    const Problem problem = Decode(file.data(), file.size(), &scratch, &image);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (seconds > slowest) {
      slowest = seconds;
      slowest_case = g_case;
    }
    bool is_wrong = seconds > kMostSeconds;
    if (problem.found()) {
      is_wrong = is_wrong || problem.message.empty() || problem.message.size() > 300;
    } else {
      is_wrong = is_wrong || image.width < 1 || image.height < 1 || image.pixels.capacity() < image.bytes();
    }
    outcomes[ProblemKindName(problem.kind)] += 1;
    if (is_wrong) {
      std::printf("case %llu: %s \"%s\" after %.1f s\n", g_case, ProblemKindName(problem.kind), problem.message.c_str(),
                  seconds);
      ++failed;
    }
    scratch.ReleaseAbove(size_t{16} << 20);
    image.pixels.ReleaseAbove(size_t{16} << 20);
  }
  for (const auto& [kind, times] : outcomes) {
    std::printf("%s: %llu\n", kind == "none" ? "decoded" : kind.c_str(), times);
  }
  std::printf("slowest: case %llu, %.2f s\n", slowest_case, slowest);
  const unsigned long long total = is_single ? 1 : number;
  std::printf("%llu passed, %llu failed, 0 skipped\n", total - (failed < total ? failed : total), failed);
  return failed == 0 ? 0 : 1;
}
