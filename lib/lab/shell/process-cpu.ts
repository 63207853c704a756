import { readFileSync } from 'node:fs';

/** us a tick of `/proc`: USER_HZ is 100 on every Linux that Node runs on (proc(5)). */
const TICK = 10_000;

/**
 * CPU that another process of this machine has used, user and system, all threads, us; from
 * `/proc/PID/stat`, in steps of 10 ms. Undefined: there is no such process, or no such file.
 */
export function processCpu(pid: number): number | undefined {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return undefined;
  }
}

/** `stat` as in proc(5); the second field is a name in brackets that may hold anything. */
export function parseStat(stat: string): number | undefined {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  return Number.isFinite(ticks) ? ticks * TICK : undefined;
}
