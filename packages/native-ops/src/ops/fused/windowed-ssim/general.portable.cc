// Gaussian windows of any size in float64: the plain way, for windows that the tiled way does not cover. Works on the sum
// and the difference of the images, as windowed-ssim.md derives.
#include "ops/fused/windowed-ssim/plan.h"

namespace ggb::ssim {


namespace GGB_ISA_NAMESPACE {

void ssim_sum_general(const Plan& plan, const uint8_t* a, const uint8_t* b, double* sums, float* map) {
  const int channels = plan.channels;
  const int64_t row = static_cast<int64_t>(plan.width) * channels;
  const int64_t columns = static_cast<int64_t>(plan.map_width) * channels;
  // The four planes after the vertical pass, one row of each.
  double* plane[4];
  for (int p = 0; p < 4; ++p) plane[p] = reinterpret_cast<double*>(plan.scratch) + p * row;

  for (int y = 0; y < plan.map_height; ++y) {
    for (int64_t j = 0; j < row; ++j) plane[0][j] = plane[1][j] = plane[2][j] = plane[3][j] = 0;
    for (int k = 0; k < plan.size; ++k) {
      const uint8_t* from_a = a + (y + k) * row;
      const uint8_t* from_b = b + (y + k) * row;
      const double weight = plan.weights[k];
#pragma GCC ivdep
      for (int64_t j = 0; j < row; ++j) {
        const int32_t s = from_a[j] + from_b[j];
        const int32_t d = from_a[j] - from_b[j];
        plane[0][j] += weight * s;
        plane[1][j] += weight * d;
        plane[2][j] += weight * (s * s);
        plane[3][j] += weight * (d * d);
      }
    }
    double row_sums[3] = {0, 0, 0};
    for (int64_t j = 0; j < columns; j += channels) {
      double score = 0;
      for (int c = 0; c < channels; ++c) {
        double moment[4] = {0, 0, 0, 0};
        for (int k = 0; k < plan.size; ++k) {
          const int64_t at = j + c + static_cast<int64_t>(k) * channels;
          for (int p = 0; p < 4; ++p) moment[p] += plan.weights[k] * plane[p][at];
        }
        const double mean_s = moment[0] * moment[0];
        const double mean_d = moment[1] * moment[1];
        // Rounding may take a variance below 0 by 1e-10.
        const double variance_s = moment[2] > mean_s ? moment[2] - mean_s : 0;
        const double variance_d = moment[3] > mean_d ? moment[3] - mean_d : 0;
        const double similarity =
            ((mean_s - mean_d + 2 * plan.c1) * (variance_s - variance_d + 2 * plan.c2)) /
            ((mean_s + mean_d + 2 * plan.c1) * (variance_s + variance_d + 2 * plan.c2));
        row_sums[c] += similarity;
        score += similarity;
      }
      if (map != nullptr) map[static_cast<int64_t>(y) * plan.map_width + j / channels] =
            static_cast<float>(score / channels);
    }
    for (int c = 0; c < channels; ++c) sums[c] += row_sums[c];
  }
}

}  // namespace GGB_ISA_NAMESPACE
}  // namespace ggb::ssim
