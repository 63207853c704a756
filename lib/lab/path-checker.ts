import { DEFAULT_TRANSPORT_CONFIG, type TransportConfig } from '../transport/config.ts';
import type { Connection } from '../transport/connection.ts';
import { formatAddress } from '../transport/machine.ts';
import type { Datagram, Observer } from './checker.ts';
import { InvariantError } from './connection-checker.ts';
import { TouchedConnections } from './touched-connections.ts';
import type { WorldNode, WorldView } from './world.ts';

/** How much may be saved up for copies, ms of the rate; see `RedundancyBudget`. */
const SAVINGS = 250;

/** The rate is looked at when copies are paid, not at each moment in between. */
const BUDGET_SLACK = 1.1;

/** What adding and multiplying times may cost, ms. */
const ROUNDING = 1e-6;

/** What the checker remembers of a connection. Times in ms, sizes in bytes. */
interface Memory {
  readonly since: number;
  inFlight: number;
  forced: number;
  copyBytes: number;
  leastRtt: number;
  mostRtt: number;
}

/**
 * Whether a connection is fair to its path, seen from inside after every step and every datagram:
 * invariants 6 (the congestion window), 7 (copies), 15 (round-trip times), 16 (losses).
 */
export class PathChecker implements Observer {
  readonly #connectionsOf: (node: WorldNode) => Iterable<Connection>;
  readonly #touched: TouchedConnections;
  readonly #config: TransportConfig;
  readonly #memories = new WeakMap<Connection, Memory>();

  constructor(options: {
    connectionsOf: (node: WorldNode) => Iterable<Connection>;
    config?: TransportConfig;
  }) {
    this.#connectionsOf = options.connectionsOf;
    this.#touched = new TouchedConnections(options.connectionsOf);
    this.#config = options.config ?? DEFAULT_TRANSPORT_CONFIG;
  }

  received(_world: WorldView, { from, to }: Datagram): void {
    if (to !== undefined) this.#touched.note(to, from.address);
  }

  sent(world: WorldView, { from, to }: Datagram): void {
    if (to !== undefined) this.#touched.note(from, to.address);
    for (const connection of this.#connectionsOf(from)) {
      // Those that sent nothing look as they did.
      if (to !== undefined && connection.sentTo.port !== to.address.port) continue;
      const label = `${from.name} to ${formatAddress(connection.remote)}`;
      this.#checkSent(world.localNow(from), connection, label);
    }
  }

  stepped(world: WorldView, touched: Iterable<WorldNode>): void {
    for (const node of touched) {
      if (!node.alive) continue;
      const now = world.localNow(node);
      for (const connection of this.#touched.take(node).connections) {
        this.#checkEstimates(now, connection, node.name);
      }
    }
  }

  #memory(now: number, connection: Connection): Memory {
    let memory = this.#memories.get(connection);
    if (memory === undefined) {
      const [leastRtt, mostRtt] = [Number.POSITIVE_INFINITY, 0];
      memory = { since: now, inFlight: 0, forced: 0, copyBytes: 0, leastRtt, mostRtt };
      this.#memories.set(connection, memory);
    }
    return memory;
  }

  #checkSent(now: number, connection: Connection, label: string): void {
    const memory = this.#memory(now, connection);
    const { bytesInFlight, cwnd, forced, copyBytes } = connection.inspect();
    if (bytesInFlight > memory.inFlight && forced === memory.forced && bytesInFlight > cwnd) {
      throw new InvariantError(6, `${label}: ${bytesInFlight} B in flight, cwnd ${cwnd} B`);
    }
    memory.inFlight = bytesInFlight;
    memory.forced = forced;

    if (copyBytes === memory.copyBytes) return;
    memory.copyBytes = copyBytes;
    const { srtt, minRtt, liveness, bytesSent } = connection.stats(now);
    const { queueDelayFloor, copyShare, copyFloor } = this.#config;
    const isQueueGrowing = srtt - minRtt > Math.max(queueDelayFloor, minRtt / 2) + ROUNDING;
    if (isQueueGrowing || liveness !== 'alive') {
      const why = isQueueGrowing ? `srtt ${srtt} ms over ${minRtt} ms` : liveness;
      throw new InvariantError(7, `${label}: a copy while the gate is shut, ${why}`);
    }
    const floor = copyFloor.connection * (now - memory.since + SAVINGS);
    if (copyBytes > floor + BUDGET_SLACK * copyShare * bytesSent) {
      throw new InvariantError(7, `${label}: copies of ${copyBytes} B, over their budget`);
    }
  }

  #checkEstimates(now: number, connection: Connection, label: string): void {
    const memory = this.#memory(now, connection);
    const { latestRtt, srtt, largestAcked, largestLost, bytesInFlight } = connection.inspect();
    memory.inFlight = bytesInFlight;
    if (largestLost >= 0 && largestLost >= largestAcked) {
      const what = `packet ${largestLost} lost, but ${largestAcked} is the last acknowledged`;
      throw new InvariantError(16, `${label}: ${what}`);
    }
    if (latestRtt === undefined || srtt === undefined) return;
    memory.leastRtt = Math.min(memory.leastRtt, latestRtt);
    memory.mostRtt = Math.max(memory.mostRtt, latestRtt);
    if (srtt < memory.leastRtt - ROUNDING || srtt > memory.mostRtt + ROUNDING) {
      const samples = `${memory.leastRtt}..${memory.mostRtt}`;
      throw new InvariantError(15, `${label}: srtt ${srtt} ms, samples ${samples} ms`);
    }
  }
}
