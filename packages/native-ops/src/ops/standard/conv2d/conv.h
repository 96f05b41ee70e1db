// Two-dimensional convolutions of float32 images: the one place where shapes, passes and implementations meet.
//
// x is NHWC [batch, in_height, in_width, in_channels], filter HWIO [filter_height, filter_width, in_channels,
// out_channels], y NHWC [batch, out_height, out_width, out_channels], all dense:
//
//   y[n, oh, ow, o] = sum over kh, kw, i of x[n, oh * stride_height + kh * dilation_height - pad_top, ..., i] *
//                                           filter[kh, kw, i, o]
//
// where x outside the image counts as 0. Rows that no filter position reaches are allowed ('valid' with a rest), so the
// trailing padding that TrailingPadding gives may be negative.
#pragma once

#include <cstdint>

#include "runtime/command-reader.h"
#include "runtime/execution-context.h"
#include "runtime/instruction-set.h"
#include "runtime/status.h"

namespace ggb::conv {

struct ConvShape {
  int64_t batch, in_height, in_width, in_channels;
  int64_t out_height, out_width, out_channels;
  int64_t filter_height, filter_width;
  int64_t stride_height, stride_width;
  int64_t dilation_height, dilation_width;
  int64_t pad_top, pad_left;

  int64_t InCount() const { return ElementCount(Shape{4, {batch, in_height, in_width, in_channels}}); }
  int64_t OutCount() const { return ElementCount(Shape{4, {batch, out_height, out_width, out_channels}}); }
  int64_t FilterCount() const {
    return ElementCount(Shape{4, {filter_height, filter_width, in_channels, out_channels}});
  }
};

// Order: variant numbers in commands.
#define GGB_CONV_ACTIVATIONS(A) A(linear) A(relu) A(relu6) A(leakyrelu)
#define GGB_ENUMERATOR(name) k_##name,
enum class Activation : int { GGB_CONV_ACTIVATIONS(GGB_ENUMERATOR) kCount };
#undef GGB_ENUMERATOR
extern const char* const kActivationNames[];

// What follows a forward pass: y = activation(y + bias). bias has out_channels values or is null.
struct Epilogue {
  const float* bias = nullptr;
  Activation activation = Activation::k_linear;
  float alpha = 0.0f;  // slope of leakyrelu below 0
};

// Padding behind the last row (column) that the last filter position needs; negative when rows are left over.
inline int64_t TrailingPadding(int64_t in, int64_t out, int64_t filter, int64_t stride, int64_t dilation,
                               int64_t leading) {
  return (out - 1) * stride + (filter - 1) * dilation + 1 - in - leading;
}

// Reads the 15 sizes of a shape and refuses those that cannot be meant or whose products do not fit.
inline ConvShape ReadConvShape(CommandReader& arguments) {
  ConvShape s{};
  for (int64_t* size : {&s.batch, &s.in_height, &s.in_width, &s.in_channels, &s.out_height, &s.out_width,
                        &s.out_channels, &s.filter_height, &s.filter_width, &s.stride_height, &s.stride_width,
                        &s.dilation_height, &s.dilation_width, &s.pad_top, &s.pad_left}) {
    *size = arguments.ReadSize();
    // Sums and products of two of these stay far from the end of int64_t.
    if (*size > (int64_t{1} << 30)) arguments.Fail(StatusCode::kInvalidShape, "a size of a convolution is above 2^30");
  }
  if (s.stride_height < 1 || s.stride_width < 1 || s.dilation_height < 1 || s.dilation_width < 1) {
    arguments.Fail(StatusCode::kInvalidShape, "strides and dilations of a convolution are at least 1");
  }
  const Shape products[3] = {{4, {s.batch, s.in_height, s.in_width, s.in_channels}},
                             {4, {s.batch, s.out_height, s.out_width, s.out_channels}},
                             {4, {s.filter_height, s.filter_width, s.in_channels, s.out_channels}}};
  for (const Shape& product : products) {
    if (ElementCount(product) == INT64_MAX) {
      arguments.Fail(StatusCode::kInvalidShape, "a convolution has more elements than 64 bits can count");
    }
  }
  return s;
}

enum class Pass : int64_t { kForward, kInputGradient, kFilterGradient };

#ifdef GGB_HAVE_ONEDNN
// oneDNN's convolutions (conv.onednn.cc). `handled` is false when it has no kernel for the shape that is worth using;
// own kernels take over then. `isa` limits what the library may use; the first call of the process decides.
Status LibraryForward(ExecutionContext& context, InstructionSet isa, const ConvShape& shape, const float* x,
                      const float* filter, const Epilogue& epilogue, float* y, bool* handled);
// dx = gradient with respect to x; also conv2dTranspose.
Status LibraryInputGradient(ExecutionContext& context, InstructionSet isa, const ConvShape& shape, const float* dy,
                            const float* filter, float* dx, bool* handled);
Status LibraryFilterGradient(ExecutionContext& context, InstructionSet isa, const ConvShape& shape, const float* x,
                             const float* dy, float* dfilter, bool* handled);
// Makes oneDNN ready for matrix products: its instruction set, and the number of threads it asks OpenMP for.
void PrepareProducts(const ExecutionContext& context, InstructionSet isa);
// c = a * b + beta * c, where a (if transposed: its transpose) is [m, k], b [k, n], in rows of row_a, row_b, row_c
// elements. Within a parallel region by the calling thread alone.
Status MatrixProduct(char transpose_a, char transpose_b, int64_t m, int64_t n, int64_t k, const float* a, int64_t row_a,
                     const float* b, int64_t row_b, float beta, float* c, int64_t row_c);
#endif

}  // namespace ggb::conv
