// Whether this build can compute with bfloat16 here.
#pragma once

#include <string>

#include "runtime/instruction-set.h"

namespace ggb {

// Why it cannot, in words that go on after "bfloat16 is not available:", and what to do; both empty when it can.
struct Bfloat16Problem {
  std::string reason, remedy;
};

// `isa`: the instruction set in use, which GGB_ISA may have lowered.
Bfloat16Problem FindBfloat16Problem(InstructionSet isa);

}  // namespace ggb
