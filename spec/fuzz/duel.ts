import { SeededRandom } from '../../lib/base/random.ts';
import { plaintext } from '../../lib/crypto/plaintext.ts';
import { HmacRetryTokens } from '../../lib/crypto/retry-tokens.ts';
import type { Observer } from '../../lib/lab/checker.ts';
import { Ledger } from '../../lib/lab/ledger.ts';
import { transportCheckers } from '../../lib/lab/transport-checkers.ts';
import type { WorldNode, WorldView } from '../../lib/lab/world.ts';
import type { Connection } from '../../lib/transport/connection.ts';
import { Endpoint, type EndpointEvent } from '../../lib/transport/endpoint.ts';
import { TransportError } from '../../lib/transport/errors.ts';
import { type Address, formatAddress } from '../../lib/transport/machine.ts';
import { hex } from '../support/vectors.ts';
import { demand } from './target.ts';

/** What may happen. `pick` chooses among the datagrams on their way, `ms` is virtual time. */
export type Step =
  | { readonly do: 'send'; readonly side: Side; readonly channel: number; readonly length: number }
  | { readonly do: 'deliver' | 'drop' | 'duplicate'; readonly pick: number }
  | { readonly do: 'damage'; readonly pick: number; readonly bit: number }
  | { readonly do: 'pass' | 'tick' | 'sleep'; readonly ms: number }
  | { readonly do: 'end' | 'close'; readonly side: Side }
  | { readonly do: 'connect' | 'rebind' };

export type Side = 'client' | 'server';

/** One way, ms, where the network does as it should. */
const DELAY = 5;

/** Within this time after all faults are healed everything is over, ms. */
const DRAIN_BOUND = 60_000;

/** Timers and datagrams in one stretch of time; more is a loop. */
const MAX_TURNS = 200_000;

interface Node extends WorldNode {
  address: Address;
  readonly machine: Endpoint;
  readonly alive: boolean;
}

interface Flying {
  readonly from: Address;
  readonly to: string;
  readonly bytes: Uint8Array;
  readonly at: number;
}

/** Two endpoints, and a network whose every datagram waits for what the script does with it. */
export class Duel implements WorldView {
  readonly #nodes: Readonly<Record<Side, Node>>;
  readonly #checkers: readonly Observer[];
  readonly #ledger = new Ledger();
  readonly #connected: Connection[] = [];
  readonly #closed = new Set<Connection>();
  #flying: Flying[] = [];
  #now = 1_000;
  #sent = 0;

