import { randomBytes } from '../base/random.ts';
import { plaintext } from '../crypto/plaintext.ts';
import { HmacRetryTokens } from '../crypto/retry-tokens.ts';
import type { Connection } from '../transport/connection.ts';
import { Endpoint } from '../transport/endpoint.ts';
import type { ConnectionStats } from '../transport/stats.ts';
import type { ArqName } from '../wire/transport-parameters.ts';
import type { Datagram } from './checker.ts';
import type { DropList } from './drop-list.ts';
import type { Impairment } from './impairment.ts';
import { viewPacket } from './packet-view.ts';
import { messageIds, type PacketRecord, Recorder } from './recorder.ts';
import type { TraceEvent, Vantage } from './tracing/event.ts';
import { ExperimentTracer } from './tracing/experiment-tracer.ts';
import { World, type WorldNode } from './world.ts';

/** Time that a handshake may take in weather this bad, ms: nobody gives up here. */
export const HANDSHAKE_TIMEOUT = 600_000;

/** Bytes at the start of a message that say which it is. */
const INDEX_LENGTH = 4;

/** Between two looks at the state of the sender, ms. */
const SAMPLE_INTERVAL = 10;

/** What a client sends: so many messages, one every `intervalMs`, or as fast as they go at 0. */
export interface Workload {
  readonly messages: number;
  /** Bytes of a message; at least 4. */
  readonly bytes: number;
  readonly intervalMs: number;
}

export interface ExperimentOptions {
  readonly seed: number;
  readonly arq: ArqName;
  /** Packets in the window of go-back-n and selective-repeat. */
  readonly window: number;
  /** The weather each way. */
  readonly impairment: Impairment;
  readonly workload: Workload;
  /** Virtual time after which it ends, done or not, ms. */
  readonly limitMs: number;
  readonly dropList?: DropList | undefined;
  /** Sees every datagram. */
  readonly record?: (record: PacketRecord, datagram: Datagram) => void;
  /** Is told of every packet at both ends, and of the sender's state: what a trace is made of. */
  readonly trace?: (event: TraceEvent) => void;
  /** Sees the sender's state every 10 ms. */
  readonly sample?: (sample: SenderSample) => void;
}

/** The sender at a moment. Times in ms, sizes in bytes. */
export interface SenderSample {
  readonly at: number;
  readonly srtt: number;
  /** What a timeout would be now, without backoff. */
  readonly rto: number;
  readonly cwnd: number;
  readonly inFlight: number;
}

export interface ExperimentResult {
  readonly delivered: number;
  /** Virtual time from the first message's delivery to the last one's, ms. */
  readonly spanMs: number;
  /** Bits of message a second over that span; 0 with fewer than two messages. */
  readonly goodput: number;
  /** From sending a message to delivering it, in order, ms; those delivered only. */
  readonly latencies: readonly number[];
  readonly stats: ConnectionStats;
  /** Virtual time at the end, ms. */
  readonly elapsedMs: number;
  readonly traceHash: string;
}

/** One client that sends to one server through bad weather, in virtual time, decided by a seed. */
export class Experiment {
  readonly #options: ExperimentOptions;
  readonly #world: World;
  readonly #recorder: Recorder;
  readonly #client: WorldNode;
  readonly #connection: Connection;
  readonly #tracer: ExperimentTracer | undefined;
  readonly #sentAt: number[] = [];
  readonly #latencies: number[] = [];
  #firstAt = 0;
  #lastAt = 0;
  #isBlocked = false;
  #largestSent = -1;

