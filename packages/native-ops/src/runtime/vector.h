// A vector of float32 as wide as the instruction set of the file that includes this, in GCC's and Clang's vector types.
//
// Memory is read and written by memcpy, which is one unaligned move. A type with aligned(4) would do the same for
// pointers, but templates and auto deduce it without the attribute: their code then takes any address as aligned, and
// faults on what lies on the stack.
#pragma once

#include <cstring>

#include "runtime/instruction-set.h"

namespace ggb::GGB_ISA_NAMESPACE {

#if defined(__AVX512F__)
constexpr int kLanes = 16;
#elif defined(__AVX2__)
constexpr int kLanes = 8;
#else
constexpr int kLanes = 4;
#endif

typedef float Vector __attribute__((vector_size(kLanes * sizeof(float))));

inline Vector Load(const float* from) {
  Vector value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

inline void Store(float* to, Vector value) { std::memcpy(to, &value, sizeof value); }

}  // namespace ggb::GGB_ISA_NAMESPACE
