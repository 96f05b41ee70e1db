// What the CUDA plug-in and the addon that opens it agree on. Both are compiled from this file, each with its own C++
// library, so only standard-layout structures cross, and memory is freed by the side that took it. Any change to a
// structure or to what a field means raises kAbiVersion; the addon refuses a plug-in with another one.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ggb::cuda {

constexpr uint32_t kAbiVersion = 1;
// The one symbol that the plug-in exports: const Plugin* ggb_cuda_plugin().
constexpr char kEntryPoint[] = "ggb_cuda_plugin";

enum class Outcome : int32_t {
  kOk = 0,
  kUnavailable = 1,   // no driver, a driver that is too old, no such device, a library that is missing
  kInvalid = 2,       // an argument that the addon should have refused
  kOutOfMemory = 3,   // of the device, or of page-locked memory
  kUnsupported = 4,   // a shape, type or precision without a kernel
  kDeviceFailed = 5,  // a kernel or a copy failed; nothing more can be done with this device
};

// Where a call writes words for people: zero-terminated, cut off at `capacity`. Empty on success, unless said
// otherwise.
struct Text {
  char* data;
  size_t capacity;
};

enum class PixelType : int32_t { kFloat32 = 0, kFloat16 = 1, kUint8 = 2 };

// Structural similarity over the windows that lie within the image: formula and accuracy in
// src/ops/fused/windowed-ssim/windowed-ssim.md. All pointers are of the device.
struct WindowedSsimCall {
  const void* a;  // [batch, height, width, channels], dense
  const void* b;
  PixelType pixel_type;
  int32_t batch;
  int32_t height;
  int32_t width;
  int32_t channels;

  int32_t window_size;  // odd
  int32_t is_gaussian;  // else uniform
  double sigma;
  // (k1 range)^2, and (k2 range)^2 divided by n / (n - 1) for the sample covariance. With `constants`, [batch, 2] of
  // them in float64, those count instead, an image's own each: protocols that take the range from the image.
  double c1;
  double c2;
  const double* constants;

  double* means;  // [batch]
  float* map;     // null, or [batch, height - size + 1, width - size + 1], the mean over the channels

  // Null, or dL/dmeans [batch]; then gradient_a, like `a` in float32, is dL/da. Not for kUint8.
  const float* mean_gradients;
  float* gradient_a;

  void* workspace;  // of windowed_ssim_workspace bytes or more, aligned to 256
  size_t workspace_bytes;
};

enum class Activation : int32_t { kLinear = 0, kRelu = 1, kLeakyRelu = 2 };

// Inputs and accumulation are float32 in memory and in sums; products are of the two factors rounded to this.
enum class Precision : int32_t { kFloat32 = 0, kTf32 = 1, kBfloat16 = 2 };

// A convolution of stride 2. What lies above and left of the padding, and behind the input, is zero.
struct ConvolutionShape {
  int32_t in_height;
  int32_t in_width;
  int32_t in_channels;
  int32_t filter_height;
  int32_t filter_width;
  int32_t pad_top;
  int32_t pad_left;
  int32_t out_height;
  int32_t out_width;
  int32_t out_channels;
};

// E of a guiding block over generated, source and target images: src/ops/fused/residual-encoding/residual-encoding.md.
// NHWC and HWIO, float32, dense, of the device.
struct ResidualEncodingCall {
  int32_t image_sets;  // 2: fake and x; 3: y as well
  int32_t batch;
  ConvolutionShape first;
  ConvolutionShape second;
  Activation activation;
  float slope;  // of kLeakyRelu
  Precision precision;

  const float* first_filter;
  const float* first_bias;
  const float* second_filter;
  const float* second_bias;
  const float* fake;
  const float* x;
  const float* y;  // unused with 2 sets, as everything of y below

  // Results of the forward pass, inputs of the backward passes.
  float* hidden;  // what the first layer makes of fake, x, y, one set after the other
  float* encoded_fake;
  float* encoded_x;
  float* encoded_y;
  float* residual_fake;
  float* residual_y;

  // Inputs of the backward passes.
  const float* d_encoded_fake;
  const float* d_residual_fake;
  const float* d_encoded_y;
  const float* d_residual_y;

  // Results of residual_encoding_weights_gradient.
  float* d_first_filter;
  float* d_first_bias;
  float* d_second_filter;
  float* d_second_bias;
  // Result of residual_encoding_fake_gradient.
  float* d_fake;

  void* workspace;  // of the bytes that the matching ..._workspace function says, aligned to 256
  size_t workspace_bytes;
};

struct Device;  // the plug-in's own

// Functions may be called from any thread, one at a time for one device. Work is queued in one of `lanes` orders of
// execution (CUDA streams), numbered from 0; work of different lanes may overlap. Only finish and the functions that
// release wait.
struct Plugin {
  uint32_t abi_version;
  uint32_t structure_bytes;  // sizeof(Plugin)
  const char* build;         // for people: "CUDA 13.0 for sm_80, sm_90a, sm_100"

  // Writes a JSON object into `report`, also when it returns kUnavailable:
  // { "usable", "reason"?, "remedy"?, "driver"?, "runtime", "devices": [{ "index", "name", "computeCapability",
  // "memoryBytes",
  //   "processors" }], "libraries": [{ "name", "found"?, "version"?, "tried": [{ "path", "result" }] }] }
  // Libraries are looked for in folders that a user controls (environment variables, Python environments) only if
  // `asked_for` is not 0.
  Outcome (*probe)(int32_t asked_for, Text report);

  Outcome (*open)(int32_t index, int32_t lanes, Device** device, Text why);
  void (*close)(Device* device);  // waits for all work, frees all memory of the device

  Outcome (*allocate)(Device* device, size_t bytes, void** address, Text why);
  Outcome (*release)(Device* device, void* address, Text why);
  Outcome (*allocate_pinned)(Device* device, size_t bytes, void** address, Text why);
  Outcome (*release_pinned)(Device* device, void* address, Text why);
  // From page-locked memory the call returns at once, and the memory is to be left alone until the lane has finished.
  Outcome (*upload)(Device* device, int32_t lane, void* to, const void* from, size_t bytes, Text why);
  Outcome (*download)(Device* device, int32_t lane, void* to, const void* from, size_t bytes, Text why);
  Outcome (*finish)(Device* device, int32_t lane, Text why);

  // Bytes of workspace; 0 where the call itself would be refused.
  size_t (*windowed_ssim_workspace)(const WindowedSsimCall* call);
  Outcome (*windowed_ssim)(Device* device, int32_t lane, const WindowedSsimCall* call, Text why);

  size_t (*residual_encoding_workspace)(const ResidualEncodingCall* call);
  Outcome (*residual_encoding)(Device* device, int32_t lane, const ResidualEncodingCall* call, Text why);
  size_t (*residual_encoding_weights_gradient_workspace)(const ResidualEncodingCall* call);
  Outcome (*residual_encoding_weights_gradient)(Device* device, int32_t lane, const ResidualEncodingCall* call,
                                                Text why);
  size_t (*residual_encoding_fake_gradient_workspace)(const ResidualEncodingCall* call);
  Outcome (*residual_encoding_fake_gradient)(Device* device, int32_t lane, const ResidualEncodingCall* call, Text why);
};

}  // namespace ggb::cuda
