// Buffers by handle. JavaScript chooses index and generation; a handle whose generation is not the slot's current one
// is stale and answers with an error, never with another tensor's memory.
#pragma once

#include <cstdint>
#include <vector>

#include "runtime/allocator.h"
#include "runtime/kept-forms.h"
#include "runtime/status.h"

namespace ggb {

struct BufferHandle {
  int32_t index = -1;
  int32_t generation = -1;
};

class BufferTable {
 public:
  BufferTable(Allocator* allocator, KeptForms* kept_forms) : allocator_(allocator), kept_forms_(kept_forms) {}
  ~BufferTable();
  BufferTable(const BufferTable&) = delete;
  BufferTable& operator=(const BufferTable&) = delete;

  Status Create(BufferHandle handle, int64_t bytes);
  Status Free(BufferHandle handle);
  // `block` stays valid until the buffer is freed or another buffer is created.
  Status Find(BufferHandle handle, const Block** block) const;
  // A command is about to write to a buffer. False when the bytes around one of its forms were overwritten.
  bool ForgetForms(const Block& block) { return kept_forms_->Forget(block.data); }
  int64_t live_buffers() const { return live_buffers_; }

 private:
  struct Slot {
    int32_t generation = 0;
    bool live = false;
    Block block;
  };
  Allocator* allocator_;
  KeptForms* kept_forms_;
  std::vector<Slot> slots_;
  int64_t live_buffers_ = 0;
};

}  // namespace ggb
