// Prints what the compiled addons depend on besides our files. Nx hashes it, so another compiler or library rebuilds.
import { compiler } from './native-toolchain.mjs';
import { outputOf } from './run-command.mjs';

const onednnVersion = outputOf(
  compiler(),
  ['-E', '-P', '-x', 'c++', '-'],
  '#if __has_include(<dnnl_version.h>)\n#include <dnnl_version.h>\nDNNL_VERSION_MAJOR DNNL_VERSION_MINOR DNNL_VERSION_PATCH\n#endif\n',
);

const imageLibraries = outputOf(
  compiler(),
  ['-E', '-P', '-x', 'c++', '-'],
  '#if __has_include(<jpeglib.h>)\n#include <jconfig.h>\nlibjpeg-turbo LIBJPEG_TURBO_VERSION_NUMBER\n#endif\n' +
    '#if __has_include(<libdeflate.h>)\n#include <libdeflate.h>\nlibdeflate LIBDEFLATE_VERSION_STRING\n#endif\n',
);

console.log(outputOf(compiler(), ['--version'])?.split('\n')[0] ?? 'no compiler');
console.log(outputOf(compiler(), ['-dumpmachine'])?.trim() ?? '');
const eigenVersion = outputOf(
  compiler(),
  ['-E', '-P', '-x', 'c++', '-', '-I/usr/include/eigen3'],
  '#if __has_include(<Eigen/src/Core/util/Macros.h>)\n#include <Eigen/src/Core/util/Macros.h>\n' +
    'GGB_EIGEN EIGEN_WORLD_VERSION EIGEN_MAJOR_VERSION EIGEN_MINOR_VERSION\n#endif\n',
)?.match(/GGB_EIGEN (.*)/)?.[1];

console.log('oneDNN', onednnVersion?.trim() || 'absent');
console.log('images', imageLibraries?.match(/^lib(jpeg-turbo|deflate) .*$/gm)?.join(', ') ?? 'absent');
console.log('Eigen', eigenVersion ?? 'absent');
