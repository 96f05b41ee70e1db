// Loaded by Jest before every spec file.
import { toBeAllClose } from './matchers.ts';

expect.extend({ toBeAllClose });
