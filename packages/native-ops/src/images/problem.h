// What kept a file or a pair from being read or scored. Problems are values: one bad file never stops a call.
#pragma once

#include <string>
#include <utility>

namespace ggb::images {

enum class ProblemKind : int {
  kNone = 0,
  kMissing,
  kUnreadable,  // a folder, no permission, an error while reading
  kEmpty,
  kUnsupportedFormat,  // not ours to decode; another decoder may
  kTruncated,
  kCorrupt,
  kTooLarge,
  kSizeMismatch,
  kTooSmall,
  kNoRange,  // one value everywhere where the data range is taken from the image
  kOutOfMemory
};

// As JavaScript sees it.
inline const char* ProblemKindName(ProblemKind kind) {
  switch (kind) {
    case ProblemKind::kNone:
      return "none";
    case ProblemKind::kMissing:
      return "missing";
    case ProblemKind::kUnreadable:
      return "unreadable";
    case ProblemKind::kEmpty:
      return "empty";
    case ProblemKind::kUnsupportedFormat:
      return "unsupported-format";
    case ProblemKind::kTruncated:
      return "truncated";
    case ProblemKind::kCorrupt:
      return "corrupt";
    case ProblemKind::kTooLarge:
      return "too-large";
    case ProblemKind::kSizeMismatch:
      return "size-mismatch";
    case ProblemKind::kTooSmall:
      return "too-small";
    case ProblemKind::kNoRange:
      return "no-range";
    case ProblemKind::kOutOfMemory:
      return "out-of-memory";
  }
  return "unknown";
}

struct Problem {
  ProblemKind kind = ProblemKind::kNone;
  std::string message;

  Problem() = default;
  Problem(ProblemKind problem_kind, std::string text) : kind(problem_kind), message(std::move(text)) {}
  static Problem None() { return Problem(); }

  bool found() const { return kind != ProblemKind::kNone; }
};

}  // namespace ggb::images
