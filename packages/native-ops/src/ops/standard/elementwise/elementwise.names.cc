#include "ops/standard/elementwise/elementwise.h"

namespace ggb::elementwise {

#define GGB_NAME(name) #name,
const char* const kUnaryNames[] = {GGB_UNARY_FUNCTIONS(GGB_NAME) nullptr};
const char* const kBinaryNames[] = {GGB_BINARY_FUNCTIONS(GGB_NAME) nullptr};
#undef GGB_NAME

}  // namespace ggb::elementwise
