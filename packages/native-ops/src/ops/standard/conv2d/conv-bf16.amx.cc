// Convolutions of bfloat16 products by AMX (TDPBF16PS: 16 x 16 sums of 32 products in 16 cycles), as matrix products
// without a matrix of what each output pixel reads. All three passes are sums over filter positions of products of
// tiles.
//
// Tiles, by the names of the Intel manual: A has 16 rows of 32 values of the inner dimension; B 16 rows, each a pair of
// the inner dimension for 16 columns, interleaved; C 16 x 16 sums in float32. Four sums are held at a time, so that
// each A and B that is loaded serves twice.
//
// oneDNN 2.6.3 has AMX kernels too. On one machine (Sapphire Rapids, 2 cores) they reach 750 GFLOP/s forward and 190
// for the input gradient, which is what float32 reaches, and 90 to 400 for the filter gradient; docs/decisions/0021 has
// the figures.
#include "ops/standard/conv2d/conv-bf16.h"

#if defined(__x86_64__) && defined(__linux__)
#define GGB_AMX
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "runtime/parallel.h"
#endif

namespace ggb::conv {

#ifndef GGB_AMX

bool ProcessorHasAmx() { return false; }
Status AmxForward(ExecutionContext&, const ConvShape&, const float*, const float*, float*) { return Status::Ok(); }
Status AmxInputGradient(ExecutionContext&, const ConvShape&, const float*, const float*, float*) {
  return Status::Ok();
}
Status AmxFilterGradient(ExecutionContext&, const ConvShape&, const float*, const float*, float*) {
  return Status::Ok();
}

#else

bool ProcessorHasAmx() {
  static const bool has = [] {
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bf16")) return false;
    unsigned int eax = 7, ebx = 0, ecx = 0, edx = 0;
    __asm__("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
    constexpr unsigned int kAmxBf16 = 1u << 22, kAmxTile = 1u << 24;
    if ((edx & kAmxBf16) == 0 || (edx & kAmxTile) == 0) return false;
    // Linux gives a process the tiles' registers when it asks for them.
    constexpr long kRequestPermission = 0x1023, kTileData = 18;
    return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
  }();
  return has;
}

// The undefined vectors that GCC 12's own intrinsics begin with (GCC bug 105593).
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16,amx-tile,amx-bf16")

namespace {

using Bf16 = uint16_t;

constexpr int64_t kRows = 16;              // of a tile
constexpr int64_t kInner = 32;             // bfloat16 values in a row of A
constexpr int64_t kTile = kRows * kInner;  // elements of an A or B tile
constexpr int64_t kSums = kRows * kRows;   // elements of a C tile

// Keys of forms that this file keeps of a filter (runtime/kept-forms.h): above all numbers of oneDNN plans. The form
// depends on the channels, and a tensor of the same buffer may have others; what is left of its size are the taps.
uint64_t FormKey(Pass pass, const ConvShape& s) {
  const uint64_t form = pass == Pass::kForward ? 1 : 2;
  return form << 62 | static_cast<uint64_t>(s.in_channels) << 31 | static_cast<uint64_t>(s.out_channels);
}

// Half of the second-level cache of a core: what is to stay there while something else streams.
constexpr int64_t kCacheBytes = int64_t{1} << 20;

int64_t Blocks(int64_t count, int64_t block) { return (count + block - 1) / block; }
int64_t FloorDivide(int64_t a, int64_t b) { return a >= 0 ? a / b : -((-a + b - 1) / b); }

// --- Tiles ---

struct alignas(64) TileConfiguration {
  uint8_t palette = 1;
  uint8_t start_row = 0;
  uint8_t reserved[14] = {};
  uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  uint8_t rows[16] = {kRows, kRows, kRows, kRows, kRows, kRows, kRows, kRows};
};

// A constant: GCC 12 takes the instruction that loads it to read 8 bytes, and could drop stores to the others.
constexpr TileConfiguration kTileConfiguration;

// Between its construction and its end this thread may use tiles 0 to 7, all of 16 rows of 64 bytes.
class Tiles {
 public:
  Tiles() { _tile_loadconfig(&kTileConfiguration); }
  ~Tiles() { _tile_release(); }
  Tiles(const Tiles&) = delete;
  Tiles& operator=(const Tiles&) = delete;
};

// Sums are tiles 0 to 3: [a0 b0, a0 b1, a1 b0, a1 b1].
inline void ClearSums() {
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
}

template <bool kTwoA, bool kTwoB>
inline void AddProducts(const Bf16* a0, const Bf16* a1, const Bf16* b0, const Bf16* b1) {
  _tile_loadd(4, a0, 64);
  _tile_loadd(6, b0, 64);
  _tile_dpbf16ps(0, 4, 6);
  if (kTwoB) {
    _tile_loadd(7, b1, 64);
    _tile_dpbf16ps(1, 4, 7);
  }
  if (kTwoA) {
    _tile_loadd(5, a1, 64);
    _tile_dpbf16ps(2, 5, 6);
    if (kTwoB) _tile_dpbf16ps(3, 5, 7);
  }
}

// --- Rounding and rearranging ---

inline __m256i Round(__m512 values) { return (__m256i)_mm512_cvtneps_pbh(values); }

// 16 columns of two rows, interleaved: a row of a B tile.
inline __m512i Interleave(__m512 first, __m512 second) {
  const __m512i low = _mm512_cvtepu16_epi32(Round(first));
  const __m512i high = _mm512_cvtepu16_epi32(Round(second));
  return _mm512_or_si512(low, _mm512_slli_epi32(high, 16));
}

inline __mmask16 Mask(int64_t count) {
  return count >= kRows ? __mmask16(0xFFFF) : count <= 0 ? __mmask16(0) : __mmask16((1u << count) - 1);
}

// Rows become columns.
inline void Transpose(__m512i r[16]) {
  __m512i t[16];
  for (int i = 0; i < 8; ++i) {
    t[2 * i] = _mm512_unpacklo_epi32(r[2 * i], r[2 * i + 1]);
    t[2 * i + 1] = _mm512_unpackhi_epi32(r[2 * i], r[2 * i + 1]);
  }
  for (int i = 0; i < 4; ++i) {
    r[4 * i] = _mm512_unpacklo_epi64(t[4 * i], t[4 * i + 2]);
    r[4 * i + 1] = _mm512_unpackhi_epi64(t[4 * i], t[4 * i + 2]);
    r[4 * i + 2] = _mm512_unpacklo_epi64(t[4 * i + 1], t[4 * i + 3]);
    r[4 * i + 3] = _mm512_unpackhi_epi64(t[4 * i + 1], t[4 * i + 3]);
  }
  for (int i = 0; i < 4; ++i) {
    t[i] = _mm512_shuffle_i32x4(r[i], r[i + 4], 0x88);
    t[i + 4] = _mm512_shuffle_i32x4(r[i], r[i + 4], 0xdd);
    t[i + 8] = _mm512_shuffle_i32x4(r[i + 8], r[i + 12], 0x88);
    t[i + 12] = _mm512_shuffle_i32x4(r[i + 8], r[i + 12], 0xdd);
  }
  for (int i = 0; i < 4; ++i) {
    r[i] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0x88);
    r[i + 4] = _mm512_shuffle_i32x4(t[i + 4], t[i + 12], 0x88);
    r[i + 8] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0xdd);
    r[i + 12] = _mm512_shuffle_i32x4(t[i + 4], t[i + 12], 0xdd);
  }
}

// One axis of an image that is read at `stride` q + tap - pad: the tap's part of the axis, `remainder` of the stride,
// and how far into it.
struct AxisTap {
  int64_t part, shift;
};

AxisTap TapOf(int64_t tap, int64_t pad, int64_t stride) {
  const int64_t shift = FloorDivide(tap - pad, stride);
  return {tap - pad - shift * stride, shift};
}

// An image as planes for A tiles: [image][block of 32 channels][part of the rows][part of the
// columns][row][column][32]. Row r of part p is row (r + first_row) * row_parts + p of the image, zero outside.
// Positions (row, column) lie behind each other, so that 16 of them are a tile wherever they begin.
struct Planes {
  int64_t images, height, width, channels;
  int64_t row_parts, column_parts;
  int64_t first_row, first_column;
  int64_t rows, columns;

