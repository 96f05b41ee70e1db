#include "runtime/instruction-set.h"

#include <cstring>

namespace ggb {

InstructionSet BestInstructionSet() {
#ifdef GGB_X86_DISPATCH
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq")) {
    return InstructionSet::kAvx512;
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return InstructionSet::kAvx2;
#endif
  return InstructionSet::kBaseline;
}

const char* InstructionSetName(InstructionSet set) {
  switch (set) {
    case InstructionSet::kAvx512:
      return "avx512";
    case InstructionSet::kAvx2:
      return "avx2";
    case InstructionSet::kBaseline:
      break;
  }
  return "baseline";
}

bool ParseInstructionSet(const char* name, InstructionSet* set) {
  for (int i = 0; i <= static_cast<int>(BestInstructionSet()); ++i) {
    const InstructionSet candidate = static_cast<InstructionSet>(i);
    if (std::strcmp(name, InstructionSetName(candidate)) == 0) {
      *set = candidate;
      return true;
    }
  }
  return false;
}

}  // namespace ggb
