import { performance } from 'node:perf_hooks';

/** ms of the clock that all processes of a machine share. */
export function sharedNow(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** What to add to performance.now(), the clock of machines, for the shared one, ms. */
export function sharedOffset(): number {
  return sharedNow() - performance.now();
}
