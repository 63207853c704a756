import { SeededRandom } from '../../lib/base/random.ts';
import { createNoise } from '../../lib/crypto/noise.ts';
import { plaintext } from '../../lib/crypto/plaintext.ts';
import type { HandshakeProvider, ResetTokens } from '../../lib/crypto/protection.ts';
import { HmacRetryTokens } from '../../lib/crypto/retry-tokens.ts';
import type { TransportConfig } from '../../lib/transport/config.ts';
import type { Connection } from '../../lib/transport/connection.ts';
import type { ConnectionEvent } from '../../lib/transport/connection-event.ts';
import { Endpoint } from '../../lib/transport/endpoint.ts';
import type { Address } from '../../lib/transport/machine.ts';

/** What a test decides about each datagram: undefined delivers it, unchanged, after `delay`. */
export type Fate = (datagram: {
  readonly index: number;
  readonly to: 'client' | 'server';
  readonly bytes: Uint8Array;
  readonly now: number;
}) => { drop?: boolean; delay?: number; copies?: number; bytes?: Uint8Array } | undefined;

interface InFlight {
  readonly at: number;
  readonly order: number;
  readonly to: 'client' | 'server';
  /** Where the client was. */
  readonly client: Address;
  readonly bytes: Uint8Array;
}

export interface Handshakes {
  readonly client: HandshakeProvider;
  readonly server: HandshakeProvider;
}

const CLIENT: Address = { address: '10.0.0.2', port: 40_000 };
const SERVER: Address = { address: '10.0.0.1', port: 5_000 };

/**
 * A client and a server endpoint with one connection, in virtual time. `delay` is ms one way.
 * Everything that happens follows from the seed.
 */
export class Pair {
  readonly client: Endpoint;
  readonly server: Endpoint;
  readonly connection: Connection;
  readonly random: SeededRandom;
  readonly clientEvents: ConnectionEvent[] = [];
  readonly serverEvents: ConnectionEvent[] = [];
  readonly sizes = { client: 0, server: 0 };
  /** Every datagram sent; `client` is the client's end of it. */
  readonly wire: {
    to: 'client' | 'server';
    bytes: Uint8Array;
    at: number;
    client: Address;
  }[] = [];
  accepted: Connection | undefined;
  now = 1_000;
  /** Where the client is: may be changed at any time, as by a NAT. Nobody is where it was. */
  clientAddress: Address = CLIENT;
  fate: Fate = () => undefined;
  reads = true;
  readonly #delay: number;
  #flight: InFlight[] = [];
  #order = 0;

  constructor(
    options: {
      seed?: number;
      delay?: number;
      config?: Partial<TransportConfig>;
      /** The server's, where it is another. */
      serverConfig?: Partial<TransportConfig>;
      /** `noise`: encrypted, keys from the seed. Plaintext unless told. */
      handshakes?: 'noise' | Handshakes;
      resets?: ResetTokens;
    } = {},
  ) {
    this.random = new SeededRandom(options.seed ?? 1);
    this.#delay = options.delay ?? 10;
    const config = options.config ?? {};
    const handshakes = this.#handshakes(options.handshakes);
    const random = this.random.fork();
    this.client = new Endpoint({ config, random, handshakes: handshakes.client });
    const tokens = new HmacRetryTokens(new Uint8Array(32).fill(7));
    this.server = new Endpoint({
      handshakes: handshakes.server,
      config: options.serverConfig ?? config,
      random: this.random.fork(),
      tokens,
      resets: options.resets,
    });
    this.connection = this.client.connect(this.now, SERVER);
  }

  /** Runs until `now + ms`, or until `done` says so. Returns whether it did. */
  run(ms: number, done: () => boolean = () => false): boolean {
    const end = this.now + ms;
    for (let steps = 0; steps < 2_000_000; steps++) {
      this.flush();
      if (done()) return true;
      const next = Math.min(
        this.client.nextTimeout(),
        this.server.nextTimeout(),
        this.#flight[0]?.at ?? Number.POSITIVE_INFINITY,
      );
      if (next > end) {
        this.now = end;
        return false;
      }
      this.now = Math.max(this.now, next);
      this.#deliver();
      if (this.client.nextTimeout() <= this.now) this.client.handleTimeout(this.now);
      if (this.server.nextTimeout() <= this.now) this.server.handleTimeout(this.now);
    }
    throw new Error('a loop without progress');
  }

  /** Runs until both sides say that the connection stands. */
  connect(): this {
    if (!this.run(10_000, () => this.accepted !== undefined && this.#isConnected)) {
      throw new Error('no connection');
    }
    return this;
  }

  /** Messages that came to one side, as text by channel. */
  texts(side: 'client' | 'server', channel: number): string[] {
    const events = side === 'client' ? this.clientEvents : this.serverEvents;
    const decoder = new TextDecoder();
    return events.flatMap((event) =>
      event.type === 'message' && event.channel === channel ? [decoder.decode(event.bytes)] : [],
    );
  }

  flush(): void {
    for (const side of ['client', 'server'] as const) {
      const endpoint = this[side];
      const to = side === 'client' ? 'server' : 'client';
      for (
        let sent = endpoint.pollTransmit(this.now);
        sent;
        sent = endpoint.pollTransmit(this.now)
      ) {
        // What is sent to where the client no longer is, is lost; `wire` has it all the same.
        this.#put(to, sent.bytes.slice(), side === 'server' ? sent.to : this.clientAddress);
      }
      if (this.reads) this.#collect(side);
    }
  }

  #handshakes(choice: 'noise' | Handshakes | undefined): Handshakes {
    if (choice === undefined) return { client: plaintext, server: plaintext };
    if (choice !== 'noise') return choice;
    const make = (): HandshakeProvider => createNoise({ random: this.random.fork() });
    return { client: make(), server: make() };
  }

  get #isConnected(): boolean {
    return this.clientEvents.some(({ type }) => type === 'connected');
  }

  #collect(side: 'client' | 'server'): void {
    const events = side === 'client' ? this.clientEvents : this.serverEvents;
    for (let item = this[side].pollEvent(); item; item = this[side].pollEvent()) {
      events.push(item.event);
      if (side === 'server') this.accepted = item.connection;
    }
  }

  #put(to: 'client' | 'server', bytes: Uint8Array, client: Address): void {
    this.sizes[to] += bytes.length;
    this.wire.push({ to, bytes, at: this.now, client });
    const fate = this.fate({ index: this.wire.length - 1, to, bytes, now: this.now }) ?? {};
    if (fate.drop) return;
    const at = this.now + (fate.delay ?? this.#delay);
    for (let i = 0; i < (fate.copies ?? 1); i++) {
      const copy = (fate.bytes ?? bytes).slice();
      this.#flight.push({ at, order: this.#order++, to, client, bytes: copy });
    }
    this.#flight.sort((a, b) => a.at - b.at || a.order - b.order);
  }

  #deliver(): void {
    while ((this.#flight[0]?.at ?? Number.POSITIVE_INFINITY) <= this.now) {
      const next = this.#flight.shift();
      if (next === undefined) return;
      const { address, port } = this.clientAddress;
      const isThere = next.client.address === address && next.client.port === port;
      if (next.to === 'server') this.server.handleDatagram(this.now, next.client, next.bytes);
      else if (isThere) this.client.handleDatagram(this.now, SERVER, next.bytes);
    }
  }
}
