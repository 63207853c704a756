import { DropList } from '../lib/entry/lab.ts';
import type { Workload } from '../lib/index.ts';
import { usageError } from './errors.ts';
import { type FlagValues, numberFlag, textFlag } from './flags.ts';

/** Reads `--window`: packets. */
export function chooseWindow(flags: FlagValues): number {
  return numberFlag(flags, 'window', { least: 1, most: 1000, isWhole: true }) ?? 16;
}

/** Reads `--drop-list`; empty if there is none. */
export function chooseDropList(flags: FlagValues): string {
  const text = textFlag(flags, 'drop-list');
  if (text === undefined) return '';
  const list = DropList.parse(text);
  if (list instanceof DropList) return list.toString();
  throw usageError(`--drop-list: "${list.wrong}" names no transmission`, 'as in: 3,7,7r1');
}

/** Reads `--messages`, `--bytes` and `--interval`. */
export function chooseWorkload(flags: FlagValues): Workload {
  const whole = { least: 1, most: 1_000_000, isWhole: true } as const;
  return {
    messages: numberFlag(flags, 'messages', whole) ?? 200,
    bytes: numberFlag(flags, 'bytes', { least: 4, most: 1_100, isWhole: true }) ?? 100,
    intervalMs: numberFlag(flags, 'interval', { least: 0, most: 60_000, isWhole: false }) ?? 50,
  };
}
