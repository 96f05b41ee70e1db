#include "runtime/allocator.h"

#include <cstdlib>
#include <cstring>

namespace ggb {
namespace {

constexpr size_t kAlignment = 64;  // one cache line, one AVX-512 register
constexpr size_t kGuardBytes = 256;
constexpr unsigned char kGuardPattern = 0xA5;
// Below this much the cache is never trimmed: small programs should not pay for page faults at all.
constexpr int64_t kSmallCacheBytes = int64_t{64} << 20;

// Eight classes per doubling: at most 12.5 % of a block is unused.
size_t CapacityFor(size_t bytes) {
  size_t rounded = (bytes + kAlignment - 1) / kAlignment * kAlignment;
  if (rounded <= 8 * kAlignment) return rounded == 0 ? kAlignment : rounded;
  size_t step = kAlignment;
  while (step * 16 < rounded) step *= 2;
  return (rounded + step - 1) / step * step;
}

}  // namespace

Allocator::Allocator(bool guarded) : guarded_(guarded) {}

Allocator::~Allocator() { Trim(0); }

bool Allocator::Allocate(size_t bytes, Block* block) {
  const size_t capacity = CapacityFor(bytes);
  const size_t padding = guarded_ ? kGuardBytes : 0;
  unsigned char* base = nullptr;
  auto cached = free_by_capacity_.find(capacity);
  if (cached != free_by_capacity_.end() && !cached->second.empty()) {
    base = cached->second.back();
    cached->second.pop_back();
    cached_bytes_ -= static_cast<int64_t>(capacity);
  } else {
    base = static_cast<unsigned char*>(std::aligned_alloc(kAlignment, capacity + 2 * padding));
    if (base == nullptr) {
      Trim(0);
      base = static_cast<unsigned char*>(std::aligned_alloc(kAlignment, capacity + 2 * padding));
      if (base == nullptr) return false;
    }
  }
  block->data = base + padding;
  block->bytes = bytes;
  block->capacity = capacity;
  if (guarded_) {
    std::memset(base, kGuardPattern, padding);
    std::memset(block->data, 0xFF, bytes);
    // The guard begins at the first byte that was not asked for, not at the end of the size class.
    std::memset(block->data + bytes, kGuardPattern, capacity - bytes + padding);
  }
  live_bytes_ += static_cast<int64_t>(bytes);
  live_capacity_ += static_cast<int64_t>(capacity);
  if (live_bytes_ > peak_bytes_) peak_bytes_ = live_bytes_;
  if (live_capacity_ > peak_capacity_) peak_capacity_ = live_capacity_;
  return true;
}

void Allocator::Release(Block* block) {
  if (block->capacity == 0) return;
  live_bytes_ -= static_cast<int64_t>(block->bytes);
  live_capacity_ -= static_cast<int64_t>(block->capacity);
  free_by_capacity_[block->capacity].push_back(block->data - (guarded_ ? kGuardBytes : 0));
  cached_bytes_ += static_cast<int64_t>(block->capacity);
  *block = Block();
  // Live plus cached never exceeds twice the largest working set: programs whose shapes change do not grow for ever.
  const int64_t limit = peak_capacity_ * 2 > kSmallCacheBytes ? peak_capacity_ * 2 : kSmallCacheBytes;
  if (live_capacity_ + cached_bytes_ > limit) Trim(static_cast<size_t>(limit / 2));
}

bool Allocator::GuardsIntact(const Block& block) const {
  if (!guarded_ || block.capacity == 0) return true;
  for (const unsigned char* p = block.data - kGuardBytes; p < block.data; ++p) {
    if (*p != kGuardPattern) return false;
  }
  const unsigned char* end = block.data + block.capacity + kGuardBytes;
  for (const unsigned char* p = block.data + block.bytes; p < end; ++p) {
    if (*p != kGuardPattern) return false;
  }
  return true;
}

void Allocator::Trim(size_t keep_bytes) {
  // Largest classes first: few calls give back the most.
  for (auto it = free_by_capacity_.rbegin(); it != free_by_capacity_.rend(); ++it) {
    while (!it->second.empty() && cached_bytes_ > static_cast<int64_t>(keep_bytes)) {
      std::free(it->second.back());
      it->second.pop_back();
      cached_bytes_ -= static_cast<int64_t>(it->first);
    }
  }
}

}  // namespace ggb
