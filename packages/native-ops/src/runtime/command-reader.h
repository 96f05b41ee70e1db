// Reads the arguments of one command. The reader never leaves the command's words, and the first mistake (too few
// words, a stale handle, a buffer too small for the count) is kept: kernels read all arguments in a row and ask once,
// with Finish, whether everything was in order.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/buffer-table.h"
#include "runtime/status.h"

namespace ggb {

constexpr int kMaxRank = 8;

struct Shape {
  int rank = 0;
  int64_t sizes[kMaxRank] = {};
  int64_t operator[](int axis) const { return sizes[axis]; }
};

class CommandReader {
 public:
  CommandReader(const int32_t* words, int64_t count, BufferTable* buffers)
      : words_(words), count_(count), buffers_(buffers) {}

  int32_t ReadInt();
  float ReadFloat();     // by bit pattern
  int64_t ReadSize();    // 64-bit, at least 0
  int64_t ReadStride();  // 64-bit, may be negative
  Shape ReadShape();     // rank, then one 64-bit size per axis
  Shape ReadStrides();   // rank, then one signed 64-bit number per axis
  // How many items follow, each of at least `words_each` words (at least 1): never more than this command has room for,
  // so that scratch for them can be asked for before they are read. 0 after an error.
  int64_t ReadCount(int64_t words_each);

  // A buffer with at least `count` elements. Null after an error; Finish says which.
  template <class T>
  const T* ReadInput(int64_t count) {
    return static_cast<const T*>(ReadBuffer(count, sizeof(T), false));
  }
  template <class T>
  T* ReadOutput(int64_t count) {
    return static_cast<T*>(ReadBuffer(count, sizeof(T), true));
  }

  // Records a contradiction between arguments, for kernels that check more than sizes.
  void Fail(StatusCode code, std::string message);
  // The first error, or an error when words are left over.
  Status Finish();

  // Guard check of every buffer that this command named (GGB_GUARD=1).
  Status CheckGuards(const Allocator& allocator) const;

 private:
  void* ReadBuffer(int64_t count, size_t element_bytes, bool is_written);
  bool Take(int64_t words);

  const int32_t* words_;
  int64_t count_;
  int64_t position_ = 0;
  BufferTable* buffers_;
  Status status_;
  std::vector<const Block*> used_;
};

// Product of the sizes; 1 for rank 0. Saturates instead of wrapping, so that a later size check fails.
int64_t ElementCount(const Shape& shape);

// Elements that a view with these strides (none negative) reaches, counted from its first: what a buffer must hold.
// Saturates as ElementCount does; 0 when a size is 0.
int64_t Extent(const Shape& sizes, const Shape& strides);

}  // namespace ggb
