// The input gradient (and transposed convolution) where the filter is large and the map small: the filter is read once,
// in the order in which it lies in memory, and nothing is rearranged.
#pragma once

#include "ops/standard/conv2d/conv.h"

namespace ggb::GGB_ISA_NAMESPACE {

bool IsSmallMapInputGradient(const conv::ConvShape& shape);
Status SmallMapInputGradient(ExecutionContext& context, const conv::ConvShape& shape, const float* dy,
                             const float* filter, float* dx);

}  // namespace ggb::GGB_ISA_NAMESPACE
