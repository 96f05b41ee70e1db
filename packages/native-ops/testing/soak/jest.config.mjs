import { jestConfig } from '../../../../tools/jest/config.mjs';

export default jestConfig('native-ops-soak', { rootDir: '..', testMatch: ['**/*.soak.ts'], testTimeout: 600_000 });
