// What is decided once, before any pixel is read, and the kernels that carry it out.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "runtime/instruction-set.h"

namespace ggb::ssim {

enum class Method : int {
  kUniform = 0,  // sums of integers
  kTiled = 1,    // Gaussian of 9 or 11 taps, float32 around a pivot for each tile
  kGeneral = 2,  // any Gaussian, float64
};

struct Plan {
  int width;
  int height;
  int channels;
  int size;
  int map_width;
  int map_height;
  Method method;
  double c1;
  double c2;         // divided by the factor of the sample covariance: it scales both variances alike
  double* weights;   // `size` of them with the sum 1, at the start of the workspace; not used by kUniform
  uint8_t* scratch;  // the rest of the workspace, aligned
};

// Sums of the similarities of all windows, one for each channel; and the map, unless null, as in windowed-ssim.h.
using SumFunction = void (*)(const Plan& plan, const uint8_t* a, const uint8_t* b, double* sums, float* map);

#define GGB_DECLARE_SSIM_KERNELS                                                                          \
  void ssim_sum_uniform(const Plan& plan, const uint8_t* a, const uint8_t* b, double* sums, float* map); \
  void ssim_sum_tiled(const Plan& plan, const uint8_t* a, const uint8_t* b, double* sums, float* map);   \
  void ssim_sum_general(const Plan& plan, const uint8_t* a, const uint8_t* b, double* sums, float* map);
namespace isa_baseline {
GGB_DECLARE_SSIM_KERNELS
}
#ifdef GGB_X86_DISPATCH
namespace isa_avx2 {
GGB_DECLARE_SSIM_KERNELS
}
namespace isa_avx512 {
GGB_DECLARE_SSIM_KERNELS
}
#endif
#undef GGB_DECLARE_SSIM_KERNELS

}  // namespace ggb::ssim
