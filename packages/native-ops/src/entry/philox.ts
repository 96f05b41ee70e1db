// The counter-based generator alone: no TF.js, for whoever needs random words and not tensors of them.
export { multiplyHigh, philox } from '../ops/fused/random/philox.ts';
