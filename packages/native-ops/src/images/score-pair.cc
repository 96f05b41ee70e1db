#include "images/score-pair.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <new>

#include "images/read-file.h"
#include "ops/fused/windowed-ssim/windowed-ssim.h"

namespace ggb::images {
namespace {

// A thread keeps this much of each buffer between two pairs.
constexpr size_t kKeptBytes = size_t{64} << 20;

struct Pixels {
  const uint8_t* data;
  int width;
  int height;
  size_t bytes() const { return static_cast<size_t>(width) * height * 3; }
};

PairOutcome Failed(bool is_in_real, Problem problem) {
  PairOutcome outcome;
  outcome.problem = std::move(problem);
  outcome.is_in_real = is_in_real;
  return outcome;
}

std::string SizeText(int width, int height) { return std::to_string(width) + " x " + std::to_string(height); }

// False when there is no memory.
bool Pad(const Image& image, const ScoreRequest& request, ByteBuffer* buffer, Pixels* padded) {
  const int width = request.pad_left + image.width + request.pad_right;
  const size_t row = static_cast<size_t>(image.width) * 3;
  const size_t stride = static_cast<size_t>(width) * 3;
  uint8_t* out = buffer->Reserve(stride * image.height);
  if (out == nullptr) return false;
  *padded = Pixels{out, width, image.height};
  for (int y = 0; y < image.height; ++y, out += stride) {
    std::memset(out, request.pad_value, static_cast<size_t>(request.pad_left) * 3);
    std::memcpy(out + static_cast<size_t>(request.pad_left) * 3, image.data() + y * row, row);
    std::memset(out + static_cast<size_t>(request.pad_left) * 3 + row, request.pad_value,
                static_cast<size_t>(request.pad_right) * 3);
  }
  return true;
}

struct Extremes {
  uint8_t smallest;
  uint8_t largest;
};

Extremes ExtremesOf(const Pixels& pixels) {
  Extremes found{255, 0};
  for (size_t i = 0; i < pixels.bytes(); ++i) {
    found.smallest = std::min(found.smallest, pixels.data[i]);
    found.largest = std::max(found.largest, pixels.data[i]);
  }
  return found;
}

// Integers, so the order of summation does not matter.
struct Differences {
  uint64_t absolute = 0;
  uint64_t squared = 0;
};

Differences DifferencesOf(const uint8_t* a, const uint8_t* b, size_t bytes) {
  Differences total;
  // So many squares of at most 255^2 fit in 32 bits, in which vector units add twice as many at once.
  constexpr size_t kBlock = 65536;
  static_assert(uint64_t{kBlock} * 255 * 255 <= UINT32_MAX);
  for (size_t begin = 0; begin < bytes; begin += kBlock) {
    const size_t end = std::min(bytes, begin + kBlock);
    uint32_t absolute = 0;
    uint32_t squared = 0;
    for (size_t i = begin; i < end; ++i) {
      const int difference = a[i] - b[i];
      absolute += static_cast<uint32_t>(std::abs(difference));
      squared += static_cast<uint32_t>(difference * difference);
    }
    total.absolute += absolute;
    total.squared += squared;
  }
  return total;
}

PairOutcome ScorePixels(const Pixels& real, const Pixels& generated, const ScoreRequest& request,
                        Workspace* workspace) {
  PairOutcome outcome;
  double data_range = request.data_range;
  if (request.range_source != RangeSource::kFixed) {
    const bool is_real = request.range_source == RangeSource::kReal;
    const Extremes extremes = ExtremesOf(is_real ? real : generated);
    data_range = extremes.largest - extremes.smallest;
    // PSNR alone takes its range from the real image only.
    const bool is_needed = request.wants_ssim || (request.wants_psnr && is_real);
    if (data_range == 0 && is_needed) {
      return Failed(is_real, Problem(ProblemKind::kNoRange, "the value " + std::to_string(extremes.smallest) +
                                                                " everywhere, where the data range is taken from it"));
    }
  }
  if (request.wants_psnr || request.wants_l1) {
    const double count = static_cast<double>(real.bytes());
    const Differences differences = DifferencesOf(real.data, generated.data, real.bytes());
    outcome.l1 = static_cast<double>(differences.absolute) / count;
    const double peak = request.range_source == RangeSource::kGenerated ? 255 : data_range;
    outcome.psnr = 10 * std::log10((peak * peak * count) / static_cast<double>(differences.squared));
  }
  if (!request.wants_ssim) return outcome;
  if (std::min(real.width, real.height) < request.window) {
    return Failed(true, Problem(ProblemKind::kTooSmall, SizeText(real.width, real.height) + " pixels, the window has " +
                                                            SizeText(request.window, request.window)));
  }
  ssim::Settings settings;
  settings.window.gaussian = request.is_gaussian;
  settings.window.size = request.window;
  settings.window.sigma = request.sigma;
  settings.sample_covariance = request.is_sample;
  settings.k1 = request.k1;
  settings.k2 = request.k2;
  const size_t bytes = ssim::workspace_bytes(real.width, real.height, settings);
  uint8_t* windows = workspace->windows.Reserve(bytes);
  if (windows == nullptr) return Failed(true, Problem(ProblemKind::kOutOfMemory, "no memory for the windows"));
  const ssim::Outcome scored = ssim::score_rgb8(real.data, generated.data, real.width, real.height, settings,
                                                data_range, windows, bytes, &outcome.ssim, nullptr, nullptr);
  if (scored != ssim::Outcome::kOk) return Failed(true, Problem(ProblemKind::kTooSmall, "no window to score"));
  return outcome;
}

PairOutcome Score(const PairFiles& files, const ScoreRequest& request, ImageCache* real_images, Workspace* workspace) {
  FileStamp stamp;
  Problem problem = StampOf(files.real, &stamp);
  if (problem.found()) return Failed(true, std::move(problem));
  const ImageCache::Handle real =
      real_images->Get(files.real, stamp, [&](Image* image) { return DecodeFile(files.real, workspace, image); });
  if (real->problem.found()) return Failed(true, real->problem);
  Image& generated = workspace->generated;
  problem = DecodeFile(files.generated, workspace, &generated);
  if (problem.found()) return Failed(false, std::move(problem));
  if (generated.width != real->image.width || generated.height != real->image.height) {
    return Failed(false, Problem(ProblemKind::kSizeMismatch, SizeText(generated.width, generated.height) +
                                                                 " pixels, the real image has " +
                                                                 SizeText(real->image.width, real->image.height)));
  }
  Pixels real_pixels{real->image.data(), real->image.width, real->image.height};
  Pixels generated_pixels{generated.data(), generated.width, generated.height};
  if (request.pad_left + request.pad_right > 0) {
    if (!Pad(real->image, request, &workspace->padded_real, &real_pixels) ||
        !Pad(generated, request, &workspace->padded_generated, &generated_pixels)) {
      return Failed(true, Problem(ProblemKind::kOutOfMemory, "no memory for the padded images"));
    }
  }
  return ScorePixels(real_pixels, generated_pixels, request, workspace);
}

}  // namespace

void Workspace::Trim() {
  decoding.ReleaseAbove(kKeptBytes);
  file.ReleaseAbove(kKeptBytes);
  generated.pixels.ReleaseAbove(kKeptBytes);
  padded_real.ReleaseAbove(kKeptBytes);
  padded_generated.ReleaseAbove(kKeptBytes);
  windows.ReleaseAbove(kKeptBytes);
}

Problem DecodeFile(const std::string& path, Workspace* workspace, Image* image) {
  size_t bytes = 0;
  Problem problem = ReadFile(path, &workspace->file, &bytes);
  if (!problem.found()) problem = Decode(workspace->file.data(), bytes, &workspace->decoding, image);
  return problem;
}

PairOutcome ScorePair(const PairFiles& files, const ScoreRequest& request, ImageCache* real_images,
                      Workspace* workspace) {
  PairOutcome outcome;
  // Only messages and the cache's bookkeeping allocate in a way that throws.
  try {
    outcome = Score(files, request, real_images, workspace);
  } catch (const std::bad_alloc&) {
    outcome.problem.kind = ProblemKind::kOutOfMemory;
    outcome.is_in_real = true;
  }
  workspace->Trim();
  return outcome;
}

}  // namespace ggb::images
