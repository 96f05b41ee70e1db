// What the plug-in calls: each launches its kernels on a stream and returns at once. Implemented in the ops'
// *.cuda.cu files, which compile with nvcc for a GPU and with a C++ compiler for the emulator.
#pragma once

#include "cuda/plugin-abi.h"

namespace ggb::cuda {

// cudaStream_t, or null with the emulator.
using Stream = void*;

// Null once launched; otherwise what was wrong, a string that lives forever. `outcome` says which kind.
struct LaunchResult {
  Outcome outcome = Outcome::kOk;
  const char* why = nullptr;
};

size_t WindowedSsimWorkspace(const WindowedSsimCall& call);
LaunchResult WindowedSsim(const WindowedSsimCall& call, Stream stream);

size_t ResidualEncodingWorkspace(const ResidualEncodingCall& call);
LaunchResult ResidualEncoding(const ResidualEncodingCall& call, Stream stream);
size_t ResidualEncodingWeightsGradientWorkspace(const ResidualEncodingCall& call);
LaunchResult ResidualEncodingWeightsGradient(const ResidualEncodingCall& call, Stream stream);
size_t ResidualEncodingFakeGradientWorkspace(const ResidualEncodingCall& call);
LaunchResult ResidualEncodingFakeGradient(const ResidualEncodingCall& call, Stream stream);

}  // namespace ggb::cuda
