#include "images/png-filters.h"

#include <cstdlib>
#include <cstring>

#if defined(__x86_64__)
#define GGB_PNG_SSE41 __attribute__((target("sse4.1")))
#include <immintrin.h>
#endif

namespace ggb::images {
namespace {

int Paeth(int a, int b, int c) {
  const int pa = std::abs(b - c);
  const int pb = std::abs(a - c);
  const int pc = std::abs(a + b - 2 * c);
  if (pa <= pb && pa <= pc) return a;
  return pb <= pc ? b : c;
}

void UndoPortably(int type, const uint8_t* row, const uint8_t* above, uint8_t* out, size_t bytes, size_t pixel_bytes) {
  const size_t head = bytes < pixel_bytes ? bytes : pixel_bytes;
  switch (type) {
    case kSub:
      std::memcpy(out, row, head);
      for (size_t i = head; i < bytes; ++i) out[i] = static_cast<uint8_t>(row[i] + out[i - pixel_bytes]);
      return;
    case kAverage:
      for (size_t i = 0; i < head; ++i) out[i] = static_cast<uint8_t>(row[i] + above[i] / 2);
      for (size_t i = head; i < bytes; ++i) {
        out[i] = static_cast<uint8_t>(row[i] + (out[i - pixel_bytes] + above[i]) / 2);
      }
      return;
    case kPaeth:
      for (size_t i = 0; i < head; ++i) out[i] = static_cast<uint8_t>(row[i] + above[i]);
      for (size_t i = head; i < bytes; ++i) {
        out[i] = static_cast<uint8_t>(row[i] + Paeth(out[i - pixel_bytes], above[i], above[i - pixel_bytes]));
      }
      return;
  }
}

#ifdef GGB_PNG_SSE41

// One pixel of 3 or 4 bytes in the low bytes of a register. With 3 bytes the fourth is the neighbour's and comes to
// nothing: filters work byte by byte.
GGB_PNG_SSE41 inline __m128i Load(const uint8_t* bytes) {
  int32_t value;
  std::memcpy(&value, bytes, 4);
  return _mm_cvtsi32_si128(value);
}

GGB_PNG_SSE41 inline void Store(uint8_t* bytes, __m128i pixel) {
  const int32_t value = _mm_cvtsi128_si32(pixel);
  std::memcpy(bytes, &value, 4);
}

// Writes a 3-byte pixel without touching what lies behind it.
GGB_PNG_SSE41 inline void StoreLast(uint8_t* bytes, __m128i pixel, size_t pixel_bytes) {
  const int32_t value = _mm_cvtsi128_si32(pixel);
  std::memcpy(bytes, &value, pixel_bytes);
}

template <size_t kBytes>
GGB_PNG_SSE41 void UndoSub(const uint8_t* row, uint8_t* out, size_t bytes) {
  __m128i left = _mm_setzero_si128();
  for (size_t i = 0; i < bytes; i += kBytes) {
    left = _mm_add_epi8(Load(row + i), left);
    Store(out + i, left);
  }
}

template <size_t kBytes>
GGB_PNG_SSE41 void UndoAverage(const uint8_t* row, const uint8_t* above, uint8_t* out, size_t bytes) {
  const __m128i one = _mm_set1_epi8(1);
  __m128i left = _mm_setzero_si128();
  for (size_t i = 0; i < bytes; i += kBytes) {
    const __m128i up = Load(above + i);
    // pavgb rounds up where PNG rounds down: one too much when the sum is odd.
    const __m128i odd = _mm_and_si128(_mm_xor_si128(left, up), one);
    const __m128i mean = _mm_sub_epi8(_mm_avg_epu8(left, up), odd);
    left = _mm_add_epi8(Load(row + i), mean);
    Store(out + i, left);
  }
}

// All four arguments hold bytes in 16-bit lanes; the result too.
GGB_PNG_SSE41 inline __m128i AddPaeth(__m128i filtered, __m128i a, __m128i b, __m128i c) {
  const __m128i b_less_c = _mm_sub_epi16(b, c);
  const __m128i a_less_c = _mm_sub_epi16(a, c);
  const __m128i pa = _mm_abs_epi16(b_less_c);
  const __m128i pb = _mm_abs_epi16(a_less_c);
  const __m128i pc = _mm_abs_epi16(_mm_add_epi16(b_less_c, a_less_c));
  const __m128i smallest = _mm_min_epi16(pc, _mm_min_epi16(pa, pb));
  const __m128i b_or_c = _mm_blendv_epi8(c, b, _mm_cmpeq_epi16(smallest, pb));
  const __m128i nearest = _mm_blendv_epi8(b_or_c, a, _mm_cmpeq_epi16(smallest, pa));
  // Adding bytes keeps the upper byte of each lane zero.
  return _mm_add_epi8(filtered, nearest);
}

template <size_t kBytes>
GGB_PNG_SSE41 void UndoPaeth(const uint8_t* row, const uint8_t* above, uint8_t* out, size_t bytes) {
  __m128i a = _mm_setzero_si128();
  __m128i c = _mm_setzero_si128();
  for (size_t i = 0; i < bytes; i += kBytes) {
    const __m128i b = _mm_cvtepu8_epi16(Load(above + i));
    a = AddPaeth(_mm_cvtepu8_epi16(Load(row + i)), a, b, c);
    Store(out + i, _mm_packus_epi16(a, a));
    c = b;
  }
}

// Low half: pixel i of the first row. High half: pixel i - 1 of the second, whose upper neighbour is the low half of
// the step before.
template <size_t kBytes>
GGB_PNG_SSE41 void UndoPaethPair(const uint8_t* first, const uint8_t* second, const uint8_t* above, uint8_t* first_out,
                                 uint8_t* second_out, size_t bytes) {
  __m128i a = _mm_setzero_si128();
  __m128i c = _mm_setzero_si128();
  // Zeros before the second row begins make its half zero, which is what lies left of it.
  __m128i before_second = _mm_setzero_si128();
  size_t i = 0;
  for (; i < bytes; i += kBytes) {
    const __m128i b = _mm_unpacklo_epi64(_mm_cvtepu8_epi16(Load(above + i)), a);
    const __m128i filtered = _mm_cvtepu8_epi16(_mm_unpacklo_epi32(Load(first + i), before_second));
    a = AddPaeth(filtered, a, b, c);
    c = b;
    const __m128i packed = _mm_packus_epi16(a, a);
    // The rows may touch: the end of the first must leave the beginning of the second as it is.
    if (i + kBytes < bytes) {
      Store(first_out + i, packed);
    } else {
      StoreLast(first_out + i, packed, kBytes);
    }
    if (i > 0) Store(second_out + i - kBytes, _mm_srli_si128(packed, 4));
    before_second = Load(second + i);
  }
  const __m128i b = _mm_unpacklo_epi64(_mm_setzero_si128(), a);
  const __m128i filtered = _mm_cvtepu8_epi16(_mm_unpacklo_epi32(_mm_setzero_si128(), before_second));
  a = AddPaeth(filtered, a, b, c);
  Store(second_out + i - kBytes, _mm_srli_si128(_mm_packus_epi16(a, a), 4));
}

template <size_t kBytes>
GGB_PNG_SSE41 void UndoBySse(int type, const uint8_t* row, const uint8_t* above, uint8_t* out, size_t bytes) {
  if (type == kSub) UndoSub<kBytes>(row, out, bytes);
  if (type == kAverage) UndoAverage<kBytes>(row, above, out, bytes);
  if (type == kPaeth) UndoPaeth<kBytes>(row, above, out, bytes);
}

#endif

}  // namespace

FilterCode BestFilterCode() {
#ifdef GGB_PNG_SSE41
  __builtin_cpu_init();
  if (__builtin_cpu_supports("sse4.1")) return FilterCode::kSse41;
#endif
  return FilterCode::kPortable;
}

void UndoFilter(FilterCode code, int type, const uint8_t* row, const uint8_t* above, uint8_t* out, size_t bytes,
                int pixel_bytes) {
  if (type == kNoFilter) {
    std::memcpy(out, row, bytes);
    return;
  }
  if (type == kUp) {
    for (size_t i = 0; i < bytes; ++i) out[i] = static_cast<uint8_t>(row[i] + above[i]);
    return;
  }
#ifdef GGB_PNG_SSE41
  if (code == FilterCode::kSse41 && pixel_bytes == 3) return UndoBySse<3>(type, row, above, out, bytes);
  if (code == FilterCode::kSse41 && pixel_bytes == 4) return UndoBySse<4>(type, row, above, out, bytes);
#endif
  (void)code;
  UndoPortably(type, row, above, out, bytes, static_cast<size_t>(pixel_bytes));
}

bool CanUndoTwoPaeth(FilterCode code, int pixel_bytes) {
#ifdef GGB_PNG_SSE41
  return code == FilterCode::kSse41 && (pixel_bytes == 3 || pixel_bytes == 4);
#else
  (void)code;
  (void)pixel_bytes;
  return false;
#endif
}

void UndoTwoPaeth(const uint8_t* first, const uint8_t* second, const uint8_t* above, uint8_t* first_out,
                  uint8_t* second_out, size_t bytes, int pixel_bytes) {
#ifdef GGB_PNG_SSE41
  if (pixel_bytes == 3) return UndoPaethPair<3>(first, second, above, first_out, second_out, bytes);
  if (pixel_bytes == 4) return UndoPaethPair<4>(first, second, above, first_out, second_out, bytes);
#endif
  UndoPortably(kPaeth, first, above, first_out, bytes, static_cast<size_t>(pixel_bytes));
  UndoPortably(kPaeth, second, first_out, second_out, bytes, static_cast<size_t>(pixel_bytes));
}

}  // namespace ggb::images
