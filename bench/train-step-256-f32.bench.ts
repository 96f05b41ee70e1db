// One training iteration at 256 pixels, preset paper, batch 8, against PyTorch: see train-step/compare.ts.
import { compareTrainStep } from './train-step/compare.ts';

await compareTrainStep('train-step-256-f32', '256-f32.json', { rounds: 5, iterations: 1 });
