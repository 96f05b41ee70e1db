// The portable SSIM kernels as a WebAssembly module: no imports, no C library. build.mjs compiles it.
#include <stddef.h>
#include <stdint.h>

#include "ops/fused/windowed-ssim/windowed-ssim.h"

// The compiler calls these for copies and fills that it does not write out.
extern "C" void* memcpy(void* to, const void* from, size_t count) {
  unsigned char* target = static_cast<unsigned char*>(to);
  const unsigned char* source = static_cast<const unsigned char*>(from);
  for (size_t i = 0; i < count; ++i) target[i] = source[i];
  return to;
}

extern "C" void* memset(void* to, int value, size_t count) {
  unsigned char* target = static_cast<unsigned char*>(to);
  for (size_t i = 0; i < count; ++i) target[i] = static_cast<unsigned char>(value);
  return to;
}

namespace {

ggb::ssim::Settings SettingsOf(int gaussian, int size, double sigma, int sample, double k1, double k2) {
  return {{gaussian != 0, size, sigma}, sample != 0, k1, k2};
}

}  // namespace

// Addresses are offsets in the module's memory; the caller grows it and lays it out behind __heap_base.
extern "C" __attribute__((export_name("workspaceBytes"))) size_t WorkspaceBytes(int width, int height, int gaussian,
                                                                                int size, double sigma, int sample,
                                                                                double k1, double k2) {
  return ggb::ssim::workspace_bytes(width, height, SettingsOf(gaussian, size, sigma, sample, k1, k2));
}

extern "C" __attribute__((export_name("score"))) int Score(const uint8_t* a, const uint8_t* b, int width, int height,
                                                           int channels, int gaussian, int size, double sigma,
                                                           int sample, double k1, double k2, double data_range,
                                                           void* workspace, size_t bytes, double* mean,
                                                           double* per_channel, float* map) {
  const auto run = channels == 3 ? ggb::ssim::score_rgb8 : ggb::ssim::score_grey8;
  return static_cast<int>(run(a, b, width, height, SettingsOf(gaussian, size, sigma, sample, k1, k2), data_range,
                              workspace, bytes, mean, per_channel, map));
}
