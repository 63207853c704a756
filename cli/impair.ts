import { formatImpairment, ImpairedMachine, parseImpairment } from '../lib/entry/lab.ts';
import { ARQ_NAMES } from '../lib/entry/transport.ts';
import type { ArqName, Impairment, ImpairmentError, Vantage } from '../lib/index.ts';
import { type CliError, usageError } from './errors.ts';
import { type FlagValues, textFlag } from './flags.ts';
import { chooseSeed, type NetworkChoice } from './network.ts';
import { chooseTrace } from './trace.ts';

/** Says what was not understood of an impairment, and where it is. */
export function impairmentError(flag: string, text: string, error: ImpairmentError): CliError {
  return usageError(`${flag}: ${error.message}`, `at character ${error.at + 1} of "${text}"`);
}

/** Reads `--arq`. */
export function chooseArq(flags: FlagValues): ArqName | undefined {
  const text = textFlag(flags, 'arq');
  if (text === undefined) return undefined;
  const arq = ARQ_NAMES.find((name) => name === text);
  if (arq === undefined) {
    throw usageError(`--arq: "${text}" is none of ${ARQ_NAMES.join(', ')}`);
  }
  return arq;
}

/** The impairment of a flag; nothing at all if it was not given. */
export function readImpairment(flags: FlagValues): Impairment {
  const text = textFlag(flags, 'impair') ?? '';
  const parsed = parseImpairment(text);
  if (!parsed.ok) throw impairmentError('--impair', text, parsed.error);
  return parsed.impairment;
}

/** What stands between socket and machine, as the flags want it. */
export function impairedNetwork(flags: FlagValues, vantage: Vantage): NetworkChoice {
  const arq = chooseArq(flags);
  const impairment = readImpairment(flags);
  const { traced, watch } = chooseTrace(flags, vantage);
  const base = {
    ...(arq !== undefined && { transport: { arq } }),
    ...(watch !== undefined && { watch }),
  };
  if (flags.impair === undefined) return flags.trace ? { ...base, impair: traced } : base;
  const seed = chooseSeed(flags);
  return {
    ...base,
    impair: (machine, local) => new ImpairedMachine(traced(machine, local), { impairment, seed }),
    note: `impaired: ${formatImpairment(impairment)} (--seed ${seed})`,
  };
}
