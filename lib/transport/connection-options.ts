import type { RandomSource } from '../base/random.ts';
import type { Handshake, HandshakeIds } from '../crypto/protection.ts';
import type { TransportConfig } from './config.ts';
import type { Address } from './machine.ts';
import type { PacketObserver } from './message-trace.ts';
import type { RedundancyBudget } from './redundancy-budget.ts';

/** What a connection is made with. */
export interface ConnectionOptions {
  readonly now: number;
  /** Unique in its endpoint. */
  readonly id: number;
  readonly side: 'client' | 'server';
  readonly remote: Address;
  readonly config: TransportConfig;
  readonly random: RandomSource;
  /** A handshake at its beginning; a server may need more than one. */
  readonly makeHandshake: () => Handshake;
  /** Of the protocol: that of the handshake. */
  readonly version: number;
  readonly ids: HandshakeIds;
  /** Shared with others: what the copies of all of them may cost. */
  readonly sharedBudget?: RedundancyBudget | undefined;
  /** Looks on at what becomes of the packets. */
  readonly observer?: PacketObserver | undefined;
  /** Called when there may be something new to poll. */
  readonly onDirty?: () => void;
  /** Called when the peer has shown that it has the keys. */
  readonly onProven?: () => void;
  /** Called when the peer's address is another one, and proven. */
  readonly onMoved?: (from: Address) => void;
}
