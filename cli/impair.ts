import { ImpairedMachine, type Machine, parseImpairment } from '../lib/index.ts';
import { usageError } from './errors.ts';
import { type FlagValues, numberFlag, textFlag } from './flags.ts';

/** The bad network that `--impair` asks for. */
export interface ImpairChoice {
  /** For `impair` of a server or client; absent when none was asked for. */
  readonly impair?: (machine: Machine) => Machine;
  /** What to tell people, with the seed that repeats it. */
  readonly note?: string;
}

/** Reads `--impair` and `--seed`. */
export function chooseImpairment(flags: FlagValues): ImpairChoice {
  const seed = numberFlag(flags, 'seed', { least: 0, most: 2 ** 32 - 1, isWhole: true });
  const text = textFlag(flags, 'impair');
  if (text === undefined) {
    if (seed !== undefined) throw usageError('--seed needs --impair');
    return {};
  }
  const parsed = parseImpairment(text);
  if (!parsed.ok) {
    throw usageError(`--impair: ${parsed.error.message}`, 'as in: "loss 30% delay 100ms 20ms"');
  }
  const chosen = seed ?? Math.floor(Math.random() * 2 ** 32);
  const { impairment } = parsed;
  return {
    impair: (machine) => new ImpairedMachine(machine, { impairment, seed: chosen }),
    note: `impaired: ${text} (--seed ${chosen})`,
  };
}
