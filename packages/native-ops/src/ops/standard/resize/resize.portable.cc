// Resizing of NHWC images, bilinear or to the nearest pixel, and its gradient. Both are separable and linear: per axis,
// output position o is made of input positions near[o] and far[o] with weights 1 - fraction and fraction. The gradient
// is the transposed map, columns first (every row of dy on its own), then rows (every row of dx asks the rows of dy it
// went into), so threads never write to the same place.
#include <cmath>
#include <cstdint>

#include "ops/standard/resize/resize.h"
#include "runtime/command-reader.h"
#include "runtime/execution-context.h"
#include "runtime/instruction-set.h"
#include "runtime/parallel.h"

namespace ggb::GGB_ISA_NAMESPACE {
namespace {

using resize::Kind;

struct Images {
  int64_t batch, height, width, channels, out_height, out_width;
  bool align_corners, half_pixel_centers;

  int64_t InputCount() const { return ElementCount(Shape{4, {batch, height, width, channels}}); }
  int64_t OutputCount() const { return ElementCount(Shape{4, {batch, out_height, out_width, channels}}); }
};

// For every output position of an axis: two input positions and the weight of the second.
struct AxisMap {
  int64_t* near;
  int64_t* far;
  float* fraction;
};

Images ReadImages(CommandReader& arguments) {
  Images images;
  for (int64_t* field :
       {&images.batch, &images.height, &images.width, &images.channels, &images.out_height, &images.out_width}) {
    *field = arguments.ReadSize();
  }
  images.align_corners = arguments.ReadInt() != 0;
  images.half_pixel_centers = arguments.ReadInt() != 0;
  return images;
}

double Clamp(double value, double least, double most) { return value < least ? least : (value > most ? most : value); }

// The arithmetic of TF.js's CPU kernels, in float64 as there.
Status MapAxis(ExecutionContext& context, Kind kind, int64_t in, int64_t out, bool align_corners, bool half_pixel,
               AxisMap* map) {
  GGB_RETURN_IF_ERROR(context.Scratch(out, &map->near));
  GGB_RETURN_IF_ERROR(context.Scratch(out, &map->far));
  GGB_RETURN_IF_ERROR(context.Scratch(out, &map->fraction));
  const bool aligned = align_corners && out > 1;
  const double ratio = static_cast<double>(aligned ? in - 1 : in) / static_cast<double>(aligned ? out - 1 : out);
  const double last = static_cast<double>(in - 1);
  for (int64_t o = 0; o < out; ++o) {
    if (kind == Kind::kNearest) {
      const double source = half_pixel ? ratio * (o + 0.5) : ratio * o;
      // JavaScript's Math.round: halves go up.
      const double nearest = Clamp(std::floor(align_corners ? source + 0.5 : source), 0, last);
      map->near[o] = map->far[o] = static_cast<int64_t>(nearest);
      map->fraction[o] = 0;
    } else {
      const double source = half_pixel ? ratio * (o + 0.5) - 0.5 : ratio * o;
      const double near = Clamp(std::floor(source), 0, last);
      map->near[o] = static_cast<int64_t>(near);
      // Before the first pixel both neighbours are the first, so that a negative fraction changes nothing.
      map->far[o] = static_cast<int64_t>(Clamp(std::ceil(source), 0, last));
      map->fraction[o] = static_cast<float>(source - near);
    }
  }
  return Status::Ok();
}

Status MapAxes(ExecutionContext& context, Kind kind, const Images& images, AxisMap* rows, AxisMap* columns) {
  const bool align = images.align_corners;
  const bool half = images.half_pixel_centers;
  GGB_RETURN_IF_ERROR(MapAxis(context, kind, images.height, images.out_height, align, half, rows));
  return MapAxis(context, kind, images.width, images.out_width, align, half, columns);
}

void ResizeBilinear(ExecutionContext& context, const Images& images, const AxisMap& rows, const AxisMap& columns,
                    const float* x, float* y) {
  const int64_t channels = images.channels;
  const int64_t row_size = images.width * channels;
  const int64_t out_row_size = images.out_width * channels;
  const int64_t all_rows = images.batch * images.out_height;
  ParallelFor(context, all_rows, 1 + kElementwiseGrain / (4 * out_row_size), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t out_row = i % images.out_height;
      const float* image = x + i / images.out_height * images.height * row_size;
      const float* top = image + rows.near[out_row] * row_size;
      const float* bottom = image + rows.far[out_row] * row_size;
      const float down = rows.fraction[out_row];
      for (int64_t out_column = 0; out_column < images.out_width; ++out_column) {
        const int64_t left = columns.near[out_column] * channels;
        const int64_t right = columns.far[out_column] * channels;
        const float across = columns.fraction[out_column];
        float* pixel = y + i * out_row_size + out_column * channels;
#pragma GCC ivdep
        for (int64_t c = 0; c < channels; ++c) {
          const float above = top[left + c] + (top[right + c] - top[left + c]) * across;
          const float below = bottom[left + c] + (bottom[right + c] - bottom[left + c]) * across;
          pixel[c] = above + (below - above) * down;
        }
      }
    }
  });
}

