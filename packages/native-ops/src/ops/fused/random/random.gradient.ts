// Random numbers depend on no tensor, so nothing flows back through them. Registered all the same: a kernel without an entry
// reads like a gradient that was forgotten.
import * as tf from '../../../tfjs/registered-core.ts';

export const CounterRandom = 'CounterRandom';

export const randomGradient: tf.GradConfig = { kernelName: CounterRandom, gradFunc: () => ({}) };

if (!tf.getGradient(CounterRandom)) tf.registerGradient(randomGradient);
