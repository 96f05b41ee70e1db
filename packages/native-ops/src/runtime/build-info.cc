#include "runtime/build-info.h"

#ifdef GGB_HAVE_ONEDNN
#include <dnnl.h>
#endif

namespace ggb {

std::string ConvolutionLibrary() {
#ifdef GGB_HAVE_ONEDNN
  const dnnl_version_t* version = dnnl_version();
  return "oneDNN " + std::to_string(version->major) + "." + std::to_string(version->minor) + "." +
         std::to_string(version->patch);
#else
  return "own kernels (built without oneDNN)";
#endif
}

}  // namespace ggb
