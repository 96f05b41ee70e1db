// 4x4 convolutions of stride 2 by Winograd's minimal filtering (S. Winograd, Arithmetic Complexity of Computations,
// 1980; A. Lavin and S. Gray, doi:10.1109/CVPR.2016.435).
//
// With one row of padding, the image falls into cells of 2x2 pixels whose corners are odd: cell q has the rows 2q - 1
// and 2q. To a cell's 4 * channels values the filter is one of 2x2 cells with stride 1: position k is cell k / 2,
// parity k % 2. Two neighbouring results of such a filter need three products instead of four:
//
//   y0 = d0 g0 + d1 g1 = m0 + m1      m0 = (d0 - d1) g0
//   y1 = d1 g0 + d2 g1 = m1 - m2      m1 = d1 (g0 + g1)
//                                     m2 = (d1 - d2) g1
//
// and in two dimensions nine instead of sixteen: transform the data (nine values from 3x3 cells), transform the filter
// (nine from 2x2), nine matrix products over the channels, and four results from nine. The filter gradient has the same
// form, with the output's gradient in the place of the filter: there the products are summed over all tiles before the
// last step.
#include "ops/standard/conv2d/winograd.h"

#include <algorithm>
#include <vector>

#include "runtime/parallel.h"

#ifdef GGB_HAVE_ONEDNN

namespace ggb::GGB_ISA_NAMESPACE {
namespace {

using conv::ConvShape;
using conv::MatrixProduct;
using conv::Pass;

constexpr int kPoints = 9;

// Floats in the transformed data and results of the tiles that are treated together: 16 MiB.
constexpr int64_t kChunkFloats = int64_t{1} << 22;

// Between the nine planes: their values are written together, and at multiples of 4 KiB they would evict each other.
constexpr int64_t kPlaneGap = 80;

// to[plane p] = value p of the transform of 3x3 data.
inline void TransformData(const float* const* d, int64_t count, float* to, int64_t plane) {
  const float *d00 = d[0], *d01 = d[1], *d02 = d[2], *d10 = d[3], *d11 = d[4], *d12 = d[5], *d20 = d[6], *d21 = d[7],
              *d22 = d[8];
#pragma GCC ivdep
  for (int64_t c = 0; c < count; ++c) {
    const float top0 = d00[c] - d10[c], top1 = d01[c] - d11[c], top2 = d02[c] - d12[c];
    const float low0 = d10[c] - d20[c], low1 = d11[c] - d21[c], low2 = d12[c] - d22[c];
    to[c] = top0 - top1;
    to[plane + c] = top1;
    to[2 * plane + c] = top1 - top2;
    to[3 * plane + c] = d10[c] - d11[c];
    to[4 * plane + c] = d11[c];
    to[5 * plane + c] = d11[c] - d12[c];
    to[6 * plane + c] = low0 - low1;
    to[7 * plane + c] = low1;
    to[8 * plane + c] = low1 - low2;
  }
}

// to[plane p] = value p of the transform of a 2x2 filter.
inline void TransformFilter(const float* const* g, int64_t count, float* to, int64_t plane) {
  const float *g00 = g[0], *g01 = g[1], *g10 = g[2], *g11 = g[3];
#pragma GCC ivdep
  for (int64_t c = 0; c < count; ++c) {
    const float middle0 = g00[c] + g10[c], middle1 = g01[c] + g11[c];
    to[c] = g00[c];
    to[plane + c] = g00[c] + g01[c];
    to[2 * plane + c] = g01[c];
    to[3 * plane + c] = middle0;
    to[4 * plane + c] = middle0 + middle1;
    to[5 * plane + c] = middle1;
    to[6 * plane + c] = g10[c];
    to[7 * plane + c] = g10[c] + g11[c];
    to[8 * plane + c] = g11[c];
  }
}

// The 2x2 results of nine products.
inline void TransformProducts(const float* m, int64_t plane, int64_t count, float* const* y) {
  float *y00 = y[0], *y01 = y[1], *y10 = y[2], *y11 = y[3];
#pragma GCC ivdep
  for (int64_t c = 0; c < count; ++c) {
    const float top0 = m[c] + m[plane + c], top1 = m[plane + c] - m[2 * plane + c];
    const float middle0 = m[3 * plane + c] + m[4 * plane + c], middle1 = m[4 * plane + c] - m[5 * plane + c];
    const float low0 = m[6 * plane + c] + m[7 * plane + c], low1 = m[7 * plane + c] - m[8 * plane + c];
    y00[c] = top0 + middle0;
    y01[c] = top1 + middle1;
    y10[c] = middle0 - low0;
    y11[c] = middle1 - low1;
  }
}

// Tiles of 2x2 results, counted through the batch.
struct Tiles {
  explicit Tiles(const ConvShape& s)
      : rows(s.out_height / 2), columns(s.out_width / 2), count(s.batch * rows * columns) {}

