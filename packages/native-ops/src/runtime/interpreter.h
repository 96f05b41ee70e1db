// Runs a command stream. Stream: [version, number of words that follow], then commands, each
// [opcode, number of argument words, sequence number, arguments...]. Opcodes 1 and 2 create and free buffers, the
// others are the rows of ops/registry.cc. The same interpreter serves eager, batched and replayed execution.
#pragma once

#include <cstdint>
#include <vector>

#include "runtime/allocator.h"
#include "runtime/buffer-table.h"
#include "runtime/execution-context.h"
#include "runtime/instruction-set.h"
#include "runtime/kept-forms.h"
#include "runtime/status.h"

namespace ggb {

constexpr int32_t kStreamVersion = 0x47470001;
constexpr int32_t kOpcodeAllocate = 1;
constexpr int32_t kOpcodeFree = 2;
constexpr int32_t kFirstKernelOpcode = 16;

struct StreamError {
  Status status;
  int32_t opcode = 0;
  int32_t sequence = -1;  // of the command that failed, -1 when the stream itself is malformed
};

class Interpreter {
 public:
  Interpreter(int threads, InstructionSet isa, bool guarded);

  // Runs all commands. After a failure the remaining ALLOC and FREE commands are still carried out, so that handles
  // keep their meaning; the first error is returned.
  StreamError Run(const int32_t* words, int64_t count);

  // The commands run since the last call, with their times; empty unless profiling was on. `enabled` holds from now on.
  struct CommandTime {
    int32_t opcode;
    int64_t nanoseconds;
    std::vector<int32_t> arguments;
  };
  std::vector<CommandTime> Profile(bool enabled);

  BufferTable& buffers() { return buffers_; }
  const Allocator& allocator() const { return allocator_; }
  Allocator& allocator() { return allocator_; }
  // Gives back what waits for reuse or can be made again.
  void Trim();
  int threads() const { return context_.threads(); }
  InstructionSet isa() const { return isa_; }

 private:
  Status RunCommand(int32_t opcode, const int32_t* arguments, int64_t count);

  Allocator allocator_;
  KeptForms kept_forms_;
  BufferTable buffers_;
  ExecutionContext context_;
  InstructionSet isa_;
  bool profiling_ = false;
  std::vector<CommandTime> profile_;
};

}  // namespace ggb
