# oneDNN behind ops/standard/conv2d/conv.h: an adapter for 2.x, one for 3.x, none when GGB_ONEDNN is OFF.
# Not find_package(dnnl): Debian's config file asks for OpenCL development files that the CPU engine does not need.
if(NOT GGB_ONEDNN)
  message(STATUS "oneDNN: off, convolutions by own kernels")
  return()
endif()
if(GGB_ONEDNN_ROOT)
  # A named folder is meant: falling through to the system's would test the wrong library.
  set(GGB_DNNL_SEARCH NO_DEFAULT_PATH)
endif()
find_path(GGB_DNNL_INCLUDE dnnl.hpp HINTS ${GGB_ONEDNN_ROOT}/include ${GGB_DNNL_SEARCH} NO_CACHE)
find_library(GGB_DNNL_LIBRARY NAMES dnnl HINTS ${GGB_ONEDNN_ROOT}/lib ${GGB_DNNL_SEARCH} NO_CACHE)
if(NOT GGB_DNNL_INCLUDE OR NOT GGB_DNNL_LIBRARY)
  message(FATAL_ERROR "oneDNN was not found. Install it (Debian: apt-get install libdnnl-dev), name its folder with "
                      "-DGGB_ONEDNN_ROOT=, or build without it: -DGGB_ONEDNN=OFF")
endif()
file(STRINGS ${GGB_DNNL_INCLUDE}/oneapi/dnnl/dnnl_version.h GGB_DNNL_MAJOR REGEX "define DNNL_VERSION_MAJOR")
string(REGEX REPLACE ".*MAJOR[ \t]+" "" GGB_DNNL_MAJOR "${GGB_DNNL_MAJOR}")
set(GGB_CONV_FOLDER ${CMAKE_SOURCE_DIR}/src/ops/standard/conv2d)
if(NOT EXISTS ${GGB_CONV_FOLDER}/conv.onednn${GGB_DNNL_MAJOR}.cc)
  message(FATAL_ERROR "oneDNN ${GGB_DNNL_MAJOR}.x in ${GGB_DNNL_INCLUDE} is neither 2.x nor 3.x. Name another with "
                      "-DGGB_ONEDNN_ROOT=, or build without it: -DGGB_ONEDNN=OFF")
endif()
message(STATUS "oneDNN: ${GGB_DNNL_LIBRARY}, adapter for ${GGB_DNNL_MAJOR}.x")
# The kernels, compiled once per instruction set, ask the library first.
target_compile_definitions(ggb_flags INTERFACE GGB_HAVE_ONEDNN)
add_library(ggb_onednn INTERFACE)
target_include_directories(ggb_onednn SYSTEM INTERFACE ${GGB_DNNL_INCLUDE})
target_link_libraries(ggb_onednn INTERFACE ${GGB_DNNL_LIBRARY})
target_sources(native_ops PRIVATE ${GGB_CONV_FOLDER}/conv.onednn.cc ${GGB_CONV_FOLDER}/conv-gemm.onednn.cc ${GGB_CONV_FOLDER}/conv-bf16.onednn.cc
                                  ${GGB_CONV_FOLDER}/conv.onednn${GGB_DNNL_MAJOR}.cc)
target_link_libraries(native_ops PRIVATE ggb_onednn)

# npm run bench -- conv2d: oneDNN's own kernel in the same process, timed without the engine (bench/conv2d.peer.cc).
add_library(conv2d_peer SHARED EXCLUDE_FROM_ALL ${CMAKE_SOURCE_DIR}/../../bench/conv2d.peer.cc
                                                ${GGB_CONV_FOLDER}/conv.onednn${GGB_DNNL_MAJOR}.cc ${CMAKE_JS_SRC})
set_target_properties(conv2d_peer PROPERTIES PREFIX "" SUFFIX ".node")
target_compile_definitions(conv2d_peer PRIVATE NAPI_VERSION=8 NAPI_DISABLE_CPP_EXCEPTIONS)
target_include_directories(conv2d_peer SYSTEM PRIVATE ${CMAKE_JS_INC} ${NODE_API_INCLUDE})
target_link_libraries(conv2d_peer PRIVATE ggb_flags ggb_onednn ${CMAKE_JS_LIB})
