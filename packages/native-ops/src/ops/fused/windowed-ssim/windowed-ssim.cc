#include "ops/fused/windowed-ssim/windowed-ssim.h"

#include "ops/fused/windowed-ssim/gaussian-weights.h"
#include "ops/fused/windowed-ssim/plan.h"

namespace ggb::ssim {
namespace {

struct Kernels {
  SumFunction uniform;
  SumFunction tiled;
  SumFunction general;
};

Kernels KernelsOf(InstructionSet set) {
#ifdef GGB_X86_DISPATCH
  if (set == InstructionSet::kAvx512) {
    return {isa_avx512::ssim_sum_uniform, isa_avx512::ssim_sum_tiled, isa_avx512::ssim_sum_general};
  }
  if (set == InstructionSet::kAvx2) {
    return {isa_avx2::ssim_sum_uniform, isa_avx2::ssim_sum_tiled, isa_avx2::ssim_sum_general};
  }
#else
  (void)set;
#endif
  return {isa_baseline::ssim_sum_uniform, isa_baseline::ssim_sum_tiled, isa_baseline::ssim_sum_general};
}

#ifdef GGB_X86_DISPATCH
Kernels& Chosen() {
  static Kernels kernels = KernelsOf(BestInstructionSet());
  return kernels;
}
#else
Kernels Chosen() { return KernelsOf(InstructionSet::kBaseline); }
#endif

// Sizes beyond this are nobody's images, and keep all arithmetic on sizes within 64 bits.
constexpr int kMaxSide = 1 << 24;
constexpr int kMaxWindow = 1 << 12;

Method MethodOf(const Window& window) {
  if (!window.gaussian) return Method::kUniform;
  // Narrower windows would leave too little weight on the pixels from which a tile takes its pivot: windowed-ssim.md.
  if ((window.size == 11 && window.sigma >= 1.5) || (window.size == 9 && window.sigma >= 1.2)) return Method::kTiled;
  return Method::kGeneral;
}

bool IsValid(const Settings& settings) {
  const Window& window = settings.window;
  if (window.size < 1 || window.size % 2 == 0 || window.size > kMaxWindow) return false;
  if (window.gaussian && !(window.sigma > 0 && window.sigma < 1e6)) return false;
  if (settings.sample_covariance && window.size < 3) return false;
  return settings.k1 > 0 && settings.k1 < 1e6 && settings.k2 > 0 && settings.k2 < 1e6;
}

// Of rows in the widest type, padded to whole blocks (uniform.portable.cc).
size_t UniformScratchBytes(int width, int channels) {
  return (static_cast<size_t>(width) * channels + 3 * 48) * 10 * sizeof(double);
}

size_t GeneralScratchBytes(int width, int channels) {
  return static_cast<size_t>(width) * channels * 4 * sizeof(double);
}

// As tiled-map.h lays it out, for 11 taps and its widest tiles.
size_t TiledScratchBytes(int channels) {
  constexpr size_t kInputRows = 26;
  constexpr size_t kFloats = 2 * 16 * kInputRows + (10 + 16 + 8) * 64;
  return channels * (kFloats * sizeof(float) + 16 * sizeof(double) + 2 * 16);
}

size_t Aligned(size_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

size_t WeightBytes(int size) { return Aligned(static_cast<size_t>(size) * sizeof(double)); }

size_t Bytes(int width, int channels, const Settings& settings) {
  const int size = settings.window.size;
  switch (MethodOf(settings.window)) {
    case Method::kUniform:
      return WeightBytes(size) + Aligned(UniformScratchBytes(width, channels));
    case Method::kTiled:
      return WeightBytes(size) + Aligned(TiledScratchBytes(channels));
    case Method::kGeneral:
      break;
  }
  return WeightBytes(size) + Aligned(GeneralScratchBytes(width, channels));
}

Outcome Score(const uint8_t* a, const uint8_t* b, int width, int height, int channels, const Settings& settings,
              double data_range, void* workspace, size_t bytes, double* mean, double* per_channel, float* map) {
  if (!IsValid(settings) || !(data_range > 0 && data_range < 1e6)) return Outcome::kBadSettings;
  const int size = settings.window.size;
  if (width < size || height < size || width > kMaxSide || height > kMaxSide) return Outcome::kImageTooSmall;
  if (workspace == nullptr || reinterpret_cast<uintptr_t>(workspace) % kAlignment != 0 ||
      bytes < Bytes(width, channels, settings)) {
    return Outcome::kWorkspaceTooSmall;
  }
  const double n = static_cast<double>(size) * size;
  const double covariance = settings.sample_covariance ? n / (n - 1) : 1;
  Plan plan;
  plan.width = width;
  plan.height = height;
  plan.channels = channels;
  plan.size = size;
  plan.map_width = width - size + 1;
  plan.map_height = height - size + 1;
  plan.method = MethodOf(settings.window);
  plan.c1 = (settings.k1 * data_range) * (settings.k1 * data_range);
  plan.c2 = (settings.k2 * data_range) * (settings.k2 * data_range) / covariance;
  plan.weights = static_cast<double*>(workspace);
  plan.scratch = static_cast<uint8_t*>(workspace) + WeightBytes(size);
  if (settings.window.gaussian) GaussianWeights(size, settings.window.sigma, plan.weights);

  double sums[3] = {0, 0, 0};
  const Kernels kernels = Chosen();
  const SumFunction run = plan.method == Method::kUniform ? kernels.uniform
                          : plan.method == Method::kTiled ? kernels.tiled
                                                          : kernels.general;
  run(plan, a, b, sums, map);
  const double positions = static_cast<double>(plan.map_width) * plan.map_height;
  double total = 0;
  for (int c = 0; c < channels; ++c) {
    total += sums[c];
    if (per_channel != nullptr) per_channel[c] = sums[c] / positions;
  }
  *mean = total / (positions * channels);
  return Outcome::kOk;
}

}  // namespace

size_t workspace_bytes(int width, int height, const Settings& settings) {
  if (!IsValid(settings)) return 0;
  const int size = settings.window.size;
  if (width < size || height < size || width > kMaxSide || height > kMaxSide) return 0;
  return Bytes(width, 3, settings);
}

Outcome score_rgb8(const uint8_t* a, const uint8_t* b, int width, int height, const Settings& settings,
                   double data_range, void* workspace, size_t bytes, double* mean, double* per_channel, float* map) {
  return Score(a, b, width, height, 3, settings, data_range, workspace, bytes, mean, per_channel, map);
}

Outcome score_grey8(const uint8_t* a, const uint8_t* b, int width, int height, const Settings& settings,
                    double data_range, void* workspace, size_t bytes, double* mean, double* per_channel, float* map) {
  return Score(a, b, width, height, 1, settings, data_range, workspace, bytes, mean, per_channel, map);
}

#ifdef GGB_X86_DISPATCH
void use_instruction_set(InstructionSet set) { Chosen() = KernelsOf(set); }
#else
void use_instruction_set(InstructionSet) {}
#endif

}  // namespace ggb::ssim
