# native_statistics.node: covariances and eigenvalues by Eigen (headers alone). Left out where Eigen is not installed:
# @ggb/metrics then computes them in TypeScript.
option(GGB_STATISTICS "Covariances and eigenvalues by Eigen, in native_statistics.node" ON)
# Sanitized builds are for the engine's kernels; Eigen thrice would take longer than all of them.
if(NOT GGB_STATISTICS OR GGB_SANITIZE)
  return()
endif()
find_package(Threads)
find_path(GGB_EIGEN_INCLUDE Eigen/Core PATH_SUFFIXES eigen3)
if(NOT GGB_EIGEN_INCLUDE OR NOT Threads_FOUND)
  message(STATUS "Eigen was not found (Debian: libeigen3-dev): native_statistics is not built")
  return()
endif()

# See src/statistics/statistics.h for why Eigen is renamed. The baseline first, as for the kernels.
set(GGB_STATISTICS_OBJECTS)
set(isas baseline)
if(GGB_X86_DISPATCH)
  list(APPEND isas avx2 avx512)
endif()
foreach(isa ${isas})
  add_library(ggb_statistics_${isa} OBJECT src/statistics/statistics.eigen.cc)
  target_compile_definitions(ggb_statistics_${isa} PRIVATE GGB_ISA_NAMESPACE=isa_${isa} Eigen=Eigen_${isa})
  # GCC 12 takes the undefined vectors of its own AVX-512 intrinsics for a mistake (GCC bug 105593).
  target_compile_options(ggb_statistics_${isa} PRIVATE ${GGB_FLAGS_${isa}} -Wno-maybe-uninitialized)
  target_include_directories(ggb_statistics_${isa} SYSTEM PRIVATE ${GGB_EIGEN_INCLUDE})
  target_link_libraries(ggb_statistics_${isa} PRIVATE ggb_flags)
  list(APPEND GGB_STATISTICS_OBJECTS $<TARGET_OBJECTS:ggb_statistics_${isa}>)
endforeach()

add_library(native_statistics SHARED ${GGB_STATISTICS_OBJECTS} src/statistics/statistics.cc src/statistics/node-addon.cc
                                     src/runtime/instruction-set.cc ${CMAKE_JS_SRC})
set_target_properties(native_statistics PROPERTIES PREFIX "" SUFFIX ".node")
target_compile_definitions(native_statistics PRIVATE NAPI_VERSION=8 NAPI_DISABLE_CPP_EXCEPTIONS
                                                     NODE_ADDON_API_DISABLE_DEPRECATED
                                                     $<$<BOOL:${GGB_X86_DISPATCH}>:GGB_X86_DISPATCH>)
target_include_directories(native_statistics SYSTEM PRIVATE ${CMAKE_JS_INC} ${NODE_API_INCLUDE} ${GGB_EIGEN_INCLUDE})
target_link_libraries(native_statistics PRIVATE ggb_flags Threads::Threads ${CMAKE_JS_LIB})
if(GGB_SANITIZE STREQUAL "undefined")
  set_source_files_properties(src/statistics/node-addon.cc PROPERTIES COMPILE_OPTIONS -fno-sanitize=vptr)
endif()
