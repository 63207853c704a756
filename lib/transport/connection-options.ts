import type { RandomSource } from '../base/random.ts';
import type { Handshake, HandshakeIds } from '../crypto/protection.ts';
import type { TransportConfig } from './config.ts';
import type { Address } from './machine.ts';
import type { PacketObserver } from './message-trace.ts';
import type { ProbePace } from './probe-pace.ts';
import type { RedundancyBudget } from './redundancy-budget.ts';

/** What all connections of an endpoint have in common. */
export interface SharedParts {
  readonly config: TransportConfig;
  readonly random: RandomSource;
  /** Of the protocol: that of the handshakes. */
  readonly version: number;
  /** What the copies of all connections together may cost. */
  readonly copyBudget?: RedundancyBudget | undefined;
  /** How soon one of all that are suspect may be probed. */
  readonly probePace: ProbePace;
  /** Looks on at what becomes of the packets. */
  readonly observer?: PacketObserver | undefined;
}

/** Who keeps a connection. */
export interface ConnectionOwner {
  /** There may be something new to poll. */
  onDirty(): void;
  /** A message waits to be sent: transmits are to be polled, events are not. */
  onQueued(): void;
  /** The peer has shown that it has the keys. */
  onProven(): void;
  /** The peer's address is another one, and proven; `from` is where it was. */
  onMoved(from: Address): void;
}

/** What a connection is made with. */
export interface ConnectionOptions {
  readonly now: number;
  /** Unique in its endpoint. */
  readonly id: number;
  readonly side: 'client' | 'server';
  readonly remote: Address;
  /** A handshake at its beginning; a server may need more than one. */
  readonly makeHandshake: () => Handshake;
  readonly ids: HandshakeIds;
  readonly shared: SharedParts;
  readonly owner: ConnectionOwner;
}