  struct Place {
    int64_t image, row, column;
  };
  Place At(int64_t tile) const { return {tile / columns / rows, tile / columns % rows, tile % columns}; }

  int64_t rows, columns, count;
};

// Tiles for which 9 * `width` floats each fit into a chunk; at least enough for a matrix product to be worth its name.
int64_t ChunkOf(const Tiles& tiles, int64_t width) {
  return std::min(tiles.count, std::max<int64_t>(kChunkFloats / (kPoints * width), 128));
}

int64_t Grain(int64_t width) { return 1 + kElementwiseGrain / (kPoints * width); }

// [9][4 * in channels][out channels]: rows by parity (2 * of the row + of the column), then by channel.
Status TransformFilters(ExecutionContext& context, const ConvShape& s, const float* filter, float** transformed,
                        int64_t* plane) {
  const int64_t rows = 4 * s.in_channels;
  *plane = rows * s.out_channels + kPlaneGap;
  GGB_RETURN_IF_ERROR(context.Scratch(kPoints * *plane, transformed));
  float* const to = *transformed;
  const int64_t plane_size = *plane;
  ParallelFor(context, rows, Grain(s.out_channels), [=, &s](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const int64_t parity_h = row / s.in_channels / 2, parity_w = row / s.in_channels % 2;
      const float* g[4];
      for (int64_t a = 0; a < 4; ++a) {
        const int64_t position = (2 * (a / 2) + parity_h) * 4 + 2 * (a % 2) + parity_w;
        g[a] = filter + (position * s.in_channels + row % s.in_channels) * s.out_channels;
      }
      TransformFilter(g, s.out_channels, to + row * s.out_channels, plane_size);
    }
  });
  return Status::Ok();
}

// [9][tiles][4 * in channels] of the tiles from `first`.
void TransformImage(ExecutionContext& context, const ConvShape& s, const Tiles& tiles, const float* x,
                    const float* zeros, int64_t first, int64_t count, float* to, int64_t plane) {
  const int64_t width = 4 * s.in_channels;
  ParallelFor(context, count, Grain(width), [=, &s, &tiles](int64_t begin, int64_t end) {
    for (int64_t t = begin; t < end; ++t) {
      const Tiles::Place place = tiles.At(first + t);
      const float* image = x + place.image * s.in_height * s.in_width * s.in_channels;
      for (int64_t parity = 0; parity < 4; ++parity) {
        const float* d[9];
        for (int64_t i = 0; i < 9; ++i) {
          const int64_t ih = 4 * place.row - 1 + 2 * (i / 3) + parity / 2;
          const int64_t iw = 4 * place.column - 1 + 2 * (i % 3) + parity % 2;
          const bool is_inside = ih >= 0 && ih < s.in_height && iw >= 0 && iw < s.in_width;
          d[i] = is_inside ? image + (ih * s.in_width + iw) * s.in_channels : zeros;
        }
        TransformData(d, s.in_channels, to + t * width + parity * s.in_channels, plane);
      }
    }
  });
}

Status Zeros(ExecutionContext& context, int64_t count, const float** zeros) {
  float* data = nullptr;
  GGB_RETURN_IF_ERROR(context.Scratch(count, &data));
  std::fill_n(data, count, 0.0f);
  *zeros = data;
  return Status::Ok();
}

}  // namespace

bool IsWinogradShape(const ConvShape& s) {
  return s.filter_height == 4 && s.filter_width == 4 && s.stride_height == 2 && s.stride_width == 2 &&
         s.dilation_height == 1 && s.dilation_width == 1 && s.pad_top == 1 && s.pad_left == 1 &&
         s.in_height == 2 * s.out_height && s.in_width == 2 * s.out_width && s.out_height % 2 == 0 &&
         s.out_width % 2 == 0;
}

// Measured with oneDNN 2.6.3 and AVX-512 on two threads of a Sapphire Rapids Xeon, batch 8, oneDNN's time over this one
// (forward, dx, dw; bench/results has the whole step):
//   64x64x128 -> 32x32x256:  1.73, 1.69, 2.10        32x32x32 -> 16x16x64:  1.27, 1.30, 1.26
//   16x16x512 -> 8x8x1024:   1.94, 1.73, 2.31        16x16x64 -> 8x8x128:   1.47, 1.03, 1.83
//   8x8x128 -> 4x4x256:      0.92, 0.86, 1.29        16x16x32 -> 8x8x64:    0.88 forward
//   4x4x192 -> 2x2x192:      0.54, 0.63, 0.52        64x64x21 -> 32x32x32:  0.79, -, 0.65
// Transforming the filter is what small maps do not pay for, transforming the data what few channels do not; the filter
// gradient transforms no filter.
bool IsWinogradFaster(Pass pass, const ConvShape& s) {
  constexpr int64_t kLeastChannels = 32;
  constexpr int64_t kLeastProducts = int64_t{1} << 21;
  if (!IsWinogradShape(s) || s.in_channels < kLeastChannels || s.out_channels < kLeastChannels) return false;
  const int64_t tiles = Tiles(s).count;
  return tiles >= (pass == Pass::kFilterGradient ? 32 : 128) &&
         tiles * 4 * s.in_channels * s.out_channels >= kLeastProducts;
}

