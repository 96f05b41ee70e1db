// What differs between oneDNN 2.x and 3.x: how a convolution is asked for. conv.onednn2.cc and conv.onednn3.cc each
// answer; CMake compiles the one that fits dnnl_version.h.
#pragma once

#include <dnnl.hpp>
#include <string>

namespace ggb::conv {

// A convolution in oneDNN's words. Layouts may be left to the library (format_tag::any); bias is empty when there is
// none.
struct LibraryProblem {
  dnnl::memory::desc x, filter, bias, y;
  dnnl::memory::dims strides, dilations, pad_begin, pad_end;
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

}  // namespace ggb::conv
