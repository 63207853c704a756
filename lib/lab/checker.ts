import type { Fate } from './emulator.ts';
import type { World, WorldNode, WorldView } from './world.ts';

/** A datagram on the wire. `bytes` is valid during the call only. */
export interface Datagram {
  readonly from: WorldNode;
  /** Undefined when nobody is at the address. */
  readonly to: WorldNode | undefined;
  readonly bytes: Uint8Array;
  /** What the link did to it; unknown on arrival. */
  readonly fate?: DatagramFate;
}

/** `partitioned` and `dropped by hand`: the link never saw it. */
export type DatagramFate = Fate | 'partitioned' | 'dropped by hand';

/** Watches a world and throws when a rule is broken. All parts are optional. */
interface Watcher<W> {
  /** A machine sent a datagram (whatever the link did to it). */
  sent?(world: W, datagram: Datagram): void;
  /** A datagram is about to be handed to its machine. */
  received?(world: W, datagram: Datagram): void;
  /** A step is over; only `touched` can have changed. */
  stepped?(world: W, touched: Iterable<WorldNode>): void;
}

/** One that knows the world it is in. None may touch the machines. */
export type Checker = Watcher<World>;

/** One that only looks, and so can watch other worlds too. */
export type Observer = Watcher<WorldView>;
