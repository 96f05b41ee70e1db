#include "runtime/buffer-table.h"

#include <string>

namespace ggb {
namespace {

// 16 million live tensors; a larger index is a corrupt command, and must not make the table grow to it.
constexpr int32_t kMaxIndex = 1 << 24;
constexpr int64_t kMaxBytes = int64_t{1} << 42;

std::string Describe(BufferHandle handle) {
  return "buffer " + std::to_string(handle.index) + " (generation " + std::to_string(handle.generation) + ")";
}

}  // namespace

BufferTable::~BufferTable() {
  for (Slot& slot : slots_) {
    if (slot.live) allocator_->Release(&slot.block);
  }
}

Status BufferTable::Create(BufferHandle handle, int64_t bytes) {
  if (handle.index < 0 || handle.index >= kMaxIndex) {
    return Status(StatusCode::kInvalidHandle, Describe(handle) + ": index out of range");
  }
  if (static_cast<size_t>(handle.index) >= slots_.size()) slots_.resize(static_cast<size_t>(handle.index) + 1);
  Slot& slot = slots_[static_cast<size_t>(handle.index)];
  if (slot.live || handle.generation <= slot.generation) {
    return Status(StatusCode::kInvalidHandle, Describe(handle) + ": the slot is at generation " +
                                                  std::to_string(slot.generation) +
                                                  (slot.live ? " and in use" : " and free"));
  }
  slot.generation = handle.generation;
  slot.live = true;
  ++live_buffers_;
  // From here on the slot is live even when it stays empty, so that the FREE that belongs to it is in order.
  if (bytes < 0 || bytes > kMaxBytes) {
    return Status(StatusCode::kInvalidShape, "a buffer of " + std::to_string(bytes) + " bytes was asked for");
  }
  const size_t size = static_cast<size_t>(bytes);
  // No kernel runs here: other forms of tensors, which can be made again, give way to tensors.
  if (!allocator_->Allocate(size, &slot.block) && !(kept_forms_->Clear() && allocator_->Allocate(size, &slot.block))) {
    return Status(StatusCode::kOutOfMemory, "no memory for " + std::to_string(bytes) + " bytes, " +
                                                std::to_string(allocator_->live_bytes()) +
                                                " are in use; dispose tensors (tf.tidy) or use a smaller batch");
  }
  return Status::Ok();
}

Status BufferTable::Free(BufferHandle handle) {
  const Block* block = nullptr;
  GGB_RETURN_IF_ERROR(Find(handle, &block));
  Slot& slot = slots_[static_cast<size_t>(handle.index)];
  bool intact = allocator_->GuardsIntact(slot.block);
  intact = kept_forms_->Forget(slot.block.data) && intact;
  allocator_->Release(&slot.block);
  slot.live = false;
  --live_buffers_;
  if (!intact) return Status(StatusCode::kMemoryCorrupted, Describe(handle) + ": bytes around it were overwritten");
  return Status::Ok();
}

Status BufferTable::Find(BufferHandle handle, const Block** block) const {
  if (handle.index < 0 || static_cast<size_t>(handle.index) >= slots_.size()) {
    return Status(StatusCode::kInvalidHandle, Describe(handle) + " does not exist");
  }
  const Slot& slot = slots_[static_cast<size_t>(handle.index)];
  if (!slot.live || slot.generation != handle.generation) {
    return Status(StatusCode::kInvalidHandle, Describe(handle) + " was freed; the slot is at generation " +
                                                  std::to_string(slot.generation) +
                                                  (slot.live ? " and in use" : " and free"));
  }
  *block = &slot.block;
  return Status::Ok();
}

}  // namespace ggb
