// What a kernel says when it is done. Kernels never throw and never abort: the JavaScript side turns a Status into a
// typed error that names the TensorFlow.js op, so the message only has to say what was wrong with the command.
#pragma once

#include <string>
#include <utility>

namespace ggb {

enum class StatusCode : int {
  kOk = 0,
  kInvalidCommand = 1,  // the stream itself is malformed: a bug on our side, never a user error
  kInvalidHandle = 2,   // unknown, freed or stale buffer
  kInvalidShape = 3,    // sizes that contradict each other or the buffers
  kOutOfMemory = 4,
  kUnsupported = 5,
  kLibraryFailure = 6,  // oneDNN refused
  kMemoryCorrupted = 7  // guard bytes were overwritten (GGB_GUARD=1)
};

class Status {
 public:
  Status() = default;
  Status(StatusCode code, std::string message) : code_(code), message_(std::move(message)) {}
  static Status Ok() { return Status(); }

  bool ok() const { return code_ == StatusCode::kOk; }
  StatusCode code() const { return code_; }
  const std::string& message() const { return message_; }

 private:
  StatusCode code_ = StatusCode::kOk;
  std::string message_;
};

}  // namespace ggb

#define GGB_RETURN_IF_ERROR(expression)        \
  do {                                         \
    ::ggb::Status ggb_status_ = (expression);  \
    if (!ggb_status_.ok()) return ggb_status_; \
  } while (0)
