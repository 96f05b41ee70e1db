// Elementwise kernels: y = f(x) and y = f(a, b) with broadcasting. Semantics follow TF.js's CPU kernels, NaN included:
// maximum and minimum propagate it, sign(NaN) is 0, round goes to even.
#include <cmath>
#include <cstdint>
#include <cstring>

#include "ops/standard/elementwise/elementwise.h"
#include "ops/standard/elementwise/exponential.h"
#include "runtime/command-reader.h"
#include "runtime/element-type.h"
#include "runtime/execution-context.h"
#include "runtime/instruction-set.h"
#include "runtime/javascript-numbers.h"
#include "runtime/parallel.h"

namespace ggb::GGB_ISA_NAMESPACE {
namespace {

using elementwise::Binary;
using elementwise::Unary;

// Work of libm calls against an addition: a second thread pays for itself 16 times earlier.
constexpr int64_t kTranscendentalGrain = kElementwiseGrain / 16;

template <class T, class R, class Function>
void MapUnary(ExecutionContext& context, int64_t count, int64_t grain, const T* x, R* y, const Function& f) {
  ParallelFor(context, count, grain, [&, f](int64_t begin, int64_t end) {
    const auto own = f;  // of the captured one the compiler fears that the loop writes it, and does not vectorise
    for (int64_t i = begin; i < end; ++i) y[i] = own(x[i]);
  });
}

float Softplus(float x) {
  // Beyond log(epsilon) + 2 either exp(x) or x alone is exact to float32 (the CPU kernel's bounds).
  const float threshold = -13.942385f;
  if (x > -threshold) return x;
  const float e = std::exp(x);
  return x < threshold ? e : std::log1p(e);
}

constexpr float kSeluScaleAlpha = 1.7580993408473768599402175208123f;
constexpr float kSeluScale = 1.0507009873554804934193349852946f;

Status UnaryFloat(Unary function, ExecutionContext& context, int64_t count, const float* x, float* y, float p0,
                  float p1) {
  const int64_t cheap = kElementwiseGrain;
  const int64_t dear = kTranscendentalGrain;
  const auto map = [&](int64_t grain, const auto& f) {
    MapUnary(context, count, grain, x, y, f);
    return Status::Ok();
  };
  switch (function) {
    case Unary::k_abs:
      return map(cheap, [](float v) { return std::fabs(v); });
    case Unary::k_acos:
      return map(dear, [](float v) { return std::acos(v); });
    case Unary::k_acosh:
      return map(dear, [](float v) { return std::acosh(v); });
    case Unary::k_asin:
      return map(dear, [](float v) { return std::asin(v); });
    case Unary::k_asinh:
      return map(dear, [](float v) { return std::asinh(v); });
    case Unary::k_atan:
      return map(dear, [](float v) { return std::atan(v); });
    case Unary::k_atanh:
      return map(dear, [](float v) { return std::atanh(v); });
    case Unary::k_ceil:
      return map(cheap, [](float v) { return std::ceil(v); });
    case Unary::k_cos:
      return map(dear, [](float v) { return std::cos(v); });
    case Unary::k_cosh:
      return map(dear, [](float v) { return std::cosh(v); });
    case Unary::k_elu:
      return map(dear, [](float v) { return v >= 0 ? v : std::expm1(v); });
    case Unary::k_erf:
      return map(dear, [](float v) { return std::erf(v); });
    case Unary::k_exp:
      return map(dear, [](float v) { return Exponential(v); });
    case Unary::k_expm1:
      return map(dear, [](float v) { return std::expm1(v); });
    case Unary::k_floor:
      return map(cheap, [](float v) { return std::floor(v); });
    case Unary::k_leakyrelu:
      return map(cheap, [p0](float v) { return v < 0 ? p0 * v : v; });
    case Unary::k_log:
      return map(dear, [](float v) { return std::log(v); });
    case Unary::k_log1p:
      return map(dear, [](float v) { return std::log1p(v); });
    case Unary::k_neg:
      return map(cheap, [](float v) { return -v; });
    case Unary::k_reciprocal:
      return map(cheap, [](float v) { return 1.0f / v; });
    case Unary::k_relu:
      return map(cheap, [](float v) { return v < 0 ? 0.0f : v; });
    case Unary::k_relu6:
      return map(cheap, [](float v) { return v < 0 ? 0.0f : (v > 6 ? 6.0f : v); });
    case Unary::k_round:
      return map(cheap, [](float v) { return __builtin_rintf(v); });
    case Unary::k_rsqrt:
      return map(cheap, [](float v) { return 1.0f / std::sqrt(v); });
    case Unary::k_selu:
      return map(dear, [](float v) { return v >= 0 ? kSeluScale * v : kSeluScaleAlpha * std::expm1(v); });
    case Unary::k_sigmoid:
      return map(dear, [](float v) { return 1.0f / (1.0f + Exponential(-v)); });
    case Unary::k_sign:
      return map(cheap, [](float v) { return v > 0 ? 1.0f : (v < 0 ? -1.0f : 0.0f); });
    case Unary::k_sin:
      return map(dear, [](float v) { return std::sin(v); });
    case Unary::k_sinh:
      return map(dear, [](float v) { return std::sinh(v); });
    case Unary::k_softplus:
      return map(dear, [](float v) { return Softplus(v); });
    case Unary::k_sqrt:
      return map(cheap, [](float v) { return std::sqrt(v); });
    case Unary::k_square:
      return map(cheap, [](float v) { return v * v; });
    case Unary::k_step:
      return map(cheap, [p0](float v) { return v != v ? v : (v > 0 ? 1.0f : p0); });
    // In double: near its poles float32 tan is off by more than TF.js's own tests allow.
    case Unary::k_tan:
      return map(dear, [](float v) { return static_cast<float>(std::tan(static_cast<double>(v))); });
    case Unary::k_tanh:
      return map(dear, [](float v) { return HyperbolicTangent(v); });
    case Unary::k_clip:
      return map(cheap, [p0, p1](float v) { return v > p1 ? p1 : (v < p0 ? p0 : v); });
    default:
      return Status(StatusCode::kUnsupported, "this function has no float32 form");
  }
}

Status UnaryInt(Unary function, ExecutionContext& context, int64_t count, const int32_t* x, int32_t* y) {
  const auto map = [&](const auto& f) {
    MapUnary(context, count, kElementwiseGrain, x, y, f);
    return Status::Ok();
  };
  // Unsigned arithmetic wraps as Int32Array does; signed overflow would be undefined.
  switch (function) {
    case Unary::k_abs:
      return map([](int32_t v) { return v < 0 ? static_cast<int32_t>(0u - static_cast<uint32_t>(v)) : v; });
    case Unary::k_neg:
      return map([](int32_t v) { return static_cast<int32_t>(0u - static_cast<uint32_t>(v)); });
    case Unary::k_sign:
      return map([](int32_t v) { return (v > 0) - (v < 0); });
    case Unary::k_relu:
      return map([](int32_t v) { return v < 0 ? 0 : v; });
    case Unary::k_square:
      return map([](int32_t v) { return static_cast<int32_t>(static_cast<uint32_t>(v) * static_cast<uint32_t>(v)); });
    default:
      return Status(StatusCode::kUnsupported, "this function has no int32 form");
  }
}

Status UnaryToBool(Unary function, ExecutionContext& context, int64_t count, const float* x, uint8_t* y) {
  const auto map = [&](const auto& f) {
    MapUnary(context, count, kElementwiseGrain, x, y, f);
    return Status::Ok();
  };
  switch (function) {
    case Unary::k_isnan:
      return map([](float v) { return static_cast<uint8_t>(v != v); });
    case Unary::k_isinf:
      return map([](float v) { return static_cast<uint8_t>(std::fabs(v) == INFINITY); });
    case Unary::k_isfinite:
      return map([](float v) { return static_cast<uint8_t>(std::fabs(v) < INFINITY); });
    default:
      return Status(StatusCode::kUnsupported, "this function does not answer yes or no");
  }
}

// The shape of a broadcast after neighbouring axes were merged; a stride of 0 repeats.
struct Broadcast {
  Shape sizes;
  Shape a_strides;
  Shape b_strides;
};

// One row: y[i] = f(a[i * a_stride], b[i * b_stride]) with strides 0 or 1, each combination a loop that vectorises.
template <class T, class R, class Function>
void MapRow(int64_t count, const T* a, int64_t a_stride, const T* b, int64_t b_stride, R* y, const Function& f) {
  if (a_stride == 1 && b_stride == 1) {
    for (int64_t i = 0; i < count; ++i) y[i] = f(a[i], b[i]);
  } else if (a_stride == 1 && b_stride == 0) {
    const T v = *b;
    for (int64_t i = 0; i < count; ++i) y[i] = f(a[i], v);
  } else if (a_stride == 0 && b_stride == 1) {
    const T v = *a;
    for (int64_t i = 0; i < count; ++i) y[i] = f(v, b[i]);
  } else {
    for (int64_t i = 0; i < count; ++i) y[i] = f(a[i * a_stride], b[i * b_stride]);
  }
}

template <class T, class R, class Function>
void MapBinary(ExecutionContext& context, const Broadcast& shape, int64_t grain, const T* a, const T* b, R* y,
               const Function& f) {
  const int last = shape.sizes.rank - 1;
  const int64_t row = shape.sizes[last];
  int64_t rows = 1;
  for (int axis = 0; axis < last; ++axis) rows *= shape.sizes[axis];
  if (rows == 1) {
    const int64_t a_stride = shape.a_strides[last];
    const int64_t b_stride = shape.b_strides[last];
    ParallelFor(context, row, grain, [&](int64_t begin, int64_t end) {
      MapRow(end - begin, a + begin * a_stride, a_stride, b + begin * b_stride, b_stride, y + begin, f);
    });
    return;
  }
  const int64_t rows_per_piece = row > 0 ? (grain + row - 1) / row : rows;
  ParallelFor(context, rows, rows_per_piece, [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      int64_t rest = r;
      int64_t a_offset = 0;
      int64_t b_offset = 0;
      for (int axis = last - 1; axis >= 0; --axis) {
        const int64_t position = rest % shape.sizes[axis];
        rest /= shape.sizes[axis];
        a_offset += position * shape.a_strides[axis];
        b_offset += position * shape.b_strides[axis];
      }
      MapRow(row, a + a_offset, shape.a_strides[last], b + b_offset, shape.b_strides[last], y + r * row, f);
    }
  });
}

float FloorMod(float a, float b) {
  const float remainder = std::fmod(a, b);
  return (a < 0 && b < 0) || (a >= 0 && b >= 0) ? remainder : std::fmod(remainder + b, b);
}

Status BinaryFloat(Binary function, ExecutionContext& context, const Broadcast& shape, const float* a, const float* b,
                   float* y) {
  const int64_t cheap = kElementwiseGrain;
  const int64_t dear = kTranscendentalGrain;
  const auto map = [&](int64_t grain, const auto& f) {
    MapBinary(context, shape, grain, a, b, y, f);
    return Status::Ok();
  };
  switch (function) {
    case Binary::k_add:
      return map(cheap, [](float u, float v) { return u + v; });
    case Binary::k_sub:
      return map(cheap, [](float u, float v) { return u - v; });
    case Binary::k_multiply:
      return map(cheap, [](float u, float v) { return u * v; });
    case Binary::k_realdiv:
      return map(cheap, [](float u, float v) { return u / v; });
    case Binary::k_floordiv:
      return map(cheap, [](float u, float v) { return std::floor(u / v); });
    case Binary::k_mod:
      return map(dear, [](float u, float v) { return FloorMod(u, v); });
    case Binary::k_pow:
      return map(dear, [](float u, float v) { return Pow(u, v); });
    case Binary::k_maximum:
      return map(cheap, [](float u, float v) { return u > v || u != u ? u : v; });
    case Binary::k_minimum:
      return map(cheap, [](float u, float v) { return u < v || u != u ? u : v; });
    case Binary::k_squareddifference:
      return map(cheap, [](float u, float v) { return (u - v) * (u - v); });
    case Binary::k_atan2:
      return map(dear, [](float u, float v) { return std::atan2(u, v); });
    case Binary::k_prelu:
      return map(cheap, [](float u, float v) { return u < 0 ? u * v : u; });
    case Binary::k_elugrad:
      return map(cheap, [](float u, float v) { return v >= 0 ? u : u * (v + 1); });
    default:
      return Status(StatusCode::kUnsupported, "this function has no float32 form");
  }
}

int32_t FloorDivide(int32_t a, int32_t b) {
  if (b == 0) return 0;  // Int32Array stores infinity and NaN as 0
  if (b == -1) return static_cast<int32_t>(0u - static_cast<uint32_t>(a));
  const int32_t quotient = a / b;
  return quotient - (a % b != 0 && (a < 0) != (b < 0));
}

int32_t FloorModulo(int32_t a, int32_t b) {
  if (b == 0 || b == -1) return 0;
  const int32_t remainder = a % b;
  return remainder != 0 && (remainder < 0) != (b < 0) ? remainder + b : remainder;
}

Status BinaryInt(Binary function, ExecutionContext& context, const Broadcast& shape, const int32_t* a, const int32_t* b,
                 int32_t* y) {
  const auto map = [&](const auto& f) {
    MapBinary(context, shape, kElementwiseGrain, a, b, y, f);
    return Status::Ok();
  };
  const auto wrapping = [&](const auto& f) {
    return map([f](int32_t u, int32_t v) {
      return static_cast<int32_t>(f(static_cast<uint32_t>(u), static_cast<uint32_t>(v)));
    });
  };
  switch (function) {
    case Binary::k_add:
      return wrapping([](uint32_t u, uint32_t v) { return u + v; });
    case Binary::k_sub:
      return wrapping([](uint32_t u, uint32_t v) { return u - v; });
    case Binary::k_multiply:
      return wrapping([](uint32_t u, uint32_t v) { return u * v; });
    case Binary::k_squareddifference:
      return wrapping([](uint32_t u, uint32_t v) { return (u - v) * (u - v); });
    case Binary::k_bitwiseand:
      return wrapping([](uint32_t u, uint32_t v) { return u & v; });
    case Binary::k_floordiv:
      return map([](int32_t u, int32_t v) { return FloorDivide(u, v); });
    case Binary::k_mod:
      return map([](int32_t u, int32_t v) { return FloorModulo(u, v); });
    case Binary::k_pow:
      return map([](int32_t u, int32_t v) { return WrapToInt(std::pow(double(u), double(v))); });
    case Binary::k_maximum:
      return map([](int32_t u, int32_t v) { return u > v ? u : v; });
    case Binary::k_minimum:
      return map([](int32_t u, int32_t v) { return u < v ? u : v; });
    default:
      return Status(StatusCode::kUnsupported, "this function has no int32 form");
  }
}

template <class T>
Status BinaryToBool(Binary function, ExecutionContext& context, const Broadcast& shape, const T* a, const T* b,
                    uint8_t* y) {
  const auto map = [&](const auto& f) {
    MapBinary(context, shape, kElementwiseGrain, a, b, y, [f](T u, T v) { return static_cast<uint8_t>(f(u, v)); });
    return Status::Ok();
  };
  switch (function) {
    case Binary::k_equal:
      return map([](T u, T v) { return u == v; });
    case Binary::k_notequal:
      return map([](T u, T v) { return u != v; });
    case Binary::k_greater:
      return map([](T u, T v) { return u > v; });
    case Binary::k_greaterequal:
      return map([](T u, T v) { return u >= v; });
    case Binary::k_less:
      return map([](T u, T v) { return u < v; });
    case Binary::k_lessequal:
      return map([](T u, T v) { return u <= v; });
    case Binary::k_logicaland:
      return map([](T u, T v) { return u && v; });
    case Binary::k_logicalor:
      return map([](T u, T v) { return u || v; });
    default:
      return Status(StatusCode::kUnsupported, "this function does not answer yes or no");
  }
}

}  // namespace

