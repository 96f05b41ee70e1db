// Distributions of counter_random; their order is the variant number in the command.
#pragma once

namespace ggb::random {

enum class Distribution : int { kUniform, kNormal, kIntegers };

extern const char* const kDistributionNames[];

}  // namespace ggb::random
