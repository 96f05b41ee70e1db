// What a kernel may use besides its arguments: the number of threads, and scratch memory that lives until the command
// is over.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "runtime/allocator.h"
#include "runtime/kept-forms.h"
#include "runtime/status.h"

namespace ggb {

class ExecutionContext {
 public:
  ExecutionContext(Allocator* allocator, int threads, KeptForms* kept_forms = nullptr)
      : allocator_(allocator), threads_(threads), kept_forms_(kept_forms) {}
  ~ExecutionContext() { ReleaseScratch(); }
  ExecutionContext(const ExecutionContext&) = delete;
  ExecutionContext& operator=(const ExecutionContext&) = delete;

  int threads() const { return threads_; }

  // Scratch for `count` elements, 64-byte aligned, uninitialised; several may be asked for in one command.
  template <class T>
  Status Scratch(int64_t count, T** data) {
    void* bytes = nullptr;
    GGB_RETURN_IF_ERROR(ScratchBytes(count, sizeof(T), &bytes));
    *data = static_cast<T*>(bytes);
    return Status::Ok();
  }

  // Other forms of buffers that this command reads (kept-forms.h).
  KeptForms& kept_forms() { return *kept_forms_; }

  // Called by the interpreter after each command. Says when a guard around scratch was overwritten.
  Status ReleaseScratch();

 private:
  Status ScratchBytes(int64_t count, size_t element_bytes, void** data);

  Allocator* allocator_;
  int threads_;
  KeptForms* kept_forms_;
  std::vector<Block> scratch_;
};

}  // namespace ggb
