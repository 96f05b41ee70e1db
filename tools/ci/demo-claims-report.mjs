// What the demo must reach. The bars are the project's promise to a first-time user, not a snapshot of a run.

/**
 * @typedef {{ ssim: number, insideSsim: number, insideL1: number }} Measured
 *
 * @typedef {object} DemoResult  the last line of `npm run demo`.
 * @property {Measured} model
 * @property {Measured} copySource
 * @property {Measured} nearestPose
 * @property {{ data: number, training: number, evaluation: number }} seconds
 */

const longestSeconds = 600;

/**
 * @param {DemoResult} result
 * @returns {import('./report.mjs').Report}
 */
export function claimsReport({ model, copySource, nearestPose, seconds }) {
  const total = seconds.data + seconds.training + seconds.evaluation;
  const bestInside = Math.max(copySource.insideSsim, nearestPose.insideSsim);
  const bestL1 = Math.min(copySource.insideL1, nearestPose.insideL1);
  const claims = [
    atLeast('SSIM above copying the source by', model.ssim - copySource.ssim, 0.1),
    atLeast('SSIM inside the figures above both baselines by', model.insideSsim - bestInside, 0.03),
    atMost('colour error inside, as a share of the better baseline’s', model.insideL1 / bestL1, 0.8),
    atMost('seconds after set-up', total, longestSeconds),
  ];
  const failures = claims.flatMap(({ holds, text }) => (holds ? [] : [text]));
  return { passed: claims.length - failures.length, failed: failures.length, skipped: 0, skips: [], failures };
}

/** @param {string} name @param {number} value @param {number} bar */
function atLeast(name, value, bar) {
  return { holds: value >= bar, text: `${name}: expected at least ${bar}, received ${value.toFixed(3)}` };
}

/** @param {string} name @param {number} value @param {number} bar */
function atMost(name, value, bar) {
  return { holds: value <= bar, text: `${name}: expected at most ${bar}, received ${value.toFixed(3)}` };
}
