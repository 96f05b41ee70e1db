import { SetUpError } from './set-up-error.mjs';

/** What the set-up and the native build read from the environment; upper case, as CMake and the build are given it. */
const allowedValues = { GGB_ONEDNN: ['ON', 'OFF'], GGB_APT: ['0', '1'] };

/** Refuses values that nobody understands, and writes the others back in one spelling, for every child to read. */
export function checkSettings(env = process.env) {
  for (const [name, allowed] of Object.entries(allowedValues)) {
    const received = env[name];
    if (!received) continue;
    const value = received.toUpperCase();
    if (!allowed.includes(value)) {
      const problem = `${name} is "${received}", expected ${allowed.join(' or ')}.`;
      throw new SetUpError('settings', problem, `Correct it, or take the default: unset ${name}`);
    }
    env[name] = value;
  }
}

/**
 * Refuses arguments of a command that has none: ignored, they would seem to have worked.
 *
 * @param {string} command  as it is typed, e.g. 'npm run check'.
 */
export function expectNoArguments(command, received = process.argv.slice(2)) {
  if (received.length === 0) return;
  throw new SetUpError('arguments', `${command} takes none, received "${received.join(' ')}".`, `Usage: ${command}`);
}