Status WinogradForward(ExecutionContext& context, const ConvShape& s, const float* x, const float* filter, float* y) {
  const Tiles tiles(s);
  const int64_t depth = 4 * s.in_channels;
  const int64_t columns = s.out_channels;
  const int64_t chunk = ChunkOf(tiles, depth + columns);
  float* filters = nullptr;
  float* data = nullptr;
  float* products = nullptr;
  const float* zeros = nullptr;
  int64_t filter_plane = 0;
  const int64_t data_plane = chunk * depth + kPlaneGap;
  const int64_t product_plane = chunk * columns + kPlaneGap;
  GGB_RETURN_IF_ERROR(TransformFilters(context, s, filter, &filters, &filter_plane));
  GGB_RETURN_IF_ERROR(context.Scratch(kPoints * data_plane, &data));
  GGB_RETURN_IF_ERROR(context.Scratch(kPoints * product_plane, &products));
  GGB_RETURN_IF_ERROR(Zeros(context, s.in_channels, &zeros));
  for (int64_t first = 0; first < tiles.count; first += chunk) {
    const int64_t count = std::min(chunk, tiles.count - first);
    TransformImage(context, s, tiles, x, zeros, first, count, data, data_plane);
    for (int p = 0; p < kPoints; ++p) {
      GGB_RETURN_IF_ERROR(MatrixProduct('N', 'N', count, columns, depth, data + p * data_plane, depth,
                                        filters + p * filter_plane, columns, 0.0f, products + p * product_plane,
                                        columns));
    }
    ParallelFor(context, count, Grain(columns), [=, &s, &tiles](int64_t begin, int64_t end) {
      for (int64_t t = begin; t < end; ++t) {
        const Tiles::Place place = tiles.At(first + t);
        float* results[4];
        for (int64_t i = 0; i < 4; ++i) {
          const int64_t row = place.image * s.out_height + 2 * place.row + i / 2;
          results[i] = y + (row * s.out_width + 2 * place.column + i % 2) * columns;
        }
        TransformProducts(products + t * columns, product_plane, columns, results);
      }
    });
  }
  return Status::Ok();
}

// Of each parity of rows and columns of dx apart: cell q of parity b has row 2q - 1 + b, and its gradient is the sum
// over a of dy[q - a] g[2a + b]. That is the filter back to front, so of its transform the last plane comes first.
Status WinogradInputGradient(ExecutionContext& context, const ConvShape& s, const float* dy, const float* filter,
                             float* dx) {
  const Tiles tiles(s);
  const int64_t depth = s.out_channels;
  const int64_t columns = s.in_channels;
  const int64_t chunk = ChunkOf(tiles, depth + columns);
  float* filters = nullptr;
  float* data = nullptr;
  float* products = nullptr;
  const float* zeros = nullptr;
  int64_t filter_plane = 0;
  const int64_t data_plane = chunk * depth + kPlaneGap;
  const int64_t product_plane = chunk * columns + kPlaneGap;
  GGB_RETURN_IF_ERROR(TransformFilters(context, s, filter, &filters, &filter_plane));
  GGB_RETURN_IF_ERROR(context.Scratch(kPoints * data_plane, &data));
  GGB_RETURN_IF_ERROR(context.Scratch(kPoints * product_plane, &products));
  GGB_RETURN_IF_ERROR(Zeros(context, depth, &zeros));
  for (int64_t first = 0; first < tiles.count; first += chunk) {
    const int64_t count = std::min(chunk, tiles.count - first);
    for (int64_t parity = 0; parity < 4; ++parity) {
      // The first result of a tile is cell 2 * tile + shift: parity 0 begins with cell 1, cell 0 being padding there.
      const int64_t shift_h = 1 - parity / 2, shift_w = 1 - parity % 2;
      ParallelFor(context, count, Grain(depth), [=, &s, &tiles](int64_t begin, int64_t end) {
        for (int64_t t = begin; t < end; ++t) {
          const Tiles::Place place = tiles.At(first + t);
          const float* image = dy + place.image * s.out_height * s.out_width * depth;
          const float* d[9];
          for (int64_t i = 0; i < 9; ++i) {
            const int64_t oh = 2 * place.row + shift_h - 1 + i / 3;
            const int64_t ow = 2 * place.column + shift_w - 1 + i % 3;
            const bool is_inside = oh >= 0 && oh < s.out_height && ow >= 0 && ow < s.out_width;
            d[i] = is_inside ? image + (oh * s.out_width + ow) * depth : zeros;
          }
          TransformData(d, depth, data + t * depth, data_plane);
        }
      });
      for (int p = 0; p < kPoints; ++p) {
        const float* backward = filters + (kPoints - 1 - p) * filter_plane + parity * columns * depth;
        GGB_RETURN_IF_ERROR(MatrixProduct('N', 'T', count, columns, depth, data + p * data_plane, depth, backward,
                                          depth, 0.0f, products + p * product_plane, columns));
      }
      ParallelFor(context, count, Grain(columns), [=, &s, &tiles](int64_t begin, int64_t end) {
        for (int64_t t = begin; t < end; ++t) {
          const Tiles::Place place = tiles.At(first + t);
          float* results[4];
          for (int64_t i = 0; i < 4; ++i) {
            const int64_t row = place.image * s.in_height + 4 * place.row + shift_h + 2 * (i / 2);
            results[i] = dx + (row * s.in_width + 4 * place.column + shift_w + 2 * (i % 2)) * columns;
          }
          TransformProducts(products + t * columns, product_plane, columns, results);
        }
      });
    }
  }
  return Status::Ok();
}

