#include "runtime/execution-context.h"

#include <string>

namespace ggb {

Status ExecutionContext::ScratchBytes(int64_t count, size_t element_bytes, void** data) {
  if (count < 0 || count > (int64_t{1} << 42) / static_cast<int64_t>(element_bytes)) {
    return Status(StatusCode::kInvalidShape, "scratch for " + std::to_string(count) + " elements was asked for");
  }
  Block block;
  if (!allocator_->Allocate(static_cast<size_t>(count) * element_bytes, &block)) {
    return Status(StatusCode::kOutOfMemory, "no memory for " + std::to_string(count) + " elements of scratch");
  }
  *data = block.data;
  scratch_.push_back(block);
  return Status::Ok();
}

Status ExecutionContext::ReleaseScratch() {
  bool intact = true;
  for (Block& block : scratch_) {
    intact = allocator_->GuardsIntact(block) && intact;
    allocator_->Release(&block);
  }
  scratch_.clear();
  return intact ? Status::Ok() : Status(StatusCode::kMemoryCorrupted, "bytes around scratch memory were overwritten");
}

}  // namespace ggb
