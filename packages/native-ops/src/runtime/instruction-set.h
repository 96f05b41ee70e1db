// Every *.portable.cc is compiled once per instruction set, each time in a namespace of its own; the registry picks the
// best that the processor has. GGB_ISA=baseline|avx2|avx512 forces a lower one.
#pragma once

#ifndef GGB_ISA_NAMESPACE
#define GGB_ISA_NAMESPACE isa_baseline
#endif

namespace ggb {

enum class InstructionSet : int { kBaseline = 0, kAvx2 = 1, kAvx512 = 2 };

// The best set that this build contains and this processor runs.
InstructionSet BestInstructionSet();
const char* InstructionSetName(InstructionSet set);
// False when the name is unknown or the processor or the build lacks it.
bool ParseInstructionSet(const char* name, InstructionSet* set);

}  // namespace ggb
