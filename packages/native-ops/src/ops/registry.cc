#include "ops/registry.h"

#include "ops/fused/bias-activation/activation-names.h"
#include "ops/fused/random/random.h"
#include "ops/standard/conv2d/conv.h"
#include "ops/standard/cumulative/cumulative.h"
#include "ops/standard/elementwise/elementwise.h"
#include "ops/standard/pool/pool.h"
#include "ops/standard/reduce/reduce.h"
#include "ops/standard/resize/resize.h"

// One line per op: the function in its *.portable.cc, and the names of its variants. Every line ends with a backslash,
// so that adding one changes no other.
// clang-format off
#define GGB_OPS(OP) \
  OP(elementwise_unary, elementwise::kUnaryNames) \
  OP(elementwise_binary, elementwise::kBinaryNames) \
  OP(conv2d_forward, conv::kActivationNames) \
  OP(conv2d_input_gradient, nullptr) \
  OP(conv2d_filter_gradient, nullptr) \
  OP(depthwise_forward, nullptr) \
  OP(depthwise_input_gradient, nullptr) \
  OP(depthwise_filter_gradient, nullptr) \
  OP(strided_copy, nullptr) \
  OP(cast, nullptr) \
  OP(pad_constant, nullptr) \
  OP(pad_mirror, nullptr) \
  OP(pad_mirror_gradient, nullptr) \
  OP(fill, nullptr) \
  OP(range, nullptr) \
  OP(one_hot, nullptr) \
  OP(select, nullptr) \
  OP(gather, nullptr) \
  OP(gather_nd, nullptr) \
  OP(unsorted_segment_sum, nullptr) \
  OP(counter_dropout, nullptr) \
  OP(counter_random, random::kDistributionNames) \
  OP(reduce, reduce::kFunctionNames) \
  OP(reduce_arg, reduce::kArgFunctionNames) \
  OP(add_n, nullptr) \
  OP(matmul, nullptr) \
  OP(pool, pool::kKindNames) \
  OP(pool_grad, pool::kKindNames) \
  OP(resize, resize::kKindNames) \
  OP(resize_grad, resize::kKindNames) \
  OP(batch_norm, nullptr) \
  OP(softmax, nullptr) \
  OP(cumulative, cumulative::kFunctionNames) \
  OP(adam_update, nullptr) \
  OP(adam_setting, nullptr) \
  OP(bias_activation, activation::kFunctionNames) \
  OP(bias_activation_gradient, activation::kFunctionNames) \
  OP(batch_norm_activation, activation::kFunctionNames) \
  OP(batch_norm_activation_gradient, activation::kFunctionNames) \
  OP(windowed_ssim, nullptr) \
  OP(windowed_ssim_gradient, nullptr) \
  OP(residual_encoding, activation::kFunctionNames) \
  OP(residual_encoding_weights_gradient, activation::kFunctionNames) \
  OP(residual_encoding_image_gradient, activation::kFunctionNames) \
  OP(mean_absolute_difference, nullptr) \
  OP(mean_absolute_difference_gradient, nullptr) \
  OP(logistic_loss, nullptr) \
  OP(logistic_loss_gradient, nullptr) \
  OP(windowed_ssim_gradient_scaled, nullptr) \
  /* end of the list */
// clang-format on

namespace ggb {

#define GGB_DECLARE(name, variants) Status name(CommandReader& arguments, ExecutionContext& context);
namespace isa_baseline {
GGB_OPS(GGB_DECLARE)
}
#ifdef GGB_X86_DISPATCH
namespace isa_avx2 {
GGB_OPS(GGB_DECLARE)
}
namespace isa_avx512 {
GGB_OPS(GGB_DECLARE)
}
#define GGB_ROW(name, variants) {#name, variants, {isa_baseline::name, isa_avx2::name, isa_avx512::name}},
#else
#define GGB_ROW(name, variants) {#name, variants, {isa_baseline::name, isa_baseline::name, isa_baseline::name}},
#endif

namespace {
const OpRow kRows[] = {GGB_OPS(GGB_ROW)};
constexpr int kRowCount = sizeof(kRows) / sizeof(kRows[0]);
}  // namespace

int OpCount() { return kRowCount; }

const OpRow& OpAt(int position) { return kRows[position]; }

OpFunction FindOp(int position, InstructionSet isa) {
  if (position < 0 || position >= kRowCount) return nullptr;
  return kRows[position].by_isa[static_cast<int>(isa)];
}

}  // namespace ggb
