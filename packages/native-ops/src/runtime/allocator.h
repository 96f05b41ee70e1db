// Aligned memory that is kept and handed out again. A fresh mapping costs page faults at first touch, which on virtual
// machines makes large temporaries 1.3 to 4 times dearer than reused ones; a training step asks for the same sizes
// again and again, so blocks wait in lists by size class.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

namespace ggb {

struct Block {
  unsigned char* data = nullptr;  // first usable byte, 64-byte aligned
  size_t bytes = 0;               // usable bytes that were asked for
  size_t capacity = 0;            // size class of the block, 0 when empty
};

class Allocator {
 public:
  // With guards every block carries a pattern before and behind its bytes, and new blocks are filled with 0xFF
  // (NaN as float32), so that writes out of bounds and reads of uninitialised memory show.
  explicit Allocator(bool guarded);
  ~Allocator();
  Allocator(const Allocator&) = delete;
  Allocator& operator=(const Allocator&) = delete;

  // Returns false when the machine has no memory left; `block` is then unchanged.
  bool Allocate(size_t bytes, Block* block);
  void Release(Block* block);
  // True when nobody wrote outside the block. Always true without guards.
  bool GuardsIntact(const Block& block) const;
  // Gives cached blocks back to the operating system.
  void Trim(size_t keep_bytes);

  bool guarded() const { return guarded_; }
  int64_t live_bytes() const { return live_bytes_; }      // asked for and not released
  int64_t peak_bytes() const { return peak_bytes_; }      // largest live_bytes so far
  int64_t cached_bytes() const { return cached_bytes_; }  // waiting for reuse

 private:
  bool guarded_;
  int64_t live_bytes_ = 0;
  int64_t live_capacity_ = 0;
  int64_t peak_capacity_ = 0;
  int64_t peak_bytes_ = 0;
  int64_t cached_bytes_ = 0;
  std::map<size_t, std::vector<unsigned char*>> free_by_capacity_;
};

}  // namespace ggb
