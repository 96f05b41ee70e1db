// The functions of the reduction family; their order is the variant number in the command.
#pragma once

namespace ggb::reduce {

enum class Function : int { kSum, kMean, kProd, kMax, kMin };
inline constexpr const char* kFunctionNames[] = {"sum", "mean", "prod", "max", "min", nullptr};

enum class ArgFunction : int { kArgMax, kArgMin };
inline constexpr const char* kArgFunctionNames[] = {"argmax", "argmin", nullptr};

}  // namespace ggb::reduce
