#include "ops/standard/conv2d/conv.h"

namespace ggb::conv {

#define GGB_NAME(name) #name,
const char* const kActivationNames[] = {GGB_CONV_ACTIVATIONS(GGB_NAME) nullptr};
#undef GGB_NAME

}  // namespace ggb::conv
