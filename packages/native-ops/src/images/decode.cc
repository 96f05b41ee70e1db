#include "images/decode.h"

#include <string>

namespace ggb::images {

Problem CheckSize(uint64_t width, uint64_t height) {
  // Both are below 2^32, so the product cannot wrap around.
  if (width * height > kLargestImagePixels) {
    return Problem(ProblemKind::kTooLarge, std::to_string(width) + " x " + std::to_string(height) +
                                               " pixels, expected at most " +
                                               std::to_string(kLargestImagePixels / 1'000'000) + " megapixels");
  }
  return Problem::None();
}

Problem Allocate(uint64_t width, uint64_t height, Image* image) {
  if (image->pixels.Reserve(static_cast<size_t>(width * height * 3)) == nullptr) {
    return Problem(ProblemKind::kOutOfMemory,
                   "no memory for " + std::to_string(width) + " x " + std::to_string(height) + " pixels");
  }
  image->width = static_cast<int>(width);
  image->height = static_cast<int>(height);
  return Problem::None();
}

Problem Decode(const uint8_t* file, size_t bytes, DecodeScratch* scratch, Image* image) {
  if (bytes == 0) return Problem(ProblemKind::kEmpty, "an empty file");
  if (bytes >= 3 && file[0] == 0xff && file[1] == 0xd8 && file[2] == 0xff) return DecodeJpeg(file, bytes, image);
  if (IsPng(file, bytes)) return DecodePng(file, bytes, scratch, image);
  return Problem(ProblemKind::kUnsupportedFormat, "neither JPEG nor PNG");
}

}  // namespace ggb::images
