# The image addon (src/images): JPEG and PNG files, decoded and scored in native threads. A library of its own, so that the
# engine builds and loads where libjpeg-turbo or libdeflate are missing; then this file only says so.
include(CheckCXXSourceCompiles)
find_path(GGB_JPEG_INCLUDE jpeglib.h NO_CACHE)
find_library(GGB_JPEG_LIBRARY NAMES jpeg NO_CACHE)
find_path(GGB_DEFLATE_INCLUDE libdeflate.h NO_CACHE)
find_library(GGB_DEFLATE_LIBRARY NAMES deflate NO_CACHE)
find_package(Threads)
set(GGB_IMAGES_MISSING "")
if(GGB_JPEG_INCLUDE AND GGB_JPEG_LIBRARY)
  # Other libraries carry this name whose pixels are not those of Pillow.
  set(CMAKE_REQUIRED_INCLUDES ${GGB_JPEG_INCLUDE})
  check_cxx_source_compiles("#include <stdio.h>\n#include <jpeglib.h>\n#ifndef LIBJPEG_TURBO_VERSION\n#error\n#endif\nint main() {}"
                            GGB_IS_JPEG_TURBO)
  unset(CMAKE_REQUIRED_INCLUDES)
endif()
if(NOT GGB_IS_JPEG_TURBO)
  list(APPEND GGB_IMAGES_MISSING "libjpeg-turbo (Debian: libjpeg62-turbo-dev)")
endif()
if(NOT GGB_DEFLATE_INCLUDE OR NOT GGB_DEFLATE_LIBRARY)
  list(APPEND GGB_IMAGES_MISSING "libdeflate (Debian: libdeflate-dev)")
endif()
if(GGB_IMAGES_MISSING OR NOT Threads_FOUND)
  message(STATUS "Image addon: left out, not found: ${GGB_IMAGES_MISSING}")
  # One of an earlier build would load, or fail to load with a worse message.
  file(REMOVE ${CMAKE_LIBRARY_OUTPUT_DIRECTORY}/native_images.node)
  return()
endif()
message(STATUS "Image addon: ${GGB_JPEG_LIBRARY}, ${GGB_DEFLATE_LIBRARY}")

set(GGB_IMAGES ${CMAKE_SOURCE_DIR}/src/images)
set(GGB_DECODERS ${GGB_IMAGES}/decode.cc ${GGB_IMAGES}/jpeg.cc ${GGB_IMAGES}/png.cc ${GGB_IMAGES}/png-filters.cc)
add_library(ggb_image_libraries INTERFACE)
target_include_directories(ggb_image_libraries SYSTEM INTERFACE ${GGB_JPEG_INCLUDE} ${GGB_DEFLATE_INCLUDE})
target_link_libraries(ggb_image_libraries INTERFACE ggb_flags ${GGB_JPEG_LIBRARY} ${GGB_DEFLATE_LIBRARY} Threads::Threads)

# The SSIM kernels alone, without the engine they are part of elsewhere.
set(GGB_SSIM ${CMAKE_SOURCE_DIR}/src/ops/fused/windowed-ssim)
file(GLOB GGB_SSIM_KERNELS CONFIGURE_DEPENDS ${GGB_SSIM}/*.portable.cc)
list(FILTER GGB_SSIM_KERNELS INCLUDE REGEX "/(uniform|tiled|general)[^/]*$")
set(GGB_SSIM_OBJECTS "")
foreach(isa baseline avx2 avx512)
  if(NOT isa STREQUAL baseline AND NOT GGB_X86_DISPATCH)
    continue()
  endif()
  add_library(ggb_images_ssim_${isa} OBJECT ${GGB_SSIM_KERNELS})
  target_compile_definitions(ggb_images_ssim_${isa} PRIVATE GGB_ISA_NAMESPACE=isa_${isa}
                                                            $<$<BOOL:${GGB_X86_DISPATCH}>:GGB_X86_DISPATCH>)
  target_compile_options(ggb_images_ssim_${isa} PRIVATE ${GGB_FLAGS_${isa}})
  target_link_libraries(ggb_images_ssim_${isa} PRIVATE ggb_flags)
  list(APPEND GGB_SSIM_OBJECTS $<TARGET_OBJECTS:ggb_images_ssim_${isa}>)
endforeach()

add_library(native_images SHARED
  ${GGB_SSIM_OBJECTS} ${GGB_SSIM}/windowed-ssim.cc ${CMAKE_SOURCE_DIR}/src/runtime/instruction-set.cc ${GGB_DECODERS}
  ${GGB_IMAGES}/read-file.cc ${GGB_IMAGES}/image-cache.cc ${GGB_IMAGES}/score-pair.cc ${GGB_IMAGES}/thread-pool.cc
  ${GGB_IMAGES}/pair-scoring-job.cc ${GGB_IMAGES}/node-images.cc ${CMAKE_JS_SRC})
set_target_properties(native_images PROPERTIES PREFIX "" SUFFIX ".node")
target_compile_definitions(native_images PRIVATE NAPI_VERSION=8 NAPI_DISABLE_CPP_EXCEPTIONS
                                                 NODE_ADDON_API_DISABLE_DEPRECATED
                                                 $<$<BOOL:${GGB_X86_DISPATCH}>:GGB_X86_DISPATCH>)
target_include_directories(native_images SYSTEM PRIVATE ${CMAKE_JS_INC} ${NODE_API_INCLUDE})
target_link_libraries(native_images PRIVATE ggb_image_libraries ${CMAKE_JS_LIB})

# nx run native-ops:fuzz-images: the decoders alone, under sanitizers.
add_executable(fuzz_images EXCLUDE_FROM_ALL ${CMAKE_SOURCE_DIR}/testing/image-fuzz/fuzz-images.cc ${GGB_DECODERS})
target_link_libraries(fuzz_images PRIVATE ggb_image_libraries)
set_target_properties(fuzz_images PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_LIBRARY_OUTPUT_DIRECTORY}")