Status WinogradFilterGradient(ExecutionContext& context, const ConvShape& s, const float* x, const float* dy,
                              float* dfilter) {
  const Tiles tiles(s);
  const int64_t rows = 4 * s.in_channels;
  const int64_t columns = s.out_channels;
  const int64_t chunk = ChunkOf(tiles, rows + columns);
  float* data = nullptr;
  float* gradients = nullptr;
  float* products = nullptr;
  const float* zeros = nullptr;
  const int64_t data_plane = chunk * rows + kPlaneGap;
  const int64_t gradient_plane = chunk * columns + kPlaneGap;
  const int64_t product_plane = rows * columns + kPlaneGap;
  GGB_RETURN_IF_ERROR(context.Scratch(kPoints * data_plane, &data));
  GGB_RETURN_IF_ERROR(context.Scratch(kPoints * gradient_plane, &gradients));
  GGB_RETURN_IF_ERROR(context.Scratch(kPoints * product_plane, &products));
  GGB_RETURN_IF_ERROR(Zeros(context, s.in_channels, &zeros));
  for (int64_t first = 0; first < tiles.count; first += chunk) {
    const int64_t count = std::min(chunk, tiles.count - first);
    TransformImage(context, s, tiles, x, zeros, first, count, data, data_plane);
    ParallelFor(context, count, Grain(columns), [=, &s, &tiles](int64_t begin, int64_t end) {
      for (int64_t t = begin; t < end; ++t) {
        const Tiles::Place place = tiles.At(first + t);
        const float* g[4];
        for (int64_t i = 0; i < 4; ++i) {
          const int64_t row = place.image * s.out_height + 2 * place.row + i / 2;
          g[i] = dy + (row * s.out_width + 2 * place.column + i % 2) * columns;
        }
        TransformFilter(g, columns, gradients + t * columns, gradient_plane);
      }
    });
    // Rows are shared among threads, and each product is one thread's: oneDNN's transposed product over all threads
    // takes a third longer.
    const int pieces = PieceCount(context, rows, 64);
    std::vector<Status> statuses(static_cast<size_t>(pieces), Status::Ok());
    ParallelPieces(pieces, rows, [&](int piece, int64_t begin, int64_t end) {
      Status& status = statuses[static_cast<size_t>(piece)];
      for (int p = 0; p < kPoints && status.ok(); ++p) {
        status = MatrixProduct('T', 'N', end - begin, columns, count, data + p * data_plane + begin, rows,
                               gradients + p * gradient_plane, columns, first == 0 ? 0.0f : 1.0f,
                               products + p * product_plane + begin * columns, columns);
      }
    });
    for (Status& status : statuses) GGB_RETURN_IF_ERROR(status);
  }
  ParallelFor(context, rows, Grain(columns), [=, &s](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const int64_t parity_h = row / s.in_channels / 2, parity_w = row / s.in_channels % 2;
      float* results[4];
      for (int64_t a = 0; a < 4; ++a) {
        const int64_t position = (2 * (a / 2) + parity_h) * 4 + 2 * (a % 2) + parity_w;
        results[a] = dfilter + (position * s.in_channels + row % s.in_channels) * columns;
      }
      TransformProducts(products + row * columns, product_plane, columns, results);
    }
  });
  return Status::Ok();
}

}  // namespace ggb::GGB_ISA_NAMESPACE

#endif
