#include "ops/fused/random/random.h"

namespace ggb::random {

const char* const kDistributionNames[] = {"uniform", "normal", "integers", nullptr};

}  // namespace ggb::random
