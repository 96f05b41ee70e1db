// The functions of the cumulative family; their order is the variant number in the command.
#pragma once

namespace ggb::cumulative {

enum class Function : int { kSum, kProduct };
inline constexpr const char* kFunctionNames[] = {"cumsum", "cumprod", nullptr};

}  // namespace ggb::cumulative
