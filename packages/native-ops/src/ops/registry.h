// The list of native kernels. Opcodes are positions in this list; JavaScript asks for the names when it loads the
// addon, so there is no second table that must match.
#pragma once

#include "runtime/command-reader.h"
#include "runtime/execution-context.h"
#include "runtime/instruction-set.h"
#include "runtime/status.h"

namespace ggb {

using OpFunction = Status (*)(CommandReader& arguments, ExecutionContext& context);

struct OpRow {
  const char* name;
  // Names of the functions that one op can compute (add, exp, sum...), ended by nullptr; nullptr when it has only one.
  const char* const* variants;
  OpFunction by_isa[3];  // InstructionSet order
};

int OpCount();
const OpRow& OpAt(int position);
// Null when the position does not exist.
OpFunction FindOp(int position, InstructionSet isa);

}  // namespace ggb
