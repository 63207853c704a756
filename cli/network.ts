import type {
  Address,
  HandshakeProvider,
  Machine,
  TransportConfig,
  Vantage,
} from '../lib/index.ts';
import { usageError } from './errors.ts';
import { type FlagName, type FlagValues, numberFlag } from './flags.ts';

const NETWORK_FLAGS: readonly FlagName[] = ['impair', 'arq', 'trace', 'keylog'];

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

/** The seed of `--seed`, or one that chance gives. */
export function chooseSeed(flags: FlagValues): number {
  const seed = numberFlag(flags, 'seed', { least: 0, most: 2 ** 32 - 1, isWhole: true });
  return seed ?? Math.floor(Math.random() * 2 ** 32);
}

/** Reads `--impair`, `--seed`, `--arq`, `--trace` and `--keylog`. */
export async function chooseNetwork(flags: FlagValues, vantage: Vantage): Promise<NetworkChoice> {
  if (flags.impair === undefined && flags.seed !== undefined) {
    throw usageError('--seed needs --impair');
  }
  if (NETWORK_FLAGS.every((name) => flags[name] === undefined)) return {};
  const { impairedNetwork } = await import('./impair.ts');
  return impairedNetwork(flags, vantage);
}