void ResizeNearest(ExecutionContext& context, const Images& images, const AxisMap& rows, const AxisMap& columns,
                   const float* x, float* y) {
  const int64_t channels = images.channels;
  const int64_t row_size = images.width * channels;
  const int64_t out_row_size = images.out_width * channels;
  const int64_t all_rows = images.batch * images.out_height;
  ParallelFor(context, all_rows, 1 + kElementwiseGrain / out_row_size, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t image = i / images.out_height * images.height;
      const float* row = x + (image + rows.near[i % images.out_height]) * row_size;
      for (int64_t out_column = 0; out_column < images.out_width; ++out_column) {
        const float* from = row + columns.near[out_column] * channels;
        float* pixel = y + i * out_row_size + out_column * channels;
        for (int64_t c = 0; c < channels; ++c) pixel[c] = from[c];
      }
    }
  });
}

// to[c] += weight * from[c]
inline void AddWeighted(const float* from, float weight, int64_t count, float* to) {
#pragma GCC ivdep
  for (int64_t c = 0; c < count; ++c) to[c] += weight * from[c];
}

// Which output rows input row h went into: entries [start[h], start[h + 1]) of `row` and `weight`.
struct Transposed {
  int64_t* start;
  int64_t* row;
  float* weight;
};

Status Transpose(ExecutionContext& context, const AxisMap& map, int64_t in, int64_t out, Transposed* result) {
  GGB_RETURN_IF_ERROR(context.Scratch(in + 1, &result->start));
  GGB_RETURN_IF_ERROR(context.Scratch(2 * out, &result->row));
  GGB_RETURN_IF_ERROR(context.Scratch(2 * out, &result->weight));
  for (int64_t h = 0; h <= in; ++h) result->start[h] = 0;
  for (int64_t o = 0; o < out; ++o) {
    ++result->start[map.near[o] + 1];
    ++result->start[map.far[o] + 1];
  }
  for (int64_t h = 0; h < in; ++h) result->start[h + 1] += result->start[h];
  // Filling moves every start to its end; the last loop moves them back.
  const auto enter = [&](int64_t h, int64_t o, float weight) {
    const int64_t at = result->start[h]++;
    result->row[at] = o;
    result->weight[at] = weight;
  };
  for (int64_t o = 0; o < out; ++o) {
    enter(map.near[o], o, 1 - map.fraction[o]);
    enter(map.far[o], o, map.fraction[o]);
  }
  for (int64_t h = in; h > 0; --h) result->start[h] = result->start[h - 1];
  result->start[0] = 0;
  return Status::Ok();
}