  constructor(seed: number) {
    const random = new SeededRandom(seed);
    const tokens = new HmacRetryTokens(new Uint8Array(32).fill(7));
    const common = { handshakes: plaintext, tokens };
    const node = (name: Side, address: string): Node => {
      const machine = new Endpoint({ ...common, random: random.fork() });
      return { name, address: { address, port: 5_000 }, machine, alive: true };
    };
    this.#nodes = { client: node('client', '10.0.0.2'), server: node('server', '10.0.0.1') };
    const { client, server } = this.#nodes;
    this.#checkers = transportCheckers(({ name }) => {
      return (name === 'client' ? client : server).machine.connections;
    });
    this.perform({ do: 'connect' });
  }

  get nodes(): readonly WorldNode[] {
    return [this.#nodes.client, this.#nodes.server];
  }

  localNow(): number {
    return this.#now;
  }

  perform(step: Step): void {
    switch (step.do) {
      case 'send':
        this.#send(step.side, step.channel, step.length);
        break;
      case 'deliver':
        this.#deliver(this.#take(step.pick));
        break;
      case 'drop':
        this.#take(step.pick);
        break;
      case 'duplicate':
        this.#deliver(this.#flying[step.pick % this.#flying.length]);
        break;
      case 'damage':
        this.#damage(this.#take(step.pick), step.bit);
        break;
      case 'tick':
        this.#pass(step.ms, false);
        break;
      case 'pass':
        this.#pass(step.ms, true);
        break;
      case 'sleep':
        this.#now += step.ms;
        this.#timeouts();
        break;
      case 'end':
      case 'close':
        this.#leave(step.side, step.do);
        break;
      case 'connect':
        this.#connect();
        break;
      case 'rebind': {
        const { client } = this.#nodes;
        client.address = { ...client.address, port: client.address.port + 1 };
        break;
      }
    }
    this.#settle();
  }

  /** Heals the network: what still stands delivers everything, what doesn't is over. */
  finish(): void {
    this.#pass(DRAIN_BOUND, true);
    const { client, server } = this.#nodes;
    const ours = this.#newest;
    for (const connection of this.#connected) {
      if (connection === ours) continue;
      this.#ledger.forget(route(connection, 'client'));
      this.#ledger.forget(route(connection, 'server'));
    }
    let isAnswered = false;
    for (const theirs of server.machine.connections) {
      if (!theirs.isOpen) continue;
      isAnswered = ours !== undefined && route(theirs, 'server') === route(ours, 'server');
      demand(isAnswered && ours?.isOpen === true, 'invariant 18: the server keeps what is over');
    }
    if (ours?.isOpen) {
      demand(isAnswered, 'invariant 18: the client keeps what is over');
      const { missing } = this.#ledger;
      demand(missing === 0, `invariant 17: ${missing} messages have not arrived`);
    }
    for (const { machine } of [client, server]) machine.close(this.#now, { code: 0, reason: '' });
    this.#settle();
    this.#pass(DRAIN_BOUND, true);
    for (const { machine, name } of [client, server]) {
      demand(machine.size === 0, `invariant 20: the ${name} keeps a connection after close`);
      demand(machine.nextTimeout() === Number.POSITIVE_INFINITY, `invariant 20: the ${name} ticks`);
    }
  }

  #send(side: Side, channel: number, length: number): void {
    const connection = side === 'client' ? this.#newest : this.#accepted();
    if (connection === undefined || !connection.isOpen) return;
    const bytes = new Uint8Array(length).fill(this.#sent++);
    try {
      connection.send(channel, bytes);
    } catch (error) {
      if (error instanceof TransportError && error.code !== 'ERR_CHANNEL') return;
      throw error;
    }
    this.#ledger.send(route(connection, side), channel, bytes);
  }

  #connect(): void {
    const { client, server } = this.#nodes;
    this.#connected.push(client.machine.connect(this.#now, server.address));
  }

  get #newest(): Connection | undefined {
    return this.#connected.at(-1);
  }

  #accepted(): Connection | undefined {
    for (const connection of this.#nodes.server.machine.connections) {
      if (connection.isPeerProven) return connection;
    }
    return undefined;
  }

  #leave(side: Side, how: 'end' | 'close'): void {
    const request = { code: 0x100, reason: 'enough' };
    const connection = side === 'client' ? this.#newest : this.#accepted();
    if (how === 'end') connection?.end(this.#now, request);
    else connection?.close(this.#now, request);
  }

  #take(pick: number): Flying | undefined {
    return this.#flying.splice(pick % Math.max(1, this.#flying.length), 1)[0];
  }

  #damage(datagram: Flying | undefined, bit: number): void {
    if (datagram === undefined || datagram.bytes.length === 0) return;
    const bytes = datagram.bytes.slice();
    const at = (bit >> 3) % bytes.length;
    bytes[at] = (bytes[at] ?? 0) ^ (1 << (bit & 7));
    this.#deliver({ ...datagram, bytes });
  }

  #deliver(datagram: Flying | undefined): void {
    if (datagram === undefined) return;
    const to = this.#nodeAt(datagram.to);
    if (to === undefined) return;
    const bytes = datagram.bytes.slice();
    const other = to.name === 'client' ? this.#nodes.server : this.#nodes.client;
    const from = { ...other, address: datagram.from };
    for (const checker of this.#checkers) checker.received?.(this, { from, to, bytes });
    to.machine.handleDatagram(this.#now, datagram.from, bytes);
    this.#settle(to);
  }

  /** Lets time go by with its timers; and with its datagrams, if they are to `arrive`. */
  #pass(ms: number, arrive: boolean): void {
    const until = this.#now + ms;
    for (let turns = 0; turns < MAX_TURNS; turns++) {
      const next = arrive ? this.#flying[0] : undefined;
      const arrival = next === undefined ? Number.POSITIVE_INFINITY : next.at + DELAY;
      const due = Math.min(arrival, this.#nextTimeout());
      if (due > until) {
        this.#now = until;
        return;
      }
      this.#now = Math.max(this.#now, due);
      if (arrival <= this.#now) this.#deliver(this.#flying.shift());
      this.#timeouts();
    }
    demand(false, 'invariant 8: a loop in which time does not pass');
  }

  #nextTimeout(): number {
    const { client, server } = this.#nodes;
    return Math.min(client.machine.nextTimeout(), server.machine.nextTimeout());
  }

  #timeouts(): void {
    for (const node of [this.#nodes.client, this.#nodes.server]) {
      if (node.machine.nextTimeout() > this.#now) continue;
      node.machine.handleTimeout(this.#now);
      this.#settle(node);
    }
  }

  /** Polls until dry and lets the checkers look. */
  #settle(touched?: Node): void {
    const { client, server } = this.#nodes;
    const nodes = touched === undefined ? [client, server] : [touched];
    for (const node of nodes) this.#flush(node);
    for (const checker of this.#checkers) checker.stepped?.(this, nodes);
  }

  #flush(node: Node): void {
    const { machine } = node;
    for (let item = machine.pollEvent(); item; item = machine.pollEvent()) this.#hear(node, item);
    for (let out = machine.pollTransmit(this.#now); out; out = machine.pollTransmit(this.#now)) {
      const bytes = out.bytes.slice();
      const to = formatAddress(out.to);
      const datagram = { from: node, to: this.#nodeAt(to), bytes };
      for (const checker of this.#checkers) checker.sent?.(this, datagram);
      this.#flying.push({ from: node.address, to, bytes, at: this.#now });
    }
    for (let item = machine.pollEvent(); item; item = machine.pollEvent()) this.#hear(node, item);
  }

  #hear(node: Node, { connection, event }: EndpointEvent): void {
    demand(!this.#closed.has(connection), `${node.name}: ${event.type} after closed`);
    const outward = node.name === 'client' ? 'client' : 'server';
    if (event.type === 'message') {
      const inward = outward === 'client' ? 'server' : 'client';
      this.#ledger.receive(route(connection, inward), event.channel, event.bytes);
    } else if (event.type === 'closed') {
      this.#closed.add(connection);
      const { by, code, reason } = event.close;
      // Code 0: it gave way to a new one. Any other error would be the peer's fault.
      demand(by !== 'error' || code === 0, `the ${node.name} calls its peer a liar: ${reason}`);
    }
  }

  #nodeAt(address: string): Node | undefined {
    const { client, server } = this.#nodes;
    return [client, server].find((node) => formatAddress(node.address) === address);
  }
}

function route({ clientId }: Connection, from: Side): string {
  return `${hex(clientId)} ${from}`;
}