  int64_t Blocks32() const { return Blocks(channels, kInner); }
  int64_t PlaneElements() const { return rows * columns * kInner; }
  int64_t BlockElements() const { return row_parts * column_parts * PlaneElements(); }
  int64_t ImageElements() const { return Blocks32() * BlockElements(); }
  // A tile may begin at the last position and reach behind it, into sums that nobody stores.
  int64_t Elements() const { return images * ImageElements() + 4 * kTile; }
  int64_t Offset(AxisTap row, AxisTap column) const {
    return (row.part * column_parts + column.part) * PlaneElements() +
           ((row.shift - first_row) * columns + column.shift - first_column) * kInner;
  }
};

void FillPlanes(const ExecutionContext& context, const Planes& p, const float* x, Bf16* planes) {
  const int64_t lines = p.images * p.row_parts * p.rows;
  const int64_t work = p.column_parts * p.columns * p.channels;
  std::memset(planes + p.images * p.ImageElements(), 0, 4 * kTile * sizeof(Bf16));
  ParallelFor(context, lines, 1 + kElementwiseGrain / (work + 1), [=, &p](int64_t begin, int64_t end) {
    for (int64_t line = begin; line < end; ++line) {
      const int64_t image = line / (p.row_parts * p.rows);
      const int64_t row_part = line / p.rows % p.row_parts;
      const int64_t row = line % p.rows;
      const int64_t h = (row + p.first_row) * p.row_parts + row_part;
      const bool is_inside = h >= 0 && h < p.height;
      const float* from_row = x + (image * p.height + h) * p.width * p.channels;
      for (int64_t column_part = 0; column_part < p.column_parts; ++column_part) {
        Bf16* to_row = planes + image * p.ImageElements() +
                       (row_part * p.column_parts + column_part) * p.PlaneElements() + row * p.columns * kInner;
        for (int64_t column = 0; column < p.columns; ++column) {
          const int64_t w = (column + p.first_column) * p.column_parts + column_part;
          const bool is_pixel = is_inside && w >= 0 && w < p.width;
          const float* from = from_row + w * p.channels;
          for (int64_t block = 0; block < p.Blocks32(); ++block) {
            Bf16* to = to_row + block * p.BlockElements() + column * kInner;
            __m512 low = _mm512_setzero_ps(), high = _mm512_setzero_ps();
            if (is_pixel) {
              const int64_t left = p.channels - block * kInner;
              low = _mm512_maskz_loadu_ps(Mask(left), from + block * kInner);
              high = _mm512_maskz_loadu_ps(Mask(left - kRows), from + block * kInner + kRows);
            }
            _mm512_storeu_si512(to, (__m512i)_mm512_cvtne2ps_pbh(high, low));
          }
        }
      }
    }
  });
}

// The filter as B tiles: [block of 16 columns][tap][block of 32 of the inner dimension]. Forward: columns are output
// channels, the inner dimension input channels.
void FillForwardFilter(const ExecutionContext& context, const ConvShape& s, const float* filter, Bf16* tiles) {
  const int64_t taps = s.filter_height * s.filter_width;
  const int64_t inner_blocks = Blocks(s.in_channels, kInner);
  const int64_t column_blocks = Blocks(s.out_channels, kRows);
  ParallelFor(
      context, taps * inner_blocks, 1 + kElementwiseGrain / (kInner * s.out_channels),
      [=, &s](int64_t begin, int64_t end) {
        for (int64_t part = begin; part < end; ++part) {
          for (int64_t block = 0; block < column_blocks; ++block) {
            Bf16* to = tiles + (block * taps * inner_blocks + part) * kTile;
            const __mmask16 mask = Mask(s.out_channels - block * kRows);
            for (int64_t pair = 0; pair < kRows; ++pair) {
              const int64_t channel = part % inner_blocks * kInner + 2 * pair;
              const float* from =
                  filter + (part / inner_blocks * s.in_channels + channel) * s.out_channels + block * kRows;
              const __m512 first = channel < s.in_channels ? _mm512_maskz_loadu_ps(mask, from) : _mm512_setzero_ps();
              const __m512 second = channel + 1 < s.in_channels ? _mm512_maskz_loadu_ps(mask, from + s.out_channels)
                                                                : _mm512_setzero_ps();
              _mm512_storeu_si512(to + pair * kInner, Interleave(first, second));
            }
          }
        }
      });
}

// The same for the input gradient: columns are input channels, the inner dimension output channels.
void FillGradientFilter(const ExecutionContext& context, const ConvShape& s, const float* filter, Bf16* tiles) {
  const int64_t taps = s.filter_height * s.filter_width;
  const int64_t inner_blocks = Blocks(s.out_channels, kInner);
  const int64_t column_blocks = Blocks(s.in_channels, kRows);
  ParallelFor(context, taps * column_blocks, 1 + kElementwiseGrain / (kRows * s.out_channels),
              [=, &s](int64_t begin, int64_t end) {
                for (int64_t part = begin; part < end; ++part) {
                  const int64_t tap = part / column_blocks;
                  const int64_t column = part % column_blocks * kRows;
                  for (int64_t block = 0; block < inner_blocks; ++block) {
                    Bf16* to = tiles + ((part % column_blocks * taps + tap) * inner_blocks + block) * kTile;
                    const int64_t left = s.out_channels - block * kInner;
                    __m512i rows[kRows];
                    for (int64_t r = 0; r < kRows; ++r) {
                      const float* from = filter + (tap * s.in_channels + column + r) * s.out_channels + block * kInner;
                      const bool exists = column + r < s.in_channels;
                      const __m512 low = _mm512_maskz_loadu_ps(exists ? Mask(left) : 0, from);
                      const __m512 high = _mm512_maskz_loadu_ps(exists ? Mask(left - kRows) : 0, from + kRows);
                      rows[r] = (__m512i)_mm512_cvtne2ps_pbh(high, low);
                    }
                    Transpose(rows);
                    for (int64_t r = 0; r < kRows; ++r) _mm512_storeu_si512(to + r * kInner, rows[r]);
                  }
                }
              });
}

// The filter in its form for this pass, rounded and rearranged if it has changed since the last time.
template <class Fill>
Status FilterForm(ExecutionContext& context, uint64_t key, const float* filter, int64_t elements, const Fill& fill,
                  const Bf16** form) {
  KeptForm* kept = nullptr;
  GGB_RETURN_IF_ERROR(context.kept_forms().Find(filter, key, static_cast<size_t>(elements) * sizeof(Bf16), &kept));
  Bf16* tiles = reinterpret_cast<Bf16*>(kept->block.data);
  if (!kept->is_filled) {
    fill(tiles);
    kept->is_filled = true;
  }
  *form = tiles;
  return Status::Ok();
}

// --- Forward and input gradient ---

// Where sums go: position (row, column) of an image to target + image * image_step + row * row_step + column *
// column_step, for rows and columns below these counts; the others are padding between rows.
struct Target {
  float* base;
  int64_t image_step, row_step, column_step;
  int64_t rows, columns, channels;

