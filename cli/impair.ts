import {
  type Address,
  ARQ_NAMES,
  type ArqName,
  formatImpairment,
  type HandshakeProvider,
  ImpairedMachine,
  type Impairment,
  type ImpairmentError,
  type Machine,
  parseImpairment,
  type TransportConfig,
  type Vantage,
} from '../lib/index.ts';
import { type CliError, usageError } from './errors.ts';
import { type FlagValues, numberFlag, textFlag } from './flags.ts';
import { chooseTrace } from './trace.ts';

/** Says what was not understood of an impairment, and where it is. */
export function impairmentError(flag: string, text: string, error: ImpairmentError): CliError {
  return usageError(`${flag}: ${error.message}`, `at character ${error.at + 1} of "${text}"`);
}

/** What `--impair`, `--arq`, `--trace` and `--keylog` put into a server or client. */
export interface NetworkChoice {
  /** Absent when nothing is to be between socket and machine. */
  readonly impair?: (machine: Machine, local: () => Address) => Machine;
  /** For `watch` of a server or client; absent when no trace was asked for. */
  readonly watch?: (handshakes: HandshakeProvider) => HandshakeProvider;
  /** For `transport` of a server or client; absent when no ARQ was asked for. */
  readonly transport?: Partial<TransportConfig>;
  /** What to tell people, with the seed that repeats it. */
  readonly note?: string;
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

/** The seed of `--seed`, or one that chance gives. */
export function chooseSeed(flags: FlagValues): number {
  const seed = numberFlag(flags, 'seed', { least: 0, most: 2 ** 32 - 1, isWhole: true });
  return seed ?? Math.floor(Math.random() * 2 ** 32);
}

/** The impairment of a flag; nothing at all if it was not given. */
export function readImpairment(flags: FlagValues): Impairment {
  const text = textFlag(flags, 'impair') ?? '';
  const parsed = parseImpairment(text);
  if (!parsed.ok) throw impairmentError('--impair', text, parsed.error);
  return parsed.impairment;
}

/** Reads `--impair`, `--seed`, `--arq`, `--trace` and `--keylog`. */
export function chooseNetwork(flags: FlagValues, vantage: Vantage): NetworkChoice {
  const arq = chooseArq(flags);
  if (flags.impair === undefined && flags.seed !== undefined) {
    throw usageError('--seed needs --impair');
  }
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
