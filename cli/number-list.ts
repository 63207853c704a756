import { usageError } from './errors.ts';
import { type FlagName, type FlagValues, textFlag } from './flags.ts';

/** Numbers of a list at most: a grid of more has too many cells. */
const MAX_NUMBERS = 100;

/** `0,5,10` or `0:30:10` (from, to, step): the numbers of a flag, each in [least, most]. */
export function numberList(
  flags: FlagValues,
  name: FlagName,
  { least, most }: { least: number; most: number },
): readonly number[] | undefined {
  const text = textFlag(flags, name);
  if (text === undefined) return undefined;
  const numbers = text.split(',').flatMap((word) => expand(word.trim()));
  const isGood = numbers.every((value) => value >= least && value <= most);
  if (isGood && numbers.length > 0 && numbers.length <= MAX_NUMBERS) return [...new Set(numbers)];
  const hint = `numbers from ${least} to ${most}, as in 0,5,10 or 0:30:10 (from:to:step)`;
  throw usageError(`--${name} ${text} makes no sense`, hint);
}

function expand(word: string): number[] {
  const parts = word.split(':').map((part) => (part === '' ? Number.NaN : Number(part)));
  const [from = Number.NaN, to, step = 1] = parts;
  if (to === undefined) return [from];
  const count = Math.floor((to - from) / step + 1e-9) + 1;
  if (parts.length > 3 || !(count >= 1 && count <= MAX_NUMBERS)) return [Number.NaN];
  return Array.from({ length: count }, (_, i) => from + i * step);
}