  // In rows of `row_columns`, up to the last one that counts: there is nothing to read behind it.
  int64_t Positions(int64_t row_columns) const { return (rows - 1) * row_columns + columns; }
};

// target(position, :) = sum over taps of A(position + tap) * B(tap).
struct Product {
  const Planes* planes;
  const Bf16* a;
  const Bf16* b;
  int64_t taps_of_b;           // all taps of the filter
  const int64_t* tap_offsets;  // into the planes, elements
  const int64_t* tap_numbers;  // in B
  int64_t taps;
  Target target;
};

template <bool kTwoA, bool kTwoB>
void AddAllTaps(const Product& p, const Bf16* a, const Bf16* b0, const Bf16* b1) {
  const int64_t blocks = p.planes->Blocks32();
  const int64_t block_step = p.planes->BlockElements();
  ClearSums();
  for (int64_t tap = 0; tap < p.taps; ++tap) {
    const Bf16* at = a + p.tap_offsets[tap];
    const int64_t tile = p.tap_numbers[tap] * blocks * kTile;
    for (int64_t block = 0; block < blocks; ++block) {
      const Bf16* from = at + block * block_step;
      AddProducts<kTwoA, kTwoB>(from, from + kTile, b0 + tile + block * kTile, b1 + tile + block * kTile);
    }
  }
}

// Sums of up to 32 positions from `first` on and up to 32 channels from `channel` on.
void ComputeBlock(const Product& p, int64_t image, int64_t first, int64_t channel) {
  const Target& t = p.target;
  const int64_t columns = p.planes->columns;
  const int64_t last = std::min(first + 2 * kRows, t.Positions(columns));
  const int64_t channels = std::min(2 * kRows, t.channels - channel);
  const Bf16* a = p.a + image * p.planes->ImageElements() + first * kInner;
  const int64_t block_tiles = p.taps_of_b * p.planes->Blocks32() * kTile;
  const Bf16* b0 = p.b + channel / kRows * block_tiles;
  const bool two_a = last - first > kRows, two_b = channels > kRows;
  const Bf16* b1 = two_b ? b0 + block_tiles : b0;
  if (two_a && two_b) {
    AddAllTaps<true, true>(p, a, b0, b1);
  } else if (two_a) {
    AddAllTaps<true, false>(p, a, b0, b1);
  } else if (two_b) {
    AddAllTaps<false, true>(p, a, b0, b1);
  } else {
    AddAllTaps<false, false>(p, a, b0, b1);
  }
  alignas(64) float sums[4 * kSums];
  constexpr int64_t kLine = 2 * kRows;
  _tile_stored(0, sums, kLine * sizeof(float));
  if (two_b) _tile_stored(1, sums + kRows, kLine * sizeof(float));
  if (two_a) _tile_stored(2, sums + kRows * kLine, kLine * sizeof(float));
  if (two_a && two_b) _tile_stored(3, sums + kRows * kLine + kRows, kLine * sizeof(float));
  const __mmask16 low = Mask(channels), high = Mask(channels - kRows);
  int64_t row = first / columns, column = first % columns;
  for (int64_t position = first; position < last; ++position) {
    if (column < t.columns) {
      float* to = t.base + image * t.image_step + row * t.row_step + column * t.column_step + channel;
      const float* from = sums + (position - first) * kLine;
      _mm512_mask_storeu_ps(to, low, _mm512_load_ps(from));
      if (two_b) _mm512_mask_storeu_ps(to + kRows, high, _mm512_load_ps(from + kRows));
    }
    if (++column == columns) {
      column = 0;
      ++row;
    }
  }
}

void Compute(const ExecutionContext& context, const Product& p) {
  const int64_t image_blocks = Blocks(p.target.Positions(p.planes->columns), 2 * kRows);
  const int64_t position_blocks = p.planes->images * image_blocks;
  const int64_t channel_blocks = Blocks(p.target.channels, 2 * kRows);
  const int64_t a_bytes = p.planes->images * p.planes->ImageElements() * static_cast<int64_t>(sizeof(Bf16));
  const int64_t b_bytes =
      channel_blocks * 2 * p.taps * p.planes->Blocks32() * kTile * static_cast<int64_t>(sizeof(Bf16));
  // What lies in the inner loop is read again for each step of the outer one, from memory unless it fits into the
  // cache.
  const int64_t b_inside = b_bytes > kCacheBytes ? b_bytes * position_blocks : b_bytes;
  const int64_t a_inside = a_bytes > kCacheBytes ? a_bytes * channel_blocks : a_bytes;
  const bool positions_outside = channel_blocks < context.threads() || b_inside <= a_inside;
  const int64_t blocks = position_blocks * channel_blocks;
  // About 30 us of work.
  const int64_t grain = 1 + 64 * 16 / (p.taps * p.planes->Blocks32() + 1);
  ParallelFor(context, blocks, grain, [&](int64_t begin, int64_t end) {
    const Tiles tiles;
    for (int64_t block = begin; block < end; ++block) {
      const int64_t position = positions_outside ? block / channel_blocks : block % position_blocks;
      const int64_t channel = positions_outside ? block % channel_blocks : block / position_blocks;
      ComputeBlock(p, position / image_blocks, position % image_blocks * 2 * kRows, channel * 2 * kRows);
    }
  });
}

// --- Filter gradient ---

// dy as A tiles: [block of 16 output channels][image][block of 32 pixels][channel][32 pixels]; zero behind the last
// pixel.
void FillGradientTiles(const ExecutionContext& context, const ConvShape& s, const float* dy, Bf16* tiles) {
  const int64_t pixels = s.out_height * s.out_width;
  const int64_t steps = Blocks(pixels, kInner);
  const int64_t channel_blocks = Blocks(s.out_channels, kRows);
  ParallelFor(
      context, s.batch * steps, 1 + kElementwiseGrain / (kInner * s.out_channels), [=, &s](int64_t begin, int64_t end) {
        for (int64_t part = begin; part < end; ++part) {
          const int64_t first = part % steps * kInner;
          const float* from = dy + (part / steps * pixels + first) * s.out_channels;
          for (int64_t block = 0; block < channel_blocks; ++block) {
            const __mmask16 mask = Mask(s.out_channels - block * kRows);
            const float* at = from + block * kRows;
            __m512i rows[kRows];
            for (int64_t pair = 0; pair < kRows; ++pair) {
              const float* pixel = at + 2 * pair * s.out_channels;
              const int64_t left = pixels - first - 2 * pair;
              const __m512 even = left > 0 ? _mm512_maskz_loadu_ps(mask, pixel) : _mm512_setzero_ps();
              const __m512 odd = left > 1 ? _mm512_maskz_loadu_ps(mask, pixel + s.out_channels) : _mm512_setzero_ps();
              rows[pair] = Interleave(even, odd);
            }
            Transpose(rows);
            Bf16* to = tiles + (block * s.batch * steps + part) * kTile;
            for (int64_t r = 0; r < kRows; ++r) _mm512_storeu_si512(to + r * kInner, rows[r]);
          }
        }
      });
}

// x as B tiles: [block of 16 input channels][part of the rows][filter column][image][row][pair of output
// columns][16][2]. The pairs of an image's rows lie behind each other, so that 16 of them are a tile wherever they
// begin.
struct PairPlanes {
  int64_t row_parts, first_row, rows;
  int64_t pairs;  // in a row
  int64_t images, filter_columns;

