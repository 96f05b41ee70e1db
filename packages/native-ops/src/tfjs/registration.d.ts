// What importing '#tfjs-registration' adds to the types: the chained ops (`x.square().sum()`).
import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops.js';