// arguments: function, input type, output type, count, p0, p1, x, y
Status elementwise_unary(CommandReader& arguments, ExecutionContext& context) {
  const auto function = static_cast<Unary>(arguments.ReadInt());
  const auto type = static_cast<ElementType>(arguments.ReadInt());
  const auto result = static_cast<ElementType>(arguments.ReadInt());
  const int64_t count = arguments.ReadSize();
  const float p0 = arguments.ReadFloat();
  const float p1 = arguments.ReadFloat();
  if (type == ElementType::kFloat32 && result == ElementType::kFloat32) {
    const float* x = arguments.ReadInput<float>(count);
    float* y = arguments.ReadOutput<float>(count);
    GGB_RETURN_IF_ERROR(arguments.Finish());
    return UnaryFloat(function, context, count, x, y, p0, p1);
  }
  if (type == ElementType::kInt32 && result == ElementType::kInt32) {
    const int32_t* x = arguments.ReadInput<int32_t>(count);
    int32_t* y = arguments.ReadOutput<int32_t>(count);
    GGB_RETURN_IF_ERROR(arguments.Finish());
    return UnaryInt(function, context, count, x, y);
  }
  if (type == ElementType::kFloat32 && result == ElementType::kBool) {
    const float* x = arguments.ReadInput<float>(count);
    uint8_t* y = arguments.ReadOutput<uint8_t>(count);
    GGB_RETURN_IF_ERROR(arguments.Finish());
    return UnaryToBool(function, context, count, x, y);
  }
  if (type == ElementType::kBool && result == ElementType::kBool && function == Unary::k_logicalnot) {
    const uint8_t* x = arguments.ReadInput<uint8_t>(count);
    uint8_t* y = arguments.ReadOutput<uint8_t>(count);
    GGB_RETURN_IF_ERROR(arguments.Finish());
    MapUnary(context, count, kElementwiseGrain, x, y, [](uint8_t v) { return static_cast<uint8_t>(v == 0); });
    return Status::Ok();
  }
  return Status(StatusCode::kUnsupported, "no elementwise function between these types");
}