Status ResizeGradient(ExecutionContext& context, const Images& images, const AxisMap& rows, const AxisMap& columns,
                      const float* dy, float* dx) {
  const int64_t channels = images.channels;
  const int64_t row_size = images.width * channels;
  const int64_t out_row_size = images.out_width * channels;
  const int64_t all_rows = images.batch * images.out_height;
  Transposed sources;
  GGB_RETURN_IF_ERROR(Transpose(context, rows, images.height, images.out_height, &sources));
  float* narrowed = nullptr;  // [batch, out_height, width, channels]
  GGB_RETURN_IF_ERROR(context.Scratch(all_rows * row_size, &narrowed));
  // Columns
  ParallelFor(context, all_rows, 1 + kElementwiseGrain / (2 * out_row_size + 1), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      float* row = narrowed + i * row_size;
      for (int64_t c = 0; c < row_size; ++c) row[c] = 0;
      for (int64_t out_column = 0; out_column < images.out_width; ++out_column) {
        const float* pixel = dy + i * out_row_size + out_column * channels;
        const float fraction = columns.fraction[out_column];
        AddWeighted(pixel, 1 - fraction, channels, row + columns.near[out_column] * channels);
        if (fraction != 0) AddWeighted(pixel, fraction, channels, row + columns.far[out_column] * channels);
      }
    }
  });
  // Rows
  const int64_t dx_rows = images.batch * images.height;
  const int64_t work = row_size * (1 + 2 * images.out_height / images.height);
  ParallelFor(context, dx_rows, 1 + kElementwiseGrain / (work + 1), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t h = i % images.height;
      const float* image = narrowed + i / images.height * images.out_height * row_size;
      float* row = dx + i * row_size;
      for (int64_t c = 0; c < row_size; ++c) row[c] = 0;
      for (int64_t at = sources.start[h]; at < sources.start[h + 1]; ++at) {
        if (sources.weight[at] == 0) continue;
        AddWeighted(image + sources.row[at] * row_size, sources.weight[at], row_size, row);
      }
    }
  });
  return Status::Ok();
}

}  // namespace

// arguments: kind, batch, height, width, channels, output height and width, align corners, half pixel centers, x, y
Status resize(CommandReader& arguments, ExecutionContext& context) {
  const auto kind = static_cast<Kind>(arguments.ReadInt());
  const Images images = ReadImages(arguments);
  const float* x = arguments.ReadInput<float>(images.InputCount());
  float* y = arguments.ReadOutput<float>(images.OutputCount());
  if (images.InputCount() == 0 && images.OutputCount() > 0) {
    arguments.Fail(StatusCode::kInvalidShape, "an image without pixels cannot be enlarged");
  }
  GGB_RETURN_IF_ERROR(arguments.Finish());
  if (images.OutputCount() == 0) return Status::Ok();
  AxisMap rows, columns;
  GGB_RETURN_IF_ERROR(MapAxes(context, kind, images, &rows, &columns));
  if (kind == Kind::kBilinear) {
    ResizeBilinear(context, images, rows, columns, x, y);
  } else {
    ResizeNearest(context, images, rows, columns, x, y);
  }
  return Status::Ok();
}

// arguments: as for resize, but dy, dx instead of x, y
Status resize_grad(CommandReader& arguments, ExecutionContext& context) {
  const auto kind = static_cast<Kind>(arguments.ReadInt());
  const Images images = ReadImages(arguments);
  const float* dy = arguments.ReadInput<float>(images.OutputCount());
  float* dx = arguments.ReadOutput<float>(images.InputCount());
  GGB_RETURN_IF_ERROR(arguments.Finish());
  if (images.InputCount() == 0) return Status::Ok();
  if (images.OutputCount() == 0) {
    for (int64_t i = 0; i < images.InputCount(); ++i) dx[i] = 0;
    return Status::Ok();
  }
  AxisMap rows, columns;
  GGB_RETURN_IF_ERROR(MapAxes(context, kind, images, &rows, &columns));
  return ResizeGradient(context, images, rows, columns, dy, dx);
}

}  // namespace ggb::GGB_ISA_NAMESPACE
