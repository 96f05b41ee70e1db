// What differs between oneDNN 2.x and 3.x: how a convolution is asked for. conv.onednn2.cc and conv.onednn3.cc each
// answer; CMake compiles the one that fits dnnl_version.h.
#pragma once

#include <dnnl.hpp>
#include <string>

#include "ops/standard/conv2d/conv.h"

namespace ggb::conv {

// A convolution in oneDNN's words. Layouts may be left to the library (format_tag::any); bias is empty when there is
// none.
struct LibraryProblem {
  dnnl::memory::desc x, filter, bias, y;
  dnnl::memory::dims strides, dilations, pad_begin, pad_end;
  // The forward pass that a gradient names, where its types are others than the gradient's.
  const LibraryProblem* forward = nullptr;
};

struct LibraryKernel {
  dnnl::primitive primitive;
  dnnl::memory::desc x, filter, y;  // the layouts it chose
  dnnl::memory::desc scratchpad;
  std::string implementation;
};

// All of them throw dnnl::error.
LibraryKernel MakeForward(const dnnl::engine& engine, const LibraryProblem& problem, const dnnl::primitive_attr& attr);
LibraryKernel MakeInputGradient(const dnnl::engine& engine, const LibraryProblem& problem,
                                const dnnl::primitive_attr& attr);
LibraryKernel MakeFilterGradient(const dnnl::engine& engine, const LibraryProblem& problem,
                                 const dnnl::primitive_attr& attr);
void AppendLeakyRelu(dnnl::post_ops* post_ops, float alpha);

// Convolutions that are faster as a matrix product (conv-gemm.onednn.cc), which oneDNN runs on as many threads as
// OpenMP allows. Sizes are above 0.
bool IsProductForward(const ConvShape& shape, const Epilogue& epilogue);
bool IsProductInputGradient(const ConvShape& shape);
bool IsProductFilterGradient(const ConvShape& shape);
Status ProductForward(ExecutionContext& context, const ConvShape& shape, const float* x, const float* filter, float* y);
Status ProductInputGradient(ExecutionContext& context, const ConvShape& shape, const float* dy, const float* filter,
                            float* dx);
Status ProductFilterGradient(ExecutionContext& context, const ConvShape& shape, const float* x, const float* dy,
                             float* dfilter);

}  // namespace ggb::conv
