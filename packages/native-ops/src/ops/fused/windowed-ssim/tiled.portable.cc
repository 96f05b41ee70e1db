#include "ops/fused/windowed-ssim/plan.h"
namespace ggb::ssim::GGB_ISA_NAMESPACE {
void ssim_sum_tiled(const Plan& plan, const uint8_t* a, const uint8_t* b, double* sums, float* map) {
  ssim_sum_general(plan, a, b, sums, map);
}
}  // namespace ggb::ssim::GGB_ISA_NAMESPACE
