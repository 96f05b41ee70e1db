/** The only TF.js version this package works with: gradients are replaced and kernels wrapped by name and semantics of it. */
export const TFJS_VERSION = '4.22.0';