  int64_t RowElements() const { return pairs * kInner; }
  int64_t ImageElements() const { return rows * RowElements(); }
  int64_t PlaneElements() const { return images * ImageElements(); }
  int64_t BlockElements() const { return row_parts * filter_columns * PlaneElements(); }
};

void FillPairPlanes(const ExecutionContext& context, const ConvShape& s, const PairPlanes& p, const float* x,
                    Bf16* planes) {
  const int64_t lines = p.images * p.row_parts * p.rows;
  const int64_t channel_blocks = Blocks(s.in_channels, kRows);
  const int64_t work = p.filter_columns * p.pairs * s.in_channels;
  ParallelFor(context, lines, 1 + kElementwiseGrain / (work + 1), [=, &s, &p](int64_t begin, int64_t end) {
    for (int64_t line = begin; line < end; ++line) {
      const int64_t image = line / (p.row_parts * p.rows);
      const int64_t part = line / p.rows % p.row_parts;
      const int64_t row = line % p.rows;
      const int64_t h = (row + p.first_row) * s.stride_height + part;
      const bool is_inside = h >= 0 && h < s.in_height;
      const float* from_row = x + (image * s.in_height + h) * s.in_width * s.in_channels;
      for (int64_t block = 0; block < channel_blocks; ++block) {
        const __mmask16 mask = Mask(s.in_channels - block * kRows);
        const auto pixel = [&](int64_t w) {
          return is_inside && w >= 0 && w < s.in_width
                     ? _mm512_maskz_loadu_ps(mask, from_row + w * s.in_channels + block * kRows)
                     : _mm512_setzero_ps();
        };
        for (int64_t tap = 0; tap < p.filter_columns; ++tap) {
          Bf16* to = planes + block * p.BlockElements() + (part * p.filter_columns + tap) * p.PlaneElements() +
                     image * p.ImageElements() + row * p.RowElements();
          int64_t w = tap - s.pad_left;
          for (int64_t pair = 0; pair < p.pairs; ++pair, w += 2 * s.stride_width, to += kInner) {
            _mm512_storeu_si512(to, Interleave(pixel(w), pixel(w + s.stride_width)));
          }
        }
      }
    }
  });
}

// Adds the products of `count` steps to the four sums.
template <bool kTwoA, bool kTwoB>
void AddSteps(int64_t count, const Bf16* a0, const Bf16* a1, const Bf16* b0, const Bf16* b1) {
  for (int64_t step = 0; step < count; ++step) {
    AddProducts<kTwoA, kTwoB>(a0 + step * kTile, a1 + step * kTile, b0 + step * kTile, b1 + step * kTile);
  }
}

// sums[o][c] of up to 32 output and 32 input channels to dfilter[c][o] of one tap.
void StoreGradient(const float* sums, int64_t outputs, int64_t inputs, int64_t step, float* to) {
  for (int64_t a = 0; a * kRows < outputs; ++a) {
    for (int64_t b = 0; b * kRows < inputs; ++b) {
      const float* tile = sums + (2 * a + b) * kSums;
      __m512i rows[kRows];
      for (int64_t r = 0; r < kRows; ++r) rows[r] = _mm512_load_si512(tile + r * kRows);
      Transpose(rows);
      const __mmask16 mask = Mask(outputs - a * kRows);
      for (int64_t r = 0; r < std::min(kRows, inputs - b * kRows); ++r) {
        _mm512_mask_storeu_epi32(to + (b * kRows + r) * step + a * kRows, mask, rows[r]);
      }
    }
  }
}

}  // namespace

