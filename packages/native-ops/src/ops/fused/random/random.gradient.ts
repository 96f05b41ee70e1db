// Random numbers depend on no tensor, so nothing flows back through them. Registered all the same: TF.js refuses to
// differentiate through a kernel of which it knows no gradient.
import * as tf from '../../../tfjs/registered-core.ts';

export const CounterRandom = 'CounterRandom';

export const randomGradient: tf.GradConfig = { kernelName: CounterRandom, gradFunc: () => ({}) };

if (!tf.getGradient(CounterRandom)) tf.registerGradient(randomGradient);
