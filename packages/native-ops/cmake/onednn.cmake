# oneDNN behind ops/standard/conv2d/conv.h: an adapter for 2.x, one for 3.x, none when GGB_ONEDNN is OFF.
# Not find_package(dnnl): Debian's config file asks for OpenCL development files that the CPU engine does not need.
if(NOT GGB_ONEDNN)
  message(STATUS "oneDNN: off, convolutions by own kernels")
  return()
endif()
find_path(GGB_DNNL_INCLUDE dnnl.hpp HINTS ${GGB_ONEDNN_ROOT}/include NO_CACHE)
find_library(GGB_DNNL_LIBRARY NAMES dnnl HINTS ${GGB_ONEDNN_ROOT}/lib NO_CACHE)
if(NOT GGB_DNNL_INCLUDE OR NOT GGB_DNNL_LIBRARY)
  message(FATAL_ERROR "oneDNN was not found. Install it (Debian: apt-get install libdnnl-dev), name its folder with "
                      "-DGGB_ONEDNN_ROOT=, or build without it: -DGGB_ONEDNN=OFF")
endif()
message(STATUS "oneDNN: ${GGB_DNNL_LIBRARY}")
target_compile_definitions(native_ops PRIVATE GGB_HAVE_ONEDNN)
target_include_directories(native_ops SYSTEM PRIVATE ${GGB_DNNL_INCLUDE})
target_link_libraries(native_ops PRIVATE ${GGB_DNNL_LIBRARY})
