// Convolutions whose products are of bfloat16 values: x, dy and the filter are rounded to bfloat16 (to nearest, ties to
// even, subnormal numbers to 0), products are exact in float32 and summed up in float32. Operands and results are the
// float32 tensors of conv.h. `handled` is false for shapes that float32 kernels compute as fast or faster; whether it
// is, depends on shape, processor and build alone.
#pragma once

#include "ops/standard/conv2d/conv.h"

namespace ggb::conv {

#ifdef GGB_HAVE_ONEDNN
// By the processor's own bfloat16 instructions: our kernels with AMX (conv-bf16.amx.cc), else oneDNN's
// (conv-bf16.onednn.cc). Only after Bfloat16Problem (runtime/bfloat16-support.h) has nothing to say.
Status Bf16Forward(ExecutionContext& context, const ConvShape& shape, const float* x, const float* filter, float* y,
                   bool* handled);
Status Bf16InputGradient(ExecutionContext& context, const ConvShape& shape, const float* dy, const float* filter,
                         float* dx, bool* handled);
Status Bf16FilterGradient(ExecutionContext& context, const ConvShape& shape, const float* x, const float* dy,
                          float* dfilter, bool* handled);
#endif

// Whether AMX's tiles can be used: the processor has them, and the system lets this process.
bool ProcessorHasAmx();
// Without dilation; the filter gradient for an even number of output columns.
Status AmxForward(ExecutionContext& context, const ConvShape& shape, const float* x, const float* filter, float* y);
Status AmxInputGradient(ExecutionContext& context, const ConvShape& shape, const float* dy, const float* filter,
                        float* dx);
Status AmxFilterGradient(ExecutionContext& context, const ConvShape& shape, const float* x, const float* dy,
                         float* dfilter);

}  // namespace ggb::conv
