// oneDNN 3.x (Debian 13, Ubuntu 24.04): the primitive descriptor takes all arguments itself.
#include "ops/standard/conv2d/conv.onednn.h"

namespace ggb::conv {
namespace {

constexpr dnnl::algorithm kDirect = dnnl::algorithm::convolution_direct;

template <class Primitive, class PrimitiveDescriptor>
LibraryKernel Finish(const PrimitiveDescriptor& descriptor, const dnnl::memory::desc& x,
                     const dnnl::memory::desc& filter, const dnnl::memory::desc& y) {
  LibraryKernel kernel;
  kernel.primitive = Primitive(descriptor);
  kernel.x = x;
  kernel.filter = filter;
  kernel.y = y;
  kernel.scratchpad = descriptor.scratchpad_desc();
  kernel.implementation = descriptor.impl_info_str();
  return kernel;
}

dnnl::convolution_forward::primitive_desc Forward(const dnnl::engine& engine, dnnl::prop_kind kind,
                                                  const LibraryProblem& p, const dnnl::primitive_attr& attr) {
  using Descriptor = dnnl::convolution_forward::primitive_desc;
  return p.bias.is_zero() ? Descriptor(engine, kind, kDirect, p.x, p.filter, p.y, p.strides, p.dilations, p.pad_begin,
                                       p.pad_end, attr)
                          : Descriptor(engine, kind, kDirect, p.x, p.filter, p.bias, p.y, p.strides, p.dilations,
                                       p.pad_begin, p.pad_end, attr);
}

}  // namespace

LibraryKernel MakeForward(const dnnl::engine& engine, const LibraryProblem& p, const dnnl::primitive_attr& attr) {
  const auto descriptor = Forward(engine, dnnl::prop_kind::forward_inference, p, attr);
  return Finish<dnnl::convolution_forward>(descriptor, descriptor.src_desc(), descriptor.weights_desc(),
                                           descriptor.dst_desc());
}

LibraryKernel MakeInputGradient(const dnnl::engine& engine, const LibraryProblem& p, const dnnl::primitive_attr& attr) {
  const auto hint =
      Forward(engine, dnnl::prop_kind::forward_training, p.forward ? *p.forward : p, dnnl::primitive_attr());
  const dnnl::convolution_backward_data::primitive_desc descriptor(engine, kDirect, p.x, p.filter, p.y, p.strides,
                                                                   p.dilations, p.pad_begin, p.pad_end, hint, attr);
  return Finish<dnnl::convolution_backward_data>(descriptor, descriptor.diff_src_desc(), descriptor.weights_desc(),
                                                 descriptor.diff_dst_desc());
}

LibraryKernel MakeFilterGradient(const dnnl::engine& engine, const LibraryProblem& p,
                                 const dnnl::primitive_attr& attr) {
  const auto hint =
      Forward(engine, dnnl::prop_kind::forward_training, p.forward ? *p.forward : p, dnnl::primitive_attr());
  const dnnl::convolution_backward_weights::primitive_desc descriptor(engine, kDirect, p.x, p.filter, p.y, p.strides,
                                                                      p.dilations, p.pad_begin, p.pad_end, hint, attr);
  return Finish<dnnl::convolution_backward_weights>(descriptor, descriptor.src_desc(), descriptor.diff_weights_desc(),
                                                    descriptor.diff_dst_desc());
}

void AppendLeakyRelu(dnnl::post_ops* post_ops, float alpha) {
  post_ops->append_eltwise(dnnl::algorithm::eltwise_relu, alpha, 0.0f);
}

}  // namespace ggb::conv
