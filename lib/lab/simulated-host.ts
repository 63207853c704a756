import { randomBytes, randomInt, type SeededRandom } from '../base/random.ts';
import { plaintext } from '../crypto/plaintext.ts';
import type { ResetTokens } from '../crypto/protection.ts';
import { HmacRetryTokens } from '../crypto/retry-tokens.ts';
import { ServerCore } from '../server/core.ts';
import type { HubCoreOptions } from '../server/hub-core.ts';
import { Shard } from '../server/shard.ts';
import { ShardedCore } from '../server/sharded-core.ts';
import type { TransportConfig } from '../transport/config.ts';
import type { Connection } from '../transport/connection.ts';
import type { Machine } from '../transport/machine.ts';
import { SimulatedShards } from './simulated-shards.ts';

/** A chat server in a world. */
export interface SimulatedHost {
  /** Takes commands and has events. */
  readonly core: ServerCore | ShardedCore;
  readonly machine: Machine & { readonly connections: Iterable<Connection> };
  /** A thread that has connections dies; nothing happens where there is none. */
  killThread(now: number): void;
}

export interface SimulatedHostOptions extends Omit<HubCoreOptions, 'random'> {
  /** Threads that have connections. */
  readonly shards: number;
  readonly resets?: ResetTokens;
  readonly transport?: Partial<TransportConfig>;
}

/** A server in one piece, or with shards: then chance says which of them receives what. */
export function makeHost(random: SeededRandom, options: SimulatedHostOptions): SimulatedHost {
  const { shards, resets, transport, chat } = options;
  if (shards === 1) {
    const core = new ServerCore({ random: random.fork(), ...secrets(random), ...options });
    return { core, machine: core, killThread: () => {} };
  }
  const core = new ShardedCore({ random: random.fork(), ...options });
  const make = (index: number): Shard =>
    new Shard({
      random: random.fork(),
      ...secrets(random),
      resets,
      transport,
      chat,
      index,
      shards,
    });
  const isHandOff = randomInt(random, 2) === 0;
  const machine = new SimulatedShards({ core, shards, isHandOff, random: random.fork(), make });
  const killThread = (now: number): void => machine.kill(now, randomInt(random, shards));
  return { core, machine, killThread };
}

function secrets(random: SeededRandom): {
  handshakes: typeof plaintext;
  tokens: HmacRetryTokens;
} {
  return { handshakes: plaintext, tokens: new HmacRetryTokens(randomBytes(random, 32)) };
}
