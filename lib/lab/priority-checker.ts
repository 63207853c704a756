import type { Connection } from '../transport/connection.ts';
import { isLong } from '../wire/packet-codec.ts';
import type { Datagram, Observer } from './checker.ts';
import { InvariantError, readPlaintext } from './connection-checker.ts';
import type { WorldNode, WorldView } from './world.ts';

/**
 * Datagrams of less urgent data that may leave in a row while something more urgent waits, because
 * it did not fit beside acknowledgements.
 */
const PATIENCE = 2;

/**
 * Reads what leaves and looks at what stays: invariant 19, that nothing less urgent goes before a
 * line of chat that may go too. Plaintext packets only.
 */
export class PriorityChecker implements Observer {
  readonly #connectionsOf: (node: WorldNode) => Iterable<Connection>;
  readonly #overtaken = new WeakMap<Connection, number>();

  constructor(options: { connectionsOf: (node: WorldNode) => Iterable<Connection> }) {
    this.#connectionsOf = options.connectionsOf;
  }

  sent(_world: WorldView, { from, to, bytes }: Datagram): void {
    if (to === undefined || isLong(bytes)) return;
    const { address, port } = to.address;
    for (const connection of this.#connectionsOf(from)) {
      const { sentTo } = connection;
      if (sentTo.address !== address || sentTo.port !== port) continue;
      this.#check(connection, bytes, `${from.name} to ${to.name}`);
    }
  }

  #check(connection: Connection, bytes: Uint8Array, label: string): void {
    const { urgencyOf, mostUrgentWaiting } = connection.inspect();
    let most = Number.POSITIVE_INFINITY;
    for (const frame of readPlaintext(bytes)) {
      const isData = frame.type === 'message' || frame.type === 'fragment' || frame.type === 'skip';
      if (isData) most = Math.min(most, urgencyOf(frame.channel));
    }
    const isOvertaking = most < Number.POSITIVE_INFINITY && most > mostUrgentWaiting();
    const times = isOvertaking ? (this.#overtaken.get(connection) ?? 0) + 1 : 0;
    this.#overtaken.set(connection, times);
    if (times <= PATIENCE) return;
    throw new InvariantError(19, `${label}: ${times} datagrams go before what is more urgent`);
  }
}
