// What this build was made with.
#pragma once

#include <string>

namespace ggb {

// "oneDNN 2.6.3" or "own kernels (built without oneDNN)".
std::string ConvolutionLibrary();

}  // namespace ggb
