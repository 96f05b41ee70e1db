#include "statistics/statistics.h"

#include <Eigen/src/Core/util/Macros.h>

namespace ggb::statistics {

namespace isa_baseline {
extern const Kernels kKernels;
}
#ifdef GGB_X86_DISPATCH
namespace isa_avx2 {
extern const Kernels kKernels;
}
namespace isa_avx512 {
extern const Kernels kKernels;
}
#endif

#define GGB_TEXT_OF(x) #x
#define GGB_TEXT(x) GGB_TEXT_OF(x)

const char* EigenVersion() {
  return GGB_TEXT(EIGEN_WORLD_VERSION) "." GGB_TEXT(EIGEN_MAJOR_VERSION) "." GGB_TEXT(EIGEN_MINOR_VERSION);
}

const Kernels& KernelsFor(InstructionSet set) {
#ifdef GGB_X86_DISPATCH
  if (set == InstructionSet::kAvx512) return isa_avx512::kKernels;
  if (set == InstructionSet::kAvx2) return isa_avx2::kKernels;
#endif
  (void)set;
  return isa_baseline::kKernels;
}

}  // namespace ggb::statistics
