// Other forms of a tensor's values that kernels make for themselves: a filter in the layout of a convolution, an image
// in bfloat16. A form is kept until the values are written to or freed, so that the commands between use it again:
// weights that nobody trains are brought into their layout once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "runtime/allocator.h"
#include "runtime/status.h"

namespace ggb {

struct KeptForm {
  uint64_t key = 0;
  Block block;
  // Set by whoever has filled it; until then the values are uninitialised.
  bool is_filled = false;
};

class KeptForms {
 public:
  explicit KeptForms(Allocator* allocator) : allocator_(allocator) {}
  ~KeptForms() { Clear(); }
  KeptForms(const KeptForms&) = delete;
  KeptForms& operator=(const KeptForms&) = delete;

  // The form `key` of the values at `data`, which must be a buffer's and not scratch: nobody would say when it ends.
  // `key` says what the form is; equal keys of one buffer have equal sizes. `form` is valid until another form of
  // the buffer is asked for.
  Status Find(const void* data, uint64_t key, size_t bytes, KeptForm** form);

  // The values at `data` change or are freed. Returns false when the bytes around a form were overwritten.
  bool Forget(const void* data) { return forms_.empty() || ForgetKnown(data); }
  bool Clear();

 private:
  bool ForgetKnown(const void* data);
  bool Release(std::vector<KeptForm>* forms);

  Allocator* allocator_;
  std::unordered_map<const void*, std::vector<KeptForm>> forms_;
};

}  // namespace ggb
