// Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011): 128 random bits as a pure
// function of a 128-bit counter and a 64-bit key. Here the key is the seed, the upper half of the counter is the
// caller's counter and the lower half numbers the blocks of one tensor: element i takes word i % 4 of block i / 4.
//
// Only for *.portable.cc: everything is local to the instruction set that includes it.
#pragma once

#include <cstdint>

#include "runtime/instruction-set.h"

namespace ggb::GGB_ISA_NAMESPACE {
namespace {

struct PhiloxStream {
  uint64_t seed = 0;
  uint64_t counter = 0;
};

constexpr int64_t kWordsPerBlock = 4;
// Blocks computed side by side, so that the rounds are loops over lanes. Of 8, 16 and 32, GCC 12 vectorises 32 for
// every instruction set: 1.3 ns per word with AVX-512, 2.2 with AVX2, where 16 take 6.5 and 7.
constexpr int64_t kLanes = 32;

// Words of kLanes blocks, beginning with block `first`.
inline void PhiloxBlocks(const PhiloxStream& stream, uint64_t first, uint32_t words[kLanes * kWordsPerBlock]) {
  uint32_t c0[kLanes], c1[kLanes], c2[kLanes], c3[kLanes];
  for (int64_t lane = 0; lane < kLanes; ++lane) {
    const uint64_t block = first + static_cast<uint64_t>(lane);
    c0[lane] = static_cast<uint32_t>(block);
    c1[lane] = static_cast<uint32_t>(block >> 32);
    c2[lane] = static_cast<uint32_t>(stream.counter);
    c3[lane] = static_cast<uint32_t>(stream.counter >> 32);
  }
  uint32_t k0 = static_cast<uint32_t>(stream.seed);
  uint32_t k1 = static_cast<uint32_t>(stream.seed >> 32);
  for (int round = 0; round < 10; ++round) {
    for (int64_t lane = 0; lane < kLanes; ++lane) {
      const uint64_t p0 = uint64_t{0xD2511F53} * c0[lane];
      const uint64_t p1 = uint64_t{0xCD9E8D57} * c2[lane];
      c0[lane] = static_cast<uint32_t>(p1 >> 32) ^ c1[lane] ^ k0;
      c1[lane] = static_cast<uint32_t>(p1);
      c2[lane] = static_cast<uint32_t>(p0 >> 32) ^ c3[lane] ^ k1;
      c3[lane] = static_cast<uint32_t>(p0);
    }
    k0 += 0x9E3779B9;  // golden ratio
    k1 += 0xBB67AE85;  // sqrt(3) - 1
  }
  for (int64_t lane = 0; lane < kLanes; ++lane) {
    words[lane * kWordsPerBlock] = c0[lane];
    words[lane * kWordsPerBlock + 1] = c1[lane];
    words[lane * kWordsPerBlock + 2] = c2[lane];
    words[lane * kWordsPerBlock + 3] = c3[lane];
  }
}

constexpr int64_t kWordsPerChunk = kLanes * kWordsPerBlock;

}  // namespace
}  // namespace ggb::GGB_ISA_NAMESPACE