Status AmxForward(ExecutionContext& context, const ConvShape& s, const float* x, const float* filter, float* y) {
  const AxisTap row_low = TapOf(0, s.pad_top, s.stride_height), column_low = TapOf(0, s.pad_left, s.stride_width);
  const AxisTap row_high = TapOf(s.filter_height - 1, s.pad_top, s.stride_height);
  const AxisTap column_high = TapOf(s.filter_width - 1, s.pad_left, s.stride_width);
  const Planes planes{s.batch,
                      s.in_height,
                      s.in_width,
                      s.in_channels,
                      s.stride_height,
                      s.stride_width,
                      row_low.shift,
                      column_low.shift,
                      s.out_height + row_high.shift - row_low.shift,
                      s.out_width + column_high.shift - column_low.shift};
  const int64_t taps = s.filter_height * s.filter_width;
  Bf16* a = nullptr;
  int64_t* offsets = nullptr;
  GGB_RETURN_IF_ERROR(context.Scratch(planes.Elements(), &a));
  GGB_RETURN_IF_ERROR(context.Scratch(2 * taps, &offsets));
  int64_t* numbers = offsets + taps;
  for (int64_t tap = 0; tap < taps; ++tap) {
    numbers[tap] = tap;
    offsets[tap] = planes.Offset(TapOf(tap / s.filter_width, s.pad_top, s.stride_height),
                                 TapOf(tap % s.filter_width, s.pad_left, s.stride_width));
  }
  const Bf16* b = nullptr;
  GGB_RETURN_IF_ERROR(FilterForm(
      context, FormKey(Pass::kForward, s), filter, Blocks(s.out_channels, kRows) * taps * planes.Blocks32() * kTile,
      [&](Bf16* tiles) { FillForwardFilter(context, s, filter, tiles); }, &b));
  FillPlanes(context, planes, x, a);
  const Target target{y,
                      s.out_height * s.out_width * s.out_channels,
                      s.out_width * s.out_channels,
                      s.out_channels,
                      s.out_height,
                      s.out_width,
                      s.out_channels};
  Compute(context, Product{&planes, a, b, taps, offsets, numbers, taps, target});
  return Status::Ok();
}

