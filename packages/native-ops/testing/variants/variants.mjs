// The ways in which the same specs are run again, because a single build on a single machine proves only itself.
// `cmake` options make a build of its own; `env` is what the specs run with.

/**
 * @typedef {object} Variant
 * @property {string} why
 * @property {readonly string[]} [cmake]
 * @property {Readonly<Record<string, string>>} [env]
 * @property {'asan' | 'onednn3'} [needs]  what must be there besides the tool chain of README.md.
 */

/** Sanitizers see nothing of oneDNN's JIT code; without oneDNN they see our own convolutions, which else hardly run. */
const ownConvolutions = ['-DGGB_ONEDNN=OFF'];

/** @type {Readonly<Record<string, Variant>>} */
export const variants = {
  guard: {
    why: 'guard bytes around every buffer and all scratch: also finds what JIT code of oneDNN writes, which sanitizers cannot see',
    env: { GGB_GUARD: '1' },
  },
  'avx512-isa': {
    why: 'AVX-512 by name, on one thread: no partition at all, every kernel run when it is called',
    env: { GGB_ISA: 'avx512', GGB_THREADS: '1', GGB_FLUSH: 'eager' },
  },
  'baseline-isa': {
    why: 'what every x86-64 runs, cut into an odd number of pieces',
    env: { GGB_ISA: 'baseline', GGB_THREADS: '3' },
  },
  'avx2-isa': { why: 'processors without AVX-512', env: { GGB_ISA: 'avx2' } },
  asan: {
    why: 'AddressSanitizer over our own kernels and the border',
    cmake: ['-DGGB_SANITIZE=address', ...ownConvolutions],
    // Node keeps memory until it exits, so leaks are the business of the conformance tests; running out of memory is an
    // answer here, not a bug.
    env: { ASAN_OPTIONS: 'detect_leaks=0:allocator_may_return_null=1' },
    needs: 'asan',
  },
  ubsan: {
    why: 'UndefinedBehaviorSanitizer over our own kernels and the border; the first finding ends the process',
    cmake: ['-DGGB_SANITIZE=undefined', ...ownConvolutions],
    env: { UBSAN_OPTIONS: 'print_stacktrace=1' },
  },
  'onednn-off': { why: 'convolutions by own kernels alone', cmake: ['-DGGB_ONEDNN=OFF', '-DGGB_STATISTICS=OFF'] },
  onednn3: { why: 'the adapter for oneDNN 3.x', needs: 'onednn3' },
};
