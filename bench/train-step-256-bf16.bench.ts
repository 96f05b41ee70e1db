// One training iteration at 256 pixels, preset paper, batch 8, convolutions in bfloat16, against PyTorch under bfloat16 autocast:
// see train-step/compare.ts.
import { compareTrainStep } from './train-step/compare.ts';

await compareTrainStep('train-step-256-bf16', '256-bf16.json', { rounds: 5, iterations: 1 });
