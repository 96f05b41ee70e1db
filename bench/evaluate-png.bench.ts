// npm run bench -- evaluate-png: reading, decoding and scoring pairs of PNG files.
import { compareEvaluation } from './evaluate/compare.ts';

await compareEvaluation('evaluate-png', 'png');
