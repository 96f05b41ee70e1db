#include "runtime/kept-forms.h"

#include <string>

namespace ggb {
namespace {

// Of one buffer: forward and backward pass, each perhaps in two precisions, or an image under a few filters. Beyond it
// the oldest makes room.
constexpr size_t kMostForms = 8;

}  // namespace

Status KeptForms::Find(const void* data, uint64_t key, size_t bytes, KeptForm** form) {
  std::vector<KeptForm>& forms = forms_[data];
  for (KeptForm& known : forms) {
    if (known.key == key) {
      *form = &known;
      return Status::Ok();
    }
  }
  KeptForm made;
  made.key = key;
  if (!allocator_->Allocate(bytes, &made.block)) {
    return Status(StatusCode::kOutOfMemory,
                  "no memory for " + std::to_string(bytes) + " bytes of a tensor in another form");
  }
  if (forms.size() == kMostForms) {
    const bool intact = allocator_->GuardsIntact(forms.front().block);
    allocator_->Release(&forms.front().block);
    forms.erase(forms.begin());
    if (!intact) {
      allocator_->Release(&made.block);
      return Status(StatusCode::kMemoryCorrupted, "bytes around a tensor in another form were overwritten");
    }
  }
  forms.push_back(made);
  *form = &forms.back();
  return Status::Ok();
}

bool KeptForms::ForgetKnown(const void* data) {
  const auto known = forms_.find(data);
  if (known == forms_.end()) return true;
  const bool intact = Release(&known->second);
  forms_.erase(known);
  return intact;
}

bool KeptForms::Clear() {
  bool intact = true;
  for (auto& [data, forms] : forms_) intact = Release(&forms) && intact;
  forms_.clear();
  return intact;
}

bool KeptForms::Release(std::vector<KeptForm>* forms) {
  bool intact = true;
  for (KeptForm& form : *forms) {
    intact = allocator_->GuardsIntact(form.block) && intact;
    allocator_->Release(&form.block);
  }
  forms->clear();
  return intact;
}

}  // namespace ggb