  constructor(options: ExperimentOptions) {
    this.#options = options;
    this.#tracer = options.trace && new ExperimentTracer(options.trace);
    this.#recorder = new Recorder({
      now: () => this.#world.now,
      take: (record, datagram) => {
        options.record?.(record, datagram);
        this.#tracer?.sent(record, datagram);
      },
    });
    const isWatched = [options.record, options.dropList, options.trace].some(Boolean);
    this.#world = new World({
      seed: options.seed,
      impairment: options.impairment,
      checkers: isWatched ? [this.#recorder] : [],
      drops: (datagram) => this.#isListed(datagram),
    });
    const server = this.#endpoint('server');
    this.#add('server', server, () => this.#receive(server));
    const client = this.#endpoint('client');
    this.#client = this.#add('client', client, () => this.#listen(client));
    let connection: Connection | undefined;
    this.#world.act(this.#client, (now) => {
      connection = client.connect(now, ADDRESSES.server);
    });
    if (connection === undefined) throw new Error('no connection was begun');
    this.#connection = connection;
    if (options.sample !== undefined || this.#tracer !== undefined)
      this.#world.at(0, () => this.#sample());
  }

  /** Virtual time, ms. */
  get now(): number {
    return this.#world.now;
  }

  get stats(): ConnectionStats {
    return this.#connection.stats(this.#world.localNow(this.#client));
  }

  get delivered(): number {
    return this.#latencies.length;
  }

  get isDone(): boolean {
    const { workload, limitMs } = this.#options;
    return this.delivered >= workload.messages || this.now >= limitMs;
  }

  /** Lets virtual time pass, until it is `untilMs` or the experiment is over. */
  run(untilMs: number = this.#options.limitMs): void {
    const within = Math.min(untilMs, this.#options.limitMs) - this.now;
    if (within > 0) this.#world.settle(within, () => this.isDone);
  }

  result(): ExperimentResult {
    const spanMs = this.#lastAt - this.#firstAt;
    const bits = (this.delivered - 1) * this.#options.workload.bytes * 8;
    return {
      delivered: this.delivered,
      spanMs,
      goodput: spanMs > 0 ? bits / (spanMs / 1000) : 0,
      latencies: this.#latencies,
      stats: this.stats,
      elapsedMs: this.now,
      traceHash: this.#world.trace.hash,
    };
  }

  #endpoint(side: Vantage): Endpoint {
    const random = this.#world.random.fork();
    const { arq, window } = this.#options;
    return new Endpoint({
      random,
      handshakes: this.#tracer?.handshakes(side) ?? plaintext,
      config: { arq, arqWindow: window, handshakeTimeout: HANDSHAKE_TIMEOUT },
      ...(side === 'server' ? { tokens: new HmacRetryTokens(randomBytes(random, 32)) } : {}),
      ...(side === 'client' && this.#tracer && { observer: this.#tracer.observer }),
    });
  }

  #add(name: 'client' | 'server', machine: Endpoint, application: () => boolean): WorldNode {
    const address = ADDRESSES[name];
    const watched = this.#tracer?.watch(name, machine, address) ?? machine;
    return this.#world.add({ name, address, machine: watched, application });
  }

  #listen(endpoint: Endpoint): boolean {
    let heard = false;
    for (let next = endpoint.pollEvent(); next !== undefined; next = endpoint.pollEvent()) {
      heard = true;
      const { event } = next;
      if (event.type === 'connected') this.#begin();
      if (event.type === 'closed') throw new Error(`the connection closed: ${event.close.reason}`);
      if (event.type === 'drain') {
        this.#isBlocked = false;
        this.#pump();
      }
    }
    return heard;
  }

  #begin(): void {
    const { intervalMs, messages } = this.#options.workload;
    if (intervalMs === 0) {
      this.#pump();
      return;
    }
    const began = this.#world.now;
    for (let i = 0; i < messages; i++) {
      this.#world.at(began + i * intervalMs, () => {
        this.#world.act(this.#client, () => void this.#send());
      });
    }
  }

  #pump(): void {
    while (!this.#isBlocked && this.#sentAt.length < this.#options.workload.messages) {
      this.#isBlocked = !this.#send();
    }
  }

  #send(): boolean {
    const bytes = new Uint8Array(Math.max(this.#options.workload.bytes, INDEX_LENGTH));
    new DataView(bytes.buffer).setUint32(0, this.#sentAt.length);
    this.#sentAt.push(this.#world.now);
    return this.#connection.send(0, bytes);
  }

  #receive(endpoint: Endpoint): boolean {
    let heard = false;
    for (let next = endpoint.pollEvent(); next !== undefined; next = endpoint.pollEvent()) {
      heard = true;
      if (next.event.type === 'message') this.#take(next.event.bytes);
    }
    return heard;
  }

  #take(bytes: Uint8Array): void {
    const index = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
    if (index !== this.#latencies.length) throw new Error(`message ${index} out of order`);
    if (index === 0) this.#firstAt = this.#world.now;
    this.#lastAt = this.#world.now;
    const latency = this.#world.now - (this.#sentAt[index] ?? 0);
    this.#latencies.push(latency);
    this.#options.trace?.({ type: 'delivered', at: this.#world.now, message: index, latency });
  }

  #sample(): void {
    const { srtt, rto, cwnd, bytesInFlight: inFlight } = this.stats;
    const sample = { at: this.#world.now, srtt, rto, cwnd, inFlight };
    this.#options.sample?.(sample);
    this.#options.trace?.({ type: 'metrics', ...sample });
    this.#world.at(this.#world.now + SAMPLE_INTERVAL, () => this.#sample());
  }

  #isListed({ from, bytes }: Datagram): boolean {
    const { dropList } = this.#options;
    if (dropList === undefined || from.name !== 'client') return false;
    const { frames, number } = viewPacket(bytes, this.#largestSent);
    this.#largestSent = Math.max(this.#largestSent, number);
    return messageIds(frames).some((id) => dropList.has(id, this.#recorder.nextTransmission(id)));
  }
}

const ADDRESSES = {
  client: { address: '10.0.0.1', port: 5001 },
  server: { address: '10.0.0.2', port: 5000 },
} as const;