Status AmxInputGradient(ExecutionContext& context, const ConvShape& s, const float* dy, const float* filter,
                        float* dx) {
  // Input pixels of equal remainder modulo the stride read the same filter positions: position q of remainder a reads
  // output pixel q + (a + pad - tap) / stride, for the taps where that is a whole number.
  const auto shift = [](int64_t remainder, int64_t pad, int64_t tap, int64_t stride) {
    return FloorDivide(remainder + pad - tap, stride);
  };
  const int64_t row_low = shift(0, s.pad_top, s.filter_height - 1, s.stride_height);
  const int64_t column_low = shift(0, s.pad_left, s.filter_width - 1, s.stride_width);
  const int64_t row_high = shift(s.stride_height - 1, s.pad_top, 0, s.stride_height);
  const int64_t column_high = shift(s.stride_width - 1, s.pad_left, 0, s.stride_width);
  const Planes planes{s.batch,
                      s.out_height,
                      s.out_width,
                      s.out_channels,
                      1,
                      1,
                      row_low,
                      column_low,
                      Blocks(s.in_height, s.stride_height) + row_high - row_low,
                      Blocks(s.in_width, s.stride_width) + column_high - column_low};
  const int64_t taps = s.filter_height * s.filter_width;
  Bf16* a = nullptr;
  int64_t* offsets = nullptr;
  GGB_RETURN_IF_ERROR(context.Scratch(planes.Elements(), &a));
  GGB_RETURN_IF_ERROR(context.Scratch(2 * taps, &offsets));
  int64_t* numbers = offsets + taps;
  const Bf16* b = nullptr;
  GGB_RETURN_IF_ERROR(FilterForm(
      context, FormKey(Pass::kInputGradient, s), filter,
      Blocks(s.in_channels, kRows) * taps * planes.Blocks32() * kTile,
      [&](Bf16* tiles) { FillGradientFilter(context, s, filter, tiles); }, &b));
  FillPlanes(context, planes, dy, a);
  for (int64_t row = 0; row < std::min(s.stride_height, s.in_height); ++row) {
    for (int64_t column = 0; column < std::min(s.stride_width, s.in_width); ++column) {
      int64_t count = 0;
      for (int64_t tap = 0; tap < taps; ++tap) {
        const int64_t down = row + s.pad_top - tap / s.filter_width;
        const int64_t right = column + s.pad_left - tap % s.filter_width;
        if (down % s.stride_height != 0 || right % s.stride_width != 0) continue;
        numbers[count] = tap;
        offsets[count++] = planes.Offset({0, down / s.stride_height}, {0, right / s.stride_width});
      }
      const Target target{dx + (row * s.in_width + column) * s.in_channels,
                          s.in_height * s.in_width * s.in_channels,
                          s.stride_height * s.in_width * s.in_channels,
                          s.stride_width * s.in_channels,
                          Blocks(s.in_height - row, s.stride_height),
                          Blocks(s.in_width - column, s.stride_width),
                          s.in_channels};
      Compute(context, Product{&planes, a, b, taps, offsets, numbers, count, target});
    }
  }
  return Status::Ok();
}

