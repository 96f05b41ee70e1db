// The border to JavaScript for scoring 8-bit images outside of TensorFlow.js: checks sizes, calls, no arithmetic.
#include <napi.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

#include "ops/fused/windowed-ssim/windowed-ssim.h"
#include "runtime/held-signals.h"
#include "runtime/instruction-set.h"

namespace ggb {
namespace {

struct Free {
  void operator()(void* memory) const { std::free(memory); }
};

template <class T>
T* Values(const Napi::Value& value, napi_typedarray_type type, size_t* count) {
  if (!value.IsTypedArray()) return nullptr;
  Napi::TypedArray array = value.As<Napi::TypedArray>();
  if (array.TypedArrayType() != type) return nullptr;
  *count = array.ElementLength();
  return reinterpret_cast<T*>(static_cast<unsigned char*>(array.ArrayBuffer().Data()) + array.ByteOffset());
}

}  // namespace

// As addon.ts declares it.
Napi::Value ScoreImages(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const auto refuse = [&](const char* what) {
    Napi::TypeError::New(env, std::string("scoreImages: ") + what).ThrowAsJavaScriptException();
    return env.Undefined();
  };
  if (info.Length() != 9 || !info[2].IsArray() || !info[7].IsNumber() || !info[8].IsString()) {
    return refuse("(first, second, sizes, settings, means, perChannel, map, threads, instructionSet)");
  }
  size_t a_count = 0;
  size_t b_count = 0;
  size_t settings_count = 0;
  size_t means_count = 0;
  size_t channel_count = 0;
  size_t map_count = 0;
  const uint8_t* a = Values<uint8_t>(info[0], napi_uint8_array, &a_count);
  const uint8_t* b = Values<uint8_t>(info[1], napi_uint8_array, &b_count);
  const double* numbers = Values<double>(info[3], napi_float64_array, &settings_count);
  double* means = Values<double>(info[4], napi_float64_array, &means_count);
  double* per_channel = Values<double>(info[5], napi_float64_array, &channel_count);
  float* map = Values<float>(info[6], napi_float32_array, &map_count);
  if (a == nullptr || b == nullptr || numbers == nullptr || means == nullptr || settings_count != 7) {
    return refuse("images are Uint8Arrays, settings 7 numbers, means a Float64Array");
  }
  Napi::Array sizes_array = info[2].As<Napi::Array>();
  int64_t sizes[4];
  for (uint32_t i = 0; i < 4; ++i) {
    const Napi::Value size = sizes_array.Get(i);
    sizes[i] = size.IsNumber() ? size.As<Napi::Number>().Int64Value() : -1;
    if (sizes[i] < 0 || sizes[i] >= (1 << 24)) return refuse("a size is out of range");
  }
  const auto [count, height, width, channels] = sizes;
  const int64_t window = static_cast<int64_t>(numbers[1] >= 1 && numbers[1] < 65536 ? numbers[1] : 1);
  const int64_t map_size = height >= window && width >= window ? (height - window + 1) * (width - window + 1) : 0;
  if (channels != 1 && channels != 3) return refuse("images have 1 or 3 channels");
  // Sizes are below 2^24 each: products of three fit, and the fourth is held against what is there by division.
  const uint64_t image = static_cast<uint64_t>(height) * width * channels;
  const auto holds = [&](size_t available, uint64_t each) {
    return count == 0 || each <= available / static_cast<uint64_t>(count);
  };
  if (!holds(a_count, image) || !holds(b_count, image) || !holds(means_count, 1) ||
      (per_channel != nullptr && !holds(channel_count, channels)) || (map != nullptr && !holds(map_count, map_size))) {
    return refuse("an array is too short for these sizes");
  }
  const ssim::Settings settings = {
      {numbers[0] != 0, static_cast<int>(window), numbers[2]}, numbers[3] != 0, numbers[4], numbers[5]};
  const std::string name = info[8].As<Napi::String>().Utf8Value();
  InstructionSet isa = BestInstructionSet();
  if (!name.empty() && !ParseInstructionSet(name.c_str(), &isa)) return refuse("unknown instruction set");
  ssim::use_instruction_set(isa);

  const size_t bytes = ssim::workspace_bytes(static_cast<int>(width), static_cast<int>(height), settings);
  std::atomic<int> outcome{0};
  const auto score = [&](int64_t i, void* workspace) {
    const uint8_t* first = a + i * image;
    const uint8_t* second = b + i * image;
    double* channel_means = per_channel == nullptr ? nullptr : per_channel + i * channels;
    float* own_map = map == nullptr ? nullptr : map + i * map_size;
    const auto run = channels == 3 ? ssim::score_rgb8 : ssim::score_grey8;
    const ssim::Outcome result = run(first, second, static_cast<int>(width), static_cast<int>(height), settings,
                                     numbers[6], workspace, bytes, means + i, channel_means, own_map);
    if (result != ssim::Outcome::kOk) outcome = static_cast<int>(result);
  };
  const int wanted = info[7].As<Napi::Number>().Int32Value();
  const int threads = static_cast<int>(wanted < 1 ? 1 : (wanted < count ? wanted : count));
  // A multiple of the alignment, as aligned_alloc asks for; 0 bytes are asked for when the settings will be refused.
  const size_t each = (bytes + ssim::kAlignment) / ssim::kAlignment * ssim::kAlignment;
  std::unique_ptr<char, Free> memory(
      static_cast<char*>(std::aligned_alloc(ssim::kAlignment, each * (threads < 1 ? 1 : threads))));
  if (!memory) return refuse("out of memory");
  if (threads <= 1) {
    for (int64_t i = 0; i < count; ++i) score(i, memory.get());
  } else {
    // OpenMP's threads begin here, and are the engine's too.
    const HeldSignals held;
#pragma omp parallel for schedule(static, 1) num_threads(threads)
    for (int thread = 0; thread < threads; ++thread) {
      for (int64_t i = count * thread / threads; i < count * (thread + 1) / threads; ++i) {
        score(i, memory.get() + thread * each);
      }
    }
  }
  return Napi::Number::New(env, outcome);
}

}  // namespace ggb
