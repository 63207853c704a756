import type { World, WorldNode } from './world.ts';

/** A datagram on the wire. `bytes` is valid during the call only. */
export interface Datagram {
  readonly from: WorldNode;
  /** Undefined when nobody is at the address. */
  readonly to: WorldNode | undefined;
  readonly bytes: Uint8Array;
}

/**
 * Watches a world and throws when a rule is broken. All parts are optional; none may touch the
 * machines.
 */
export interface Checker {
  /** A machine sent a datagram (whatever the link did to it). */
  sent?(world: World, datagram: Datagram): void;
  /** A datagram is about to be handed to its machine. */
  received?(world: World, datagram: Datagram): void;
  /** A step is over; only `touched` can have changed, or anything after a scripted action. */
  stepped?(world: World, touched: WorldNode | undefined): void;
}
