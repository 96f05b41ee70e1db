// The five row filters of PNG, undone (PNG specification, third edition, section 9.2).
#pragma once

#include <cstddef>
#include <cstdint>

namespace ggb::images {

enum class FilterCode { kPortable, kSse41 };

// The fastest that this processor runs.
FilterCode BestFilterCode();

constexpr int kNoFilter = 0;
constexpr int kSub = 1;
constexpr int kUp = 2;
constexpr int kAverage = 3;
constexpr int kPaeth = 4;

// Undoes filter `type` (0..4) of one row. `above` is the row before as it was meant, zeros for the first; `out` may not
// overlap `row`. `pixel_bytes`: bytes of a whole pixel, at least 1. Up to 4 bytes beyond the end of every row are read,
// and up to 4 beyond the end of `out` are overwritten.
void UndoFilter(FilterCode code, int type, const uint8_t* row, const uint8_t* above, uint8_t* out, size_t bytes,
                int pixel_bytes);

// Whether `UndoTwoPaeth` may be called.
bool CanUndoTwoPaeth(FilterCode code, int pixel_bytes);

// Undoes Paeth in two rows at once; `second_out` may lie right behind `first_out`. Each pixel of a row waits for the
// one before; two rows, the lower one a pixel behind, wait together.
void UndoTwoPaeth(const uint8_t* first, const uint8_t* second, const uint8_t* above, uint8_t* first_out,
                  uint8_t* second_out, size_t bytes, int pixel_bytes);

}  // namespace ggb::images
