// Gaussian windows of 9 and 11 taps in float32, accurate to 1e-6 on any image: every tile of results is computed around
// a pivot of its own, taken from pixels that lie in the windows of all of them. Where the pivot is far from a window's
// mean, that window's variance is large, and what rounding takes from it is small against it. See windowed-ssim.md.
//
// Blocks of 16 rows of the map, and in them 16 pixels of the image at a time:
//   bytes -> s = a + b, d = a - b -> down the columns: mean and variance of s and d -> transposed, so that the 16 rows
//   lie side by side in vectors -> along the rows: mean and variance -> similarity -> sum.
// Both filters then are the same code, and none needs shifts or unaligned loads.
#include "ops/fused/windowed-ssim/plan.h"
#include "ops/fused/windowed-ssim/tiled-map.h"

namespace ggb::ssim::GGB_ISA_NAMESPACE {
namespace {

template <int kTaps>
void SumTiled(const Plan& plan, const uint8_t* a, const uint8_t* b, double* sums, float* map) {
  TiledMap<kTaps, uint8_t, false> tiles({plan.width, plan.height, plan.channels, plan.c1, plan.c2, plan.weights},
                                        plan.scratch);
  tiles.Begin(a, b, 0);
  for (int row = 0; row < plan.map_height; row += kRows) tiles.ScoreBlock(row, sums, map);
}

}  // namespace

void ssim_sum_tiled(const Plan& plan, const uint8_t* a, const uint8_t* b, double* sums, float* map) {
  if (plan.size == 11) {
    SumTiled<11>(plan, a, b, sums, map);
  } else {
    SumTiled<9>(plan, a, b, sums, map);
  }
}

}  // namespace ggb::ssim::GGB_ISA_NAMESPACE
