import { availableParallelism } from 'node:os';
import { usageError } from './errors.ts';
import { type FlagValues, numberFlag, textFlag } from './flags.ts';

/** Threads that a server may have for connections: their number is a byte of each connection id. */
const MOST = 256;

/** Reads `--threads N|auto`: 1 unless given; `auto` leaves a processor to the rest of a server. */
export function chooseThreads(flags: FlagValues): number {
  const threads =
    textFlag(flags, 'threads') === 'auto'
      ? Math.min(MOST, Math.max(1, availableParallelism() - 1))
      : (numberFlag(flags, 'threads', { least: 1, most: MOST, isWhole: true }) ?? 1);
  for (const name of ['trace', 'keylog'] as const) {
    if (threads > 1 && flags[name] !== undefined) {
      throw usageError(`--${name} looks into one thread only`, 'leave --threads out');
    }
  }
  return threads;
}
