// Covariances and the eigenvalues of their product in float64, by Eigen. An addon of its own: no TF.js, and nothing else of
// this package needs it. `import '@ggb/native-ops/statistics'` loads nothing native until it is asked.
export { NativeStatistics, nativeStatistics, StatisticsUnavailableError } from '../statistics/native-statistics.ts';
