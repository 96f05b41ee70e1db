// Metrics of one pair of files: read, decode, pad, score. The same definitions as @ggb/metrics, held against it by
// images.spec.ts; nothing here depends on which thread runs it or what it scored before.
#pragma once

#include <cstdint>
#include <string>

#include "images/decode.h"
#include "images/image-cache.h"
#include "images/problem.h"

namespace ggb::images {

struct PairFiles {
  std::string real;
  std::string generated;
};

enum class RangeSource : int { kFixed = 0, kReal = 1, kGenerated = 2 };

// 8-bit RGB on the scale 0..255, every channel scored, the mean taken.
struct ScoreRequest {
  bool is_gaussian = true;
  int window = 11;
  double sigma = 1.5;
  bool is_sample = false;  // variances times n / (n - 1)
  double k1 = 0.01;
  double k2 = 0.03;
  RangeSource range_source = RangeSource::kFixed;
  double data_range = 255;  // for kFixed, on the scale 0..255
  int pad_left = 0;         // columns of one value, added to both images before anything else
  int pad_right = 0;
  int pad_value = 255;
  bool wants_ssim = true;
  bool wants_psnr = false;
  bool wants_l1 = false;
};

struct PairOutcome {
  double ssim = 0;
  double psnr = 0;  // infinite for equal images
  double l1 = 0;
  Problem problem;
  bool is_in_real = false;  // the side of the problem
};

// What one thread works with, reused from pair to pair.
struct Workspace {
  DecodeScratch decoding;
  ByteBuffer file;
  Image generated;
  ByteBuffer padded_real;
  ByteBuffer padded_generated;
  ByteBuffer windows;

  // Memory of one unusually large image does not stay.
  void Trim();
};

Problem DecodeFile(const std::string& path, Workspace* workspace, Image* image);

PairOutcome ScorePair(const PairFiles& files, const ScoreRequest& request, ImageCache* real_images,
                      Workspace* workspace);

}  // namespace ggb::images
