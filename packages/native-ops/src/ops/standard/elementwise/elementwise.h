// The functions of the elementwise family; their order is the variant number in the command.
#pragma once

namespace ggb::elementwise {

// clang-format off
#define GGB_UNARY_FUNCTIONS(F)                                                                                       \
  F(abs) F(acos) F(acosh) F(asin) F(asinh) F(atan) F(atanh) F(ceil) F(cos) F(cosh) F(elu) F(erf) F(exp) F(expm1)     \
  F(floor) F(isfinite) F(isinf) F(isnan) F(leakyrelu) F(log) F(log1p) F(logicalnot) F(neg) F(reciprocal) F(relu)     \
  F(relu6) F(round) F(rsqrt) F(selu) F(sigmoid) F(sign) F(sin) F(sinh) F(softplus) F(sqrt) F(square) F(step)         \
  F(tan) F(tanh) F(clip)

#define GGB_BINARY_FUNCTIONS(F)                                                                                      \
  F(add) F(sub) F(multiply) F(realdiv) F(floordiv) F(mod) F(pow) F(maximum) F(minimum) F(squareddifference)          \
  F(atan2) F(prelu) F(elugrad) F(equal) F(notequal) F(greater) F(greaterequal) F(less) F(lessequal) F(logicaland)    \
  F(logicalor) F(bitwiseand)
// clang-format on

#define GGB_ENUMERATOR(name) k_##name,
enum class Unary : int { GGB_UNARY_FUNCTIONS(GGB_ENUMERATOR) kCount };
enum class Binary : int { GGB_BINARY_FUNCTIONS(GGB_ENUMERATOR) kCount };
#undef GGB_ENUMERATOR

extern const char* const kUnaryNames[];
extern const char* const kBinaryNames[];

}  // namespace ggb::elementwise
