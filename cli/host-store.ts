import { join } from 'node:path';
import type { ChatServerOptions } from '../lib/index.ts';
import { usageError } from './errors.ts';
import { type FlagValues, numberFlag, textFlag } from './flags.ts';
import { dataFolder } from './folders.ts';

const MS_PER_DAY = 86_400_000;

/**
 * Where a host on `port` keeps what is said, from `--data`, `--ephemeral`, `--keep` and
 * `--keep-days`: unless told, in a folder of the port's own, so that hosting there again goes on
 * where it ended. A port that the system picks is never found again: it keeps nothing.
 */
export function chooseStore(
  flags: FlagValues,
  port: number,
): Pick<ChatServerOptions, 'data' | 'retention'> {
  const data = textFlag(flags, 'data');
  const entries = numberFlag(flags, 'keep', { least: 1, most: 1e9, isWhole: true });
  const days = numberFlag(flags, 'keep-days', { least: 0.01, most: 36_500, isWhole: false });
  if (flags.ephemeral !== undefined) {
    if (data !== undefined) {
      throw usageError('--data and --ephemeral contradict each other', 'leave one of them out');
    }
    return {};
  }
  if (data === undefined && port === 0) return {};
  return {
    data: data ?? join(dataFolder(), 'hosts', String(port)),
    retention: {
      ...(entries !== undefined && { entries }),
      ...(days !== undefined && { age: days * MS_PER_DAY }),
    },
  };
}
