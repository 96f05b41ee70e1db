// npm run bench -- evaluate-jpeg: reading, decoding and scoring pairs of JPEG files.
import { compareEvaluation } from './evaluate/compare.ts';

await compareEvaluation('evaluate-jpeg', 'jpeg');
