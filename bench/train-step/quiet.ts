// Whether other programs took part of the machine while something was measured.
import { readFileSync } from 'node:fs';

/** Jiffies of the kernel's clock a second (USER_HZ), the same on every Linux that Node runs on. */
const jiffies = 100;

/** Seconds of CPU that all programs, and other guests of the host, have used so far; undefined without /proc. */
export function busySeconds(): number | undefined {
  let statistics: string;
  try {
    statistics = readFileSync('/proc/stat', 'utf8');
  } catch {
    return undefined;
  }
  // cpu user nice system idle iowait irq softirq steal ...
  const [, user, nice, system, , , irq, softirq, steal] = statistics.split('\n', 1).join().split(/\s+/).map(Number);
  return [user, nice, system, irq, softirq, steal].reduce<number>((total, part = 0) => total + part, 0) / jiffies;
}

/** Others used less than 5 % of one core, or two jiffies, which is what can be seen. */
export function isQuiet(othersSeconds: number, wallSeconds: number): boolean {
  return othersSeconds < Math.max(0.021, 0.05 * wallSeconds);
}
