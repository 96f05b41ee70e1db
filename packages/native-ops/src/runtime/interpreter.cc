#include "runtime/interpreter.h"

#include <chrono>
#include <string>
#include <utility>

#include "ops/registry.h"
#include "runtime/command-reader.h"

namespace ggb {

Interpreter::Interpreter(int threads, InstructionSet isa, bool guarded)
    : allocator_(guarded),
      kept_forms_(&allocator_),
      buffers_(&allocator_, &kept_forms_),
      context_(&allocator_, threads, &kept_forms_),
      isa_(isa) {}

void Interpreter::Trim() {
  kept_forms_.Clear();
  allocator_.Trim(0);
}

StreamError Interpreter::Run(const int32_t* words, int64_t count) {
  StreamError error;
  if (count < 2 || words[0] != kStreamVersion || words[1] < 0 || words[1] > count - 2) {
    error.status = Status(StatusCode::kInvalidCommand, "not a command stream of version " +
                                                           std::to_string(kStreamVersion & 0xFFFF) +
                                                           ": rebuild the addon and the package together");
    return error;
  }
  const int64_t end = 2 + int64_t{words[1]};
  int64_t position = 2;
  while (position < end) {
    if (end - position < 3 || words[position + 1] < 0 || words[position + 1] > end - position - 3) {
      if (error.status.ok()) {
        error.status = Status(StatusCode::kInvalidCommand,
                              "the stream ends inside the command at word " + std::to_string(position));
      }
      return error;
    }
    const int32_t opcode = words[position];
    const int64_t arguments = words[position + 1];
    const bool bookkeeping = opcode == kOpcodeAllocate || opcode == kOpcodeFree;
    if (error.status.ok() || bookkeeping) {
      const auto start = profiling_ ? std::chrono::steady_clock::now() : std::chrono::steady_clock::time_point();
      Status status = RunCommand(opcode, words + position + 3, arguments);
      if (profiling_) {
        const auto elapsed = std::chrono::steady_clock::now() - start;
        const int32_t* first = words + position + 3;
        profile_.push_back({opcode, std::chrono::duration_cast<std::chrono::nanoseconds>(elapsed).count(),
                            std::vector<int32_t>(first, first + arguments)});
      }
      if (!status.ok() && error.status.ok()) {
        error.status = std::move(status);
        error.opcode = opcode;
        error.sequence = words[position + 2];
      }
    }
    position += 3 + arguments;
  }
  return error;
}

std::vector<Interpreter::CommandTime> Interpreter::Profile(bool enabled) {
  profiling_ = enabled;
  return std::exchange(profile_, {});
}

Status Interpreter::RunCommand(int32_t opcode, const int32_t* arguments, int64_t count) {
  CommandReader reader(arguments, count, &buffers_);
  if (opcode == kOpcodeAllocate || opcode == kOpcodeFree) {
    BufferHandle handle;
    handle.index = reader.ReadInt();
    handle.generation = reader.ReadInt();
    const int64_t bytes = opcode == kOpcodeAllocate ? reader.ReadStride() : 0;  // Create judges it
    GGB_RETURN_IF_ERROR(reader.Finish());
    return opcode == kOpcodeAllocate ? buffers_.Create(handle, bytes) : buffers_.Free(handle);
  }
  const OpFunction function = opcode < kFirstKernelOpcode ? nullptr : FindOp(opcode - kFirstKernelOpcode, isa_);
  if (function == nullptr) {
    return Status(StatusCode::kInvalidCommand, "opcode " + std::to_string(opcode) + " does not exist");
  }
  Status status = function(reader, context_);
  Status scratch = context_.ReleaseScratch();
  GGB_RETURN_IF_ERROR(status);
  GGB_RETURN_IF_ERROR(scratch);
  return allocator_.guarded() ? reader.CheckGuards(allocator_) : Status::Ok();
}

}  // namespace ggb
