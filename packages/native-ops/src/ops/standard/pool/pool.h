// The kinds of pooling; their order is the variant number in the command.
#pragma once

namespace ggb::pool {

enum class Kind : int { kAverage, kMax };
inline constexpr const char* kKindNames[] = {"average", "max", nullptr};

}  // namespace ggb::pool
