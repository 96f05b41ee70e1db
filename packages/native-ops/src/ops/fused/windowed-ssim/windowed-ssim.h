// Structural similarity of 8-bit images: what the addons, and the WebAssembly module, call. No TensorFlow.js, no Node-API,
// no allocation, no C library: the caller brings the memory. Formula and accuracy: windowed-ssim.md.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "runtime/instruction-set.h"

namespace ggb::ssim {

struct Window {
  bool gaussian;  // else uniform
  int size;       // odd, at least 1
  double sigma;   // Gaussian only; above 0
};

struct Settings {
  Window window;
  bool sample_covariance;  // variances times n / (n - 1), n = size * size; then size is at least 3
  double k1;               // C1 = (k1 * data_range)^2
  double k2;
};

enum class Outcome : int {
  kOk = 0,
  kBadSettings = 1,        // window, constants or data range outside of what is said above
  kImageTooSmall = 2,      // no window lies within the image
  kWorkspaceTooSmall = 3,  // smaller than workspace_bytes, or not aligned to kAlignment
};

constexpr size_t kAlignment = 64;

// Bytes that the functions below need for images of this size, three channels; 0 where they would not return kOk.
size_t workspace_bytes(int width, int height, const Settings& settings);

// Structural similarity of two images of three interleaved channels, [height, width, 3], rows without gaps, over the
// windows that lie within the image; in [-1, 1], 1 for equal images.
//
// data_range: above 0, in units of one grey level (255 for the whole range).
// mean: of all windows and channels. per_channel: null, or 3 means. map: null, or (height - size + 1) rows of
// (width - size + 1) values, each the mean of the three channels at one window.
// workspace: workspace_bytes(...) or more, aligned to kAlignment, contents arbitrary, used by one call at a time.
//
// The same input gives the same bits on one instruction set; with uniform windows, on every one.
Outcome score_rgb8(const uint8_t* a, const uint8_t* b, int width, int height, const Settings& settings,
                   double data_range, void* workspace, size_t bytes, double* mean, double* per_channel, float* map);

// The same with one channel; per_channel is one value.
Outcome score_grey8(const uint8_t* a, const uint8_t* b, int width, int height, const Settings& settings,
                    double data_range, void* workspace, size_t bytes, double* mean, double* per_channel, float* map);

// From here on, in this process: for tests. The best that the processor has is the default.
void use_instruction_set(InstructionSet set);

}  // namespace ggb::ssim
