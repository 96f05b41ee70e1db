#include "runtime/command-reader.h"

#include <cstring>

namespace ggb {

bool CommandReader::Take(int64_t words) {
  if (!status_.ok()) return false;
  if (position_ + words > count_) {
    Fail(StatusCode::kInvalidCommand, "the command ends after " + std::to_string(count_) + " argument words, word " +
                                          std::to_string(position_ + words) + " was needed");
    return false;
  }
  return true;
}

int32_t CommandReader::ReadInt() { return Take(1) ? words_[position_++] : 0; }

float CommandReader::ReadFloat() {
  const int32_t bits = ReadInt();
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

int64_t CommandReader::ReadStride() {
  if (!Take(2)) return 0;
  const uint64_t low = static_cast<uint32_t>(words_[position_]);
  const uint64_t high = static_cast<uint32_t>(words_[position_ + 1]);
  position_ += 2;
  return static_cast<int64_t>(high << 32 | low);
}

int64_t CommandReader::ReadSize() {
  const int64_t size = ReadStride();
  if (size < 0) Fail(StatusCode::kInvalidCommand, "a size is negative: " + std::to_string(size));
  return size < 0 ? 0 : size;
}

int64_t CommandReader::ReadCount(int64_t words_each) {
  const int32_t items = ReadInt();
  if (status_.ok() && (items < 0 || items > (count_ - position_) / words_each)) {
    Fail(StatusCode::kInvalidCommand, std::to_string(items) + " items were announced, the command has " +
                                          std::to_string(count_ - position_) + " more words");
  }
  return status_.ok() ? items : 0;
}

Shape CommandReader::ReadShape() {
  Shape shape = ReadStrides();
  for (int axis = 0; axis < shape.rank; ++axis) {
    if (shape.sizes[axis] < 0) {
      Fail(StatusCode::kInvalidCommand, "a size is negative: " + std::to_string(shape.sizes[axis]));
      return Shape();
    }
  }
  return shape;
}

Shape CommandReader::ReadStrides() {
  Shape shape;
  const int32_t rank = ReadInt();
  if (rank < 0 || rank > kMaxRank) {
    Fail(StatusCode::kInvalidCommand, "rank " + std::to_string(rank) + " is not between 0 and 8");
    return Shape();
  }
  shape.rank = rank;
  for (int axis = 0; axis < rank; ++axis) shape.sizes[axis] = ReadStride();
  return status_.ok() ? shape : Shape();
}

void* CommandReader::ReadBuffer(int64_t count, size_t element_bytes, bool is_written) {
  if (!Take(2)) return nullptr;
  const BufferHandle handle{words_[position_], words_[position_ + 1]};
  position_ += 2;
  const Block* block = nullptr;
  Status found = buffers_->Find(handle, &block);
  if (!found.ok()) {
    status_ = std::move(found);
    return nullptr;
  }
  if (count < 0 || static_cast<uint64_t>(count) > block->bytes / element_bytes) {
    Fail(StatusCode::kInvalidShape, "buffer " + std::to_string(handle.index) + " has " + std::to_string(block->bytes) +
                                        " bytes, the command needs " + std::to_string(count) + " elements of " +
                                        std::to_string(element_bytes));
    return nullptr;
  }
  if (is_written && !buffers_->ForgetForms(*block)) {
    Fail(StatusCode::kMemoryCorrupted, "bytes around another form of a buffer were overwritten");
  }
  used_.push_back(block);
  return block->data;
}

void CommandReader::Fail(StatusCode code, std::string message) {
  if (status_.ok()) status_ = Status(code, std::move(message));
}

Status CommandReader::Finish() {
  if (status_.ok() && position_ != count_) {
    Fail(StatusCode::kInvalidCommand, "the command has " + std::to_string(count_) + " argument words, only " +
                                          std::to_string(position_) + " were read");
  }
  return status_;
}

Status CommandReader::CheckGuards(const Allocator& allocator) const {
  for (const Block* block : used_) {
    if (!allocator.GuardsIntact(*block)) {
      return Status(StatusCode::kMemoryCorrupted,
                    "the kernel wrote outside a buffer of " + std::to_string(block->bytes) + " bytes");
    }
  }
  return Status::Ok();
}

int64_t ElementCount(const Shape& shape) {
  int64_t count = 1;
  for (int axis = 0; axis < shape.rank; ++axis) {
    if (__builtin_mul_overflow(count, shape.sizes[axis], &count)) return INT64_MAX;
  }
  return count;
}

int64_t Extent(const Shape& sizes, const Shape& strides) {
  int64_t last = 0;
  for (int axis = 0; axis < sizes.rank; ++axis) {
    if (sizes[axis] == 0) return 0;
    int64_t reach = 0;
    if (__builtin_mul_overflow(sizes[axis] - 1, strides[axis], &reach) || __builtin_add_overflow(last, reach, &last)) {
      return INT64_MAX;
    }
  }
  return last == INT64_MAX ? last : last + 1;
}

}  // namespace ggb
