import { SeededRandom } from '../../lib/base/random.ts';
import { plaintext } from '../../lib/crypto/plaintext.ts';
import { HmacRetryTokens } from '../../lib/crypto/retry-tokens.ts';
import { Emulator } from '../../lib/lab/emulator.ts';
import type { Impairment } from '../../lib/lab/impairment.ts';
import type { TransportConfig } from '../../lib/transport/config.ts';
import type { Connection } from '../../lib/transport/connection.ts';
import { Endpoint } from '../../lib/transport/endpoint.ts';
import type { Address } from '../../lib/transport/machine.ts';

/** IP and UDP headers, which take their time on the wire too. The first byte names the flow. */
const HEADERS = 28;

/** Bytes of a message: fills a datagram. */
const MESSAGE = 1_100;

const SERVER: Address = { address: '10.0.0.1', port: 5_000 };

/** One client of many behind the bottleneck. */
export class Flow {
  readonly address: Address;
  readonly endpoint: Endpoint;
  readonly connection: Connection;
  /** Whether it sends as fast as it may. */
  isBusy = true;
  /** Bytes of messages that arrived. */
  delivered = 0;
  srtts: number[] = [];

  constructor(index: number, endpoint: Endpoint, now: number) {
    this.address = { address: `10.0.1.${index}`, port: 40_000 };
    this.endpoint = endpoint;
    this.connection = endpoint.connect(now, SERVER);
  }

  get medianSrtt(): number {
    const sorted = this.srtts.toSorted((a, b) => a - b);
    return sorted[sorted.length >> 1] ?? 0;
  }

  fill(): void {
    if (!this.isBusy || this.connection.state !== 'established') return;
    if (this.connection.stats(0).bytesQueued > 900 * 1024) return;
    for (let i = 0; i < 64; i++) this.connection.send(0, new Uint8Array(MESSAGE));
  }
}

/** Several clients that send to one server through one queue, in virtual time. */
export class Bottleneck {
  readonly server: Endpoint;
  readonly flows: readonly Flow[];
  readonly forward: Emulator;
  readonly #back: Emulator;
  now = 1_000;

  constructor(options: {
    seed: number;
    /** To the server, where the queue is, and back. */
    forward: Impairment;
    back: Impairment;
    /** One for each flow. */
    configs: readonly Partial<TransportConfig>[];
  }) {
    const random = new SeededRandom(options.seed);
    const tokens = new HmacRetryTokens(new Uint8Array(32).fill(7));
    this.server = new Endpoint({ random: random.fork(), handshakes: plaintext, tokens });
    this.forward = new Emulator({ impairment: options.forward, random: random.fork() });
    this.#back = new Emulator({ impairment: options.back, random: random.fork() });
    this.flows = options.configs.map((config, index) => {
      const endpoint = new Endpoint({ random: random.fork(), handshakes: plaintext, config });
      return new Flow(index, endpoint, this.now);
    });
  }

  /** Runs until every flow is connected; none sends before. */
  connect(): this {
    const isConnected = (): boolean =>
      this.flows.every(({ connection }) => connection.state === 'established');
    for (const flow of this.flows) flow.isBusy = false;
    while (!isConnected()) this.run(10);
    for (const flow of this.flows) flow.isBusy = true;
    return this;
  }

  run(ms: number): this {
    const end = this.now + ms;
    let sampleAt = this.now;
    while (this.now < end) {
      for (const flow of this.flows) this.#serve(flow);
      this.#answer();
      if (this.now >= sampleAt) {
        sampleAt = this.now + 10;
        for (const { srtts, connection } of this.flows) srtts.push(connection.stats(0).srtt);
      }
      const machines = [this.server, ...this.flows.map(({ endpoint }) => endpoint)];
      const links = [this.forward, this.#back];
      const next = Math.min(...[...machines, ...links].map((part) => part.nextTimeout()));
      this.now = Math.max(this.now, Math.min(next, end));
      this.#deliver();
      for (const machine of machines) {
        if (machine.nextTimeout() <= this.now) machine.handleTimeout(this.now);
      }
    }
    return this;
  }

  /** Mbit/s of messages that each flow got through in the next `ms`. */
  measure(ms: number): readonly number[] {
    const before = this.flows.map(({ delivered }) => delivered);
    for (const flow of this.flows) flow.srtts = [];
    this.run(ms);
    return this.flows.map(({ delivered }, i) => ((delivered - (before[i] ?? 0)) * 8) / ms / 1_000);
  }

  #serve(flow: Flow): void {
    const { endpoint } = flow;
    while (endpoint.pollEvent() !== undefined) {}
    flow.fill();
    for (let out = endpoint.pollTransmit(this.now); out; out = endpoint.pollTransmit(this.now)) {
      this.forward.offer(this.now, wrap(this.flows.indexOf(flow), out.bytes));
    }
  }

  #answer(): void {
    const { server, flows, now } = this;
    for (let item = server.pollEvent(); item; item = server.pollEvent()) {
      const flow = flows[indexOf(item.connection.remote)];
      if (item.event.type === 'message' && flow) flow.delivered += item.event.bytes.length;
    }
    for (let out = server.pollTransmit(now); out; out = server.pollTransmit(now)) {
      this.#back.offer(now, wrap(indexOf(out.to), out.bytes));
    }
  }

  #deliver(): void {
    const { now, flows } = this;
    for (let bytes = this.forward.poll(now); bytes; bytes = this.forward.poll(now)) {
      const from = flows[bytes[0] ?? 0]?.address;
      if (from) this.server.handleDatagram(now, from, bytes.slice(HEADERS));
    }
    for (let bytes = this.#back.poll(now); bytes; bytes = this.#back.poll(now)) {
      flows[bytes[0] ?? 0]?.endpoint.handleDatagram(now, SERVER, bytes.slice(HEADERS));
    }
  }
}

function indexOf({ address }: Address): number {
  return Number(address.slice(address.lastIndexOf('.') + 1));
}

function wrap(flow: number, bytes: Uint8Array): Uint8Array {
  const wrapped = new Uint8Array(HEADERS + bytes.length);
  wrapped[0] = flow;
  wrapped.set(bytes, HEADERS);
  return wrapped;
}

/** A direction that takes `mbit` Mbit/s, with a queue of `queueMs` behind a delay of `delayMs`. */
export function link(options: {
  mbit: number;
  delayMs: number;
  queueMs: number;
  lossPercent?: number;
}): Impairment {
  const { mbit, delayMs, queueMs, lossPercent = 0 } = options;
  const packetsPerMs = (mbit * 1_000) / 8 / (MESSAGE + 19 + HEADERS);
  return {
    rate: mbit * 1e6,
    limit: Math.ceil(packetsPerMs * (delayMs + queueMs)),
    delay: { ms: delayMs, jitterMs: 0, correlation: 0, distribution: 'normal' },
    loss: { model: 'random', percent: lossPercent, correlation: 0 },
  };
}