// arguments: function, input type, output type, sizes, strides of a, strides of b, a, b, y
Status elementwise_binary(CommandReader& arguments, ExecutionContext& context) {
  const auto function = static_cast<Binary>(arguments.ReadInt());
  const auto type = static_cast<ElementType>(arguments.ReadInt());
  const auto result = static_cast<ElementType>(arguments.ReadInt());
  Broadcast shape;
  shape.sizes = arguments.ReadShape();
  shape.a_strides = arguments.ReadShape();
  shape.b_strides = arguments.ReadShape();
  if (shape.sizes.rank < 1 || shape.a_strides.rank != shape.sizes.rank || shape.b_strides.rank != shape.sizes.rank) {
    arguments.Fail(StatusCode::kInvalidShape, "sizes and strides differ in rank");
  }
  const int64_t count = ElementCount(shape.sizes);
  const int64_t a_count = Extent(shape.sizes, shape.a_strides);
  const int64_t b_count = Extent(shape.sizes, shape.b_strides);
  const auto run = [&](auto in, auto out, const auto& apply) {
    using In = decltype(in);
    using Out = decltype(out);
    const In* a = arguments.ReadInput<In>(a_count);
    const In* b = arguments.ReadInput<In>(b_count);
    Out* y = arguments.ReadOutput<Out>(count);
    GGB_RETURN_IF_ERROR(arguments.Finish());
    if (count == 0) return Status::Ok();
    return apply(a, b, y);
  };
  if (type == ElementType::kFloat32 && result == ElementType::kFloat32) {
    return run(0.0f, 0.0f, [&](const float* a, const float* b, float* y) {
      return BinaryFloat(function, context, shape, a, b, y);
    });
  }
  if (type == ElementType::kInt32 && result == ElementType::kInt32) {
    return run(int32_t{0}, int32_t{0}, [&](const int32_t* a, const int32_t* b, int32_t* y) {
      return BinaryInt(function, context, shape, a, b, y);
    });
  }
  if (result == ElementType::kBool) {
    const auto compare = [&](const auto* a, const auto* b, uint8_t* y) {
      return BinaryToBool(function, context, shape, a, b, y);
    };
    if (type == ElementType::kFloat32) return run(0.0f, uint8_t{0}, compare);
    if (type == ElementType::kInt32) return run(int32_t{0}, uint8_t{0}, compare);
    if (type == ElementType::kBool) return run(uint8_t{0}, uint8_t{0}, compare);
  }
  return Status(StatusCode::kUnsupported, "no elementwise function between these types");
}

}  // namespace ggb::GGB_ISA_NAMESPACE
