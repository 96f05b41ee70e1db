// The generator of the preset paper at 256 pixels draws one image, against PyTorch and ONNX Runtime: see inference/compare.ts.
import { compareInference } from './inference/compare.ts';

await compareInference('inference-256', { preset: 'paper', image: { size: 256 } }, { rounds: 7, inferences: 5 });
