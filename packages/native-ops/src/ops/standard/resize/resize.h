// The kinds of interpolation; their order is the variant number in the command.
#pragma once

namespace ggb::resize {

enum class Kind : int { kBilinear, kNearest };
inline constexpr const char* kKindNames[] = {"bilinear", "nearest", nullptr};

}  // namespace ggb::resize