Status AmxFilterGradient(ExecutionContext& context, const ConvShape& s, const float* x, const float* dy,
                         float* dfilter) {
  const int64_t taps = s.filter_height * s.filter_width;
  const int64_t row_low = TapOf(0, s.pad_top, s.stride_height).shift;
  const int64_t row_high = TapOf(s.filter_height - 1, s.pad_top, s.stride_height).shift;
  const PairPlanes planes{s.stride_height, row_low, s.out_height + row_high - row_low,
                          s.out_width / 2, s.batch, s.filter_width};
  const int64_t image_steps = Blocks(s.out_height * s.out_width, kInner);
  const int64_t steps = s.batch * image_steps;
  const int64_t out_blocks = Blocks(s.out_channels, kRows), in_blocks = Blocks(s.in_channels, kRows);
  const int64_t out_pairs = Blocks(out_blocks, 2), in_pairs = Blocks(in_blocks, 2);
  Bf16 *a = nullptr, *b = nullptr;
  GGB_RETURN_IF_ERROR(context.Scratch(out_blocks * steps * kTile, &a));
  GGB_RETURN_IF_ERROR(context.Scratch(in_blocks * planes.BlockElements() + kTile, &b));
  FillGradientTiles(context, s, dy, a);
  FillPairPlanes(context, s, planes, x, b);
  // The last tile of the last image may reach behind it; there A is 0, and so must B be, or at least a number.
  std::memset(b + in_blocks * planes.BlockElements(), 0, kTile * sizeof(Bf16));

  // Steps are taken in chunks of whole images whose part of B stays in the cache for all output channels; sums wait in
  // memory from one chunk to the next.
  const int64_t image_bytes = in_blocks * planes.row_parts * planes.filter_columns * planes.ImageElements() *
                              static_cast<int64_t>(sizeof(Bf16));
  const int64_t chunk = std::clamp<int64_t>(kCacheBytes / image_bytes, 1, s.batch);
  const int64_t tasks = out_pairs * taps;
  float* sums = nullptr;
  if (chunk < s.batch) GGB_RETURN_IF_ERROR(context.Scratch(tasks * in_pairs * 4 * kSums, &sums));

  ParallelFor(context, tasks, 1 + 256 / (steps * in_pairs + 1), [&](int64_t begin, int64_t end) {
    const Tiles tiles;
    alignas(64) float block[4 * kSums];
    for (int64_t first = 0; first < s.batch; first += chunk) {
      const int64_t last = std::min(first + chunk, s.batch);
      for (int64_t task = begin; task < end; ++task) {
        const int64_t out_block = task / taps * 2;
        const int64_t tap = task % taps;
        const AxisTap row = TapOf(tap / s.filter_width, s.pad_top, s.stride_height);
        const bool two_a = out_block + 1 < out_blocks;
        const Bf16* a0 = a + out_block * steps * kTile;
        const Bf16* a1 = two_a ? a0 + steps * kTile : a0;
        const int64_t plane = (row.part * s.filter_width + tap % s.filter_width) * planes.PlaneElements() +
                              (row.shift - planes.first_row) * planes.RowElements();
        for (int64_t in_pair = 0; in_pair < in_pairs; ++in_pair) {
          const bool two_b = 2 * in_pair + 1 < in_blocks;
          const Bf16* b0 = b + 2 * in_pair * planes.BlockElements() + plane;
          const Bf16* b1 = two_b ? b0 + planes.BlockElements() : b0;
          float* kept = sums == nullptr ? block : sums + (task * in_pairs + in_pair) * 4 * kSums;
          if (first == 0) {
            ClearSums();
          } else {
            _tile_loadd(0, kept, 64);
            _tile_loadd(1, kept + kSums, 64);
            _tile_loadd(2, kept + 2 * kSums, 64);
            _tile_loadd(3, kept + 3 * kSums, 64);
          }
          for (int64_t image = first; image < last; ++image) {
            const int64_t at_a = image * image_steps * kTile, at_b = image * planes.ImageElements();
            if (two_a && two_b) {
              AddSteps<true, true>(image_steps, a0 + at_a, a1 + at_a, b0 + at_b, b1 + at_b);
            } else if (two_a) {
              AddSteps<true, false>(image_steps, a0 + at_a, a1 + at_a, b0 + at_b, b1 + at_b);
            } else if (two_b) {
              AddSteps<false, true>(image_steps, a0 + at_a, a1 + at_a, b0 + at_b, b1 + at_b);
            } else {
              AddSteps<false, false>(image_steps, a0 + at_a, a1 + at_a, b0 + at_b, b1 + at_b);
            }
          }
          _tile_stored(0, kept, 64);
          _tile_stored(1, kept + kSums, 64);
          _tile_stored(2, kept + 2 * kSums, 64);
          _tile_stored(3, kept + 3 * kSums, 64);
          if (last < s.batch) continue;
          const int64_t output = out_block * kRows, input = 2 * in_pair * kRows;
          StoreGradient(kept, std::min(2 * kRows, s.out_channels - output), std::min(2 * kRows, s.in_channels - input),
                        s.out_channels, dfilter + (tap * s.in_channels + input) * s.out_channels + output);
        }
      }
    }
  });
  return Status::Ok();
}

#pragma GCC pop_options
#pragma GCC diagnostic pop

#endif  // GGB_AMX

}  // namespace ggb::conv
