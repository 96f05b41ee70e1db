// Where JavaScript's arithmetic differs from that of C. In the namespace of the instruction set, as everything inline
// that kernels call: one shared copy could hold instructions that the processor lacks.
#pragma once

#include <cmath>
#include <cstdint>

#include "runtime/instruction-set.h"

namespace ggb::GGB_ISA_NAMESPACE {

// As Int32Array stores: modulo 2^32, not finite becomes 0.
inline int32_t WrapToInt(double value) {
  if (!(std::fabs(value) < INFINITY)) return 0;
  const double wrapped = std::fmod(std::trunc(value), 4294967296.0);
  return static_cast<int32_t>(static_cast<uint32_t>(static_cast<int64_t>(wrapped)));
}

// As Math.pow: 1 to the NaN and ±1 to ±infinity are NaN, where C says 1 (ECMA-262, Number::exponentiate).
inline float Pow(float base, float exponent) {
  if (exponent != exponent || (std::fabs(base) == 1 && std::fabs(exponent) == INFINITY)) return NAN;
  return std::pow(base, exponent);
}

}  // namespace ggb::GGB_ISA_NAMESPACE
