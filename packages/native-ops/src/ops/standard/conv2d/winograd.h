// 4x4 convolutions of stride 2 by Winograd's minimal filtering, F(2x2, 2x2); see winograd.portable.cc.
#pragma once

#include "ops/standard/conv2d/conv.h"

namespace ggb::GGB_ISA_NAMESPACE {

// Filter 4x4, stride 2, one row and column of padding on each side, an output of even height and width.
bool IsWinogradShape(const conv::ConvShape& shape);

// Of those the shapes for which this was measured to be faster than oneDNN's own convolution.
bool IsWinogradFaster(conv::Pass pass, const conv::ConvShape& shape);

Status WinogradForward(ExecutionContext& context, const conv::ConvShape& shape, const float* x, const float* filter,
                       float* y);
Status WinogradInputGradient(ExecutionContext& context, const conv::ConvShape& shape, const float* dy,
                             const float* filter, float* dx);
Status WinogradFilterGradient(ExecutionContext& context, const conv::ConvShape& shape, const float* x, const float* dy,
                              float* dfilter);

}  // namespace ggb::GGB_ISA_NAMESPACE
