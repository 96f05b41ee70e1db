// Memory that grows and is used again for the next file. A fresh large allocation for each image would cost more in
// page faults than many images cost to decode.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <utility>

namespace ggb::images {

class ByteBuffer {
 public:
  // SIMD code may read and write this far beyond the bytes that were asked for.
  static constexpr size_t kPadding = 64;

  ByteBuffer() = default;
  ~ByteBuffer() { std::free(data_); }
  ByteBuffer(ByteBuffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), capacity_(std::exchange(other.capacity_, 0)) {}
  ByteBuffer& operator=(ByteBuffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(capacity_, other.capacity_);
    return *this;
  }
  ByteBuffer(const ByteBuffer&) = delete;
  ByteBuffer& operator=(const ByteBuffer&) = delete;

  // At least `bytes` bytes, aligned to 64, uninitialised, former content lost; null when there is no memory. Not
  // zeroed, so that what a lying header asks for takes no memory before it is written.
  uint8_t* Reserve(size_t bytes) {
    if (data_ != nullptr && bytes <= capacity_) return data_;
    std::free(data_);
    capacity_ = 0;
    const size_t rounded = (bytes + kPadding + 63) / 64 * 64;
    data_ = static_cast<uint8_t*>(std::aligned_alloc(64, rounded));
    if (data_ != nullptr) capacity_ = rounded - kPadding;
    return data_;
  }

  // Gives back what only an unusually large file needed.
  void ReleaseAbove(size_t bytes) {
    if (capacity_ <= bytes) return;
    std::free(std::exchange(data_, nullptr));
    capacity_ = 0;
  }

  uint8_t* data() { return data_; }
  const uint8_t* data() const { return data_; }
  size_t capacity() const { return capacity_; }

 private:
  uint8_t* data_ = nullptr;
  size_t capacity_ = 0;
};

}  // namespace ggb::images
