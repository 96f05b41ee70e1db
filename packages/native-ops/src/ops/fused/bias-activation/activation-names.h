// The activations; their order is the variant number in the command.
#pragma once

namespace ggb::activation {

enum class Function : int { kLinear, kRelu, kLeakyRelu };
inline constexpr const char* kFunctionNames[] = {"linear", "relu", "leakyRelu", nullptr};

}  // namespace ggb::activation
