// The activations that follow a bias or a normalisation, with their derivatives. These are functions of the output: the
// input of an activation need not be kept.
//
// Only for *.portable.cc: everything is local to the instruction set that includes it.
#pragma once

#include <cstdint>
#include <type_traits>

#include "ops/fused/bias-activation/activation-names.h"
#include "runtime/instruction-set.h"
#include "runtime/status.h"

namespace ggb::GGB_ISA_NAMESPACE {
namespace {

struct Linear {
  float Apply(float v) const { return v; }
  float Derivative(float) const { return 1.0f; }
};

// NaN in the output stays NaN in the gradient, as for every other function.
struct Relu {
  float Apply(float v) const { return v < 0 ? 0.0f : v; }
  float Derivative(float y) const {
    const float slope = y > 0 ? 1.0f : 0.0f;
    return y != y ? y : slope;
  }
};

// The output has the sign of the input, because the slope is above 0.
struct LeakyRelu {
  float slope_below;
  // The product outside of the choice: GCC 12 vectorises no loop whose choice loads the slope (13 times slower).
  float Apply(float v) const {
    const float below = slope_below * v;
    return v < 0 ? below : v;
  }
  float Derivative(float y) const {
    const float below = slope_below;
    const float slope = y > 0 ? 1.0f : below;
    return y != y ? y : slope;
  }
};

// Calls body with the activation, so that its loops are compiled for each.
template <class Body>
Status WithActivation(int32_t function, float slope, const Body& body) {
  switch (static_cast<activation::Function>(function)) {
    case activation::Function::kLinear:
      return body(Linear{});
    case activation::Function::kRelu:
      return body(Relu{});
    case activation::Function::kLeakyRelu:
      return body(LeakyRelu{slope});
  }
  return Status(StatusCode::kInvalidCommand, "no such activation");
}

// How a tensor [rows, channels] is cut into lines for the inner loops: few channels are repeated until a line is long
// enough for vectors. The last line may be shorter.
struct Lines {
  static constexpr int64_t kLeastLength = 64;

  Lines(int64_t rows, int64_t channels)
      : channels(channels),
        repeats(channels < kLeastLength ? (kLeastLength + channels - 1) / (channels > 0 ? channels : 1) : 1),
        length(channels * repeats),
        full(rows / repeats),
        rest(rows % repeats * channels) {}

  // Lines that hold this many elements.
  int64_t Grain(int64_t elements) const { return 1 + elements / (length > 0 ? length : 1); }

  int64_t channels;
  int64_t repeats;  // rows in a line
  int64_t length;
  int64_t full;  // number of full lines
  int64_t rest;  // elements of the shorter one behind them
};

// Calls body(number of lines as a constant, first line, columns) over the lines [begin, end), four at a time; with the
// last full line comes the shorter one.
template <class Body>
inline void ForLines(const Lines& lines, int64_t begin, int64_t end, const Body& body) {
  int64_t line = begin;
  for (; line + 4 <= end; line += 4) body(std::integral_constant<int, 4>{}, line, lines.length);
  for (; line < end; ++line) body(std::integral_constant<int, 1>{}, line, lines.length);
  if (end == lines.full && lines.rest > 0) body(std::integral_constant<int, 1>{}, end, lines.rest);
}

// The partial sums that the pieces of a loop made (`pieces` times `length` each), joined in the order of the pieces.
inline double JoinPieces(const double* partial, int pieces, const Lines& lines, int64_t channel) {
  double sum = 0;
  for (int64_t part = 0; part < pieces * lines.repeats; ++part) sum += partial[part * lines.channels + channel];
  return sum;
}

}  // namespace
}  // namespace ggb::GGB_ISA_NAMESPACE
