// Prints what the compiled addon depends on besides our files. Nx hashes it, so another compiler or oneDNN rebuilds.
import { compiler } from './native-toolchain.mjs';
import { outputOf } from './run-command.mjs';

const onednnVersion = outputOf(
  compiler(),
  ['-E', '-P', '-x', 'c++', '-'],
  '#if __has_include(<dnnl_version.h>)\n#include <dnnl_version.h>\nDNNL_VERSION_MAJOR DNNL_VERSION_MINOR DNNL_VERSION_PATCH\n#endif\n',
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
console.log('Eigen', eigenVersion ?? 'absent');
