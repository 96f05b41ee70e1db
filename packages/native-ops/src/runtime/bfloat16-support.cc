#include "runtime/bfloat16-support.h"

#ifdef GGB_HAVE_ONEDNN
#include <dnnl.hpp>
#endif

namespace ggb {

Bfloat16Problem FindBfloat16Problem(InstructionSet isa) {
#ifdef GGB_X86_DISPATCH
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("avx512bf16")) {
    return {"this processor lacks avx512_bf16 (the instruction vdpbf16ps)", "Use float32 here."};
  }
#else
  return {"this processor is no x86-64 with avx512_bf16", "Use float32 here."};
#endif
  if (isa != InstructionSet::kAvx512) {
    return {std::string("GGB_ISA keeps the engine to ") + InstructionSetName(isa) + ", and it needs avx512",
            "Unset GGB_ISA, or use float32."};
  }
#ifdef GGB_HAVE_ONEDNN
  const int effective = static_cast<int>(dnnl::get_effective_cpu_isa());
  const int needed = static_cast<int>(dnnl::cpu_isa::avx512_core_bf16);
  if ((effective & needed) != needed) {
    return {"ONEDNN_MAX_CPU_ISA keeps oneDNN from avx512_bf16", "Unset ONEDNN_MAX_CPU_ISA, or use float32."};
  }
  return {};
#else
  return {"this engine was built without oneDNN (GGB_ONEDNN=OFF)", "Build it with oneDNN, or use float32."};
#endif
}

}  // namespace ggb
