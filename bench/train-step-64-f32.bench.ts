// One training iteration at 64 pixels, preset quick, batch 8, against PyTorch: see train-step/compare.ts.
import { compareTrainStep } from './train-step/compare.ts';

await compareTrainStep('train-step-64-f32', '64-f32.json', { rounds: 11, iterations: 10 });
