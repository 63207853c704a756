import { randomInt } from 'node:crypto';
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { SeededRandom } from '../../base/random.ts';
import { type Address, formatAddress } from '../../transport/machine.ts';
import { Emulator, type EmulatorCounters } from '../emulator.ts';
import type { Impairment } from '../impairment.ts';
import type { PacketEvent, TraceEvent, Vantage } from '../tracing/event.ts';

/** Clients at once; datagrams of others are dropped. */
const MAX_CLIENTS = 1024;
/** Silence after which a client is forgotten, ms: longer than most keep a NAT open. */
const IDLE_TIMEOUT = 120_000;

interface Client {
  readonly upstream: Socket;
  readonly outward: Emulator;
  readonly inward: Emulator;
  timer: NodeJS.Timeout | undefined;
  lastHeard: number;
}

/** A datagram at the end that is `peer`'s, or the target's. */
interface Noted extends Pick<PacketEvent, 'at' | 'event' | 'bytes' | 'fate'> {
  readonly peer: Address;
  readonly vantage: Vantage;
}

const UNKNOWN = { number: -1, type: 'sealed', frames: [] } as const;

/**
 * A bad network for any UDP program: listens, and passes what comes to a target and back through
 * an emulator each way. Each client has a socket of its own toward the target.
 */
export class UdpProxy {
  readonly #target: Address;
  readonly #impairment: Impairment;
  readonly #random: SeededRandom;
  readonly #clients = new Map<string, Client>();
  readonly #onError: (error: Error) => void;
  readonly #trace: ((event: TraceEvent) => void) | undefined;
  readonly #since = performance.now();
  #socket: Socket | undefined;
  #sweeper: NodeJS.Timeout | undefined;

  constructor(options: {
    target: Address;
    impairment: Impairment;
    seed?: number;
    /** Errors of sockets, which end nothing. */
    onError?: (error: Error) => void;
    /**
     * Is told of each datagram as if there were no proxy: sent at one end, with what the network
     * did to it, and received at the other. Nothing is known of what is in it.
     */
    trace?: ((event: TraceEvent) => void) | undefined;
  }) {
    this.#target = options.target;
    this.#impairment = options.impairment;
    this.#random = new SeededRandom(options.seed ?? randomInt(2 ** 32));
    this.#trace = options.trace;
    this.#onError = options.onError ?? ((): void => {});
  }

  /** Resolves with where it listens; rejects with the system's error. */
  async listen({ address, port }: Address): Promise<Address> {
    const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
    socket.bind(port, address);
    try {
      await once(socket, 'listening');
    } catch (error) {
      socket.close();
      throw error;
    }
    socket.on('error', this.#onError);
    socket.on('message', (bytes, from) => this.#fromClient(bytes, from));
    this.#socket = socket;
    this.#sweeper = setInterval(() => this.#forgetIdle(), IDLE_TIMEOUT / 4).unref();
    const bound = socket.address();
    return { address: bound.address, port: bound.port };
  }

  /** What became of all datagrams, toward the target and back. */
  get counters(): { readonly outward: EmulatorCounters[]; readonly inward: EmulatorCounters[] } {
    const clients = [...this.#clients.values()];
    return {
      outward: clients.map(({ outward }) => outward.counters),
      inward: clients.map(({ inward }) => inward.counters),
    };
  }

  close(): void {
    clearInterval(this.#sweeper);
    for (const key of this.#clients.keys()) this.#forget(key);
    this.#socket?.close();
    this.#socket = undefined;
  }

  #fromClient(bytes: Buffer, from: RemoteInfo): void {
    const key = formatAddress(from);
    let client = this.#clients.get(key);
    if (client === undefined) {
      if (this.#clients.size >= MAX_CLIENTS) return;
      client = this.#welcome(from);
      this.#clients.set(key, client);
    }
    client.lastHeard = performance.now();
    const fate = client.outward.offer(client.lastHeard, bytes);
    this.#note({ at: client.lastHeard, peer: from, vantage: 'client', event: 'sent', bytes, fate });
    this.#flush(client, from);
  }

  #welcome(from: Address): Client {
    const impairment = this.#impairment;
    const upstream = createSocket(isIPv6(this.#target.address) ? 'udp6' : 'udp4');
    const client: Client = {
      upstream,
      outward: new Emulator({ impairment, random: this.#random.fork() }),
      inward: new Emulator({ impairment, random: this.#random.fork() }),
      timer: undefined,
      lastHeard: 0,
    };
    const to = { address: from.address, port: from.port };
    upstream.on('error', this.#onError);
    upstream.on('message', (bytes) => {
      const at = performance.now();
      const fate = client.inward.offer(at, bytes);
      this.#note({ at, peer: to, vantage: 'server', event: 'sent', bytes, fate });
      this.#flush(client, to);
    });
    return client;
  }

  /** Passes on what is due, and comes back for the rest. */
  #flush(client: Client, from: Address): void {
    const { outward, inward, upstream } = client;
    const now = performance.now();
    for (let bytes = outward.poll(now); bytes; bytes = outward.poll(now)) {
      this.#note({ at: now, peer: from, vantage: 'server', event: 'received', bytes });
      upstream.send(bytes, this.#target.port, this.#target.address);
    }
    for (let bytes = inward.poll(now); bytes; bytes = inward.poll(now)) {
      this.#note({ at: now, peer: from, vantage: 'client', event: 'received', bytes });
      this.#socket?.send(bytes, from.port, from.address);
    }
    clearTimeout(client.timer);
    const next = Math.min(outward.nextTimeout(), inward.nextTimeout());
    if (next === Number.POSITIVE_INFINITY) return;
    client.timer = setTimeout(() => this.#flush(client, from), Math.max(0, next - now));
  }

  #note({ at, peer, ...datagram }: Noted): void {
    const isOutward = (datagram.vantage === 'client') === (datagram.event === 'sent');
    this.#trace?.({
      type: 'packet',
      at: at - this.#since,
      ...datagram,
      from: isOutward ? peer : this.#target,
      to: isOutward ? this.#target : peer,
      view: UNKNOWN,
    });
  }

  #forgetIdle(): void {
    const horizon = performance.now() - IDLE_TIMEOUT;
    for (const [key, { lastHeard }] of this.#clients) if (lastHeard < horizon) this.#forget(key);
  }

  #forget(key: string): void {
    const client = this.#clients.get(key);
    if (client === undefined) return;
    clearTimeout(client.timer);
    client.upstream.close();
    this.#clients.delete(key);
  }
}
