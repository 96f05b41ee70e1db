// The last line of every benchmark: one JSON object that can be compared with one from another day or machine.
import { arch, cpus, platform } from 'node:os';

/**
 * @typedef {object} Comparison
 * @property {string} name  of what was measured, with its sizes.
 * @property {number} ours  our figure, in `unit`.
 * @property {number} peer  the peer's figure, in `unit`.
 * @property {string} peerName  e.g. 'oneDNN 2.6.3, same shapes and threads'.
 * @property {string} unit  e.g. 'ms'.
 * @property {Record<string, string>} [versions]  of the libraries that took part.
 */

/**
 * Prints the last line: the comparison, its ratio (ours / peer), the machine and the versions.
 *
 * @param {Comparison} comparison
 */
export function printMeasurement({ versions, ...comparison }) {
  const measurement = {
    ...comparison,
    ratio: comparison.ours / comparison.peer,
    machine: machine(),
    versions: { node: process.versions.node, ...versions },
    date: new Date().toISOString(),
  };
  console.log(JSON.stringify(measurement));
}

/** What the figures depend on; nothing that identifies the machine or its user. */
export function machine() {
  const processors = cpus();
  return {
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    system: `${platform()} ${arch()}`,
  };
}

/**
 * What is wrong with a last line, undefined when it is a measurement.
 *
 * @param {string} line
 */
export function measurementProblem(line) {
  /** @type {unknown} */
  let parsed;
  try {
    parsed = JSON.parse(line);
  } catch {
    return `it is not JSON: ${line.slice(0, 80)}`;
  }
  if (typeof parsed !== 'object' || parsed === null) return 'it is not an object';
  const measurement = /** @type {Record<string, unknown>} */ (parsed);
  for (const field of ['name', 'unit']) if (typeof measurement[field] !== 'string') return `${field} is not a string`;
  for (const field of ['ours', 'peer', 'ratio']) {
    // JSON has no NaN: a failed measurement arrives as null.
    if (typeof measurement[field] !== 'number') return `${field} is not a number`;
  }
  for (const field of ['machine', 'versions']) {
    if (typeof measurement[field] !== 'object' || measurement[field] === null) return `${field} is missing`;
  }
  return undefined;
}
