import { Queue } from '../base/queue.ts';
import { randomFloat, type SeededRandom } from '../base/random.ts';
import type { Shard } from '../server/shard.ts';
import type { ShardNews, ShardOrder } from '../server/shard-protocol.ts';
import type { ShardedCore } from '../server/sharded-core.ts';
import type { Connection } from '../transport/connection.ts';
import type { Address, Machine, Transmit } from '../transport/machine.ts';
import { shardOfAddress } from '../transport/shard-routing.ts';

/** ms that something takes from one thread to another, at most: one turn of its loop. */
const DELAY = 3;
/** ms that it takes at most when a thread is busy with something else, and how often, %. */
const STALL = { longest: 100, percent: 1 } as const;
/** ms between two things at least: who looks on after each step sees each datagram by itself. */
const STEP = 0.001;
/** ms that a thread takes to start, at most. */
const START = 200;

export interface SimulatedShardsOptions {
  readonly core: ShardedCore;
  readonly shards: number;
  /** One receiver hands datagrams on; else each shard receives what a hash of the address says. */
  readonly isHandOff: boolean;
  readonly random: SeededRandom;
  /** Makes shard number `index`, at the start and whenever it has died. */
  make(index: number): Shard;
}

/** One way between two threads: things arrive in order, but later. */
class Pipe<T> {
  readonly #random: SeededRandom;
  readonly #queue = new Queue<{ readonly at: number; readonly content: T }>();
  #last = 0;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  /** When the next thing arrives; Infinity when nothing is on its way. */
  get earliest(): number {
    return this.#queue.peek()?.at ?? Infinity;
  }

  send(now: number, content: T): void {
    const isStalled = randomFloat(this.#random) * 100 < STALL.percent;
    const delay = randomFloat(this.#random) * (isStalled ? STALL.longest : DELAY);
    this.#last = Math.max(now + delay, this.#last + STEP);
    this.#queue.push({ at: this.#last, content });
  }

  receive(now: number): T | undefined {
    return this.earliest <= now ? this.#queue.shift()?.content : undefined;
  }

  clear(): void {
    this.#queue.clear();
  }
}

interface Thread {
  readonly index: number;
  shard: Shard | undefined;
  /** When it is there (again), if it is not. */
  startAt: number;
  readonly inward: Pipe<ShardOrder>;
  readonly outward: Pipe<ShardNews>;
}

/**
 * The threads of a server with several shards, as one machine in virtual time: what they say to
 * each other arrives in order, but later. They can die.
 */
export class SimulatedShards implements Machine {
  readonly #options: SimulatedShardsOptions;
  readonly #threads: readonly Thread[];
  /** Changes when the group of sockets does: then the hash says something else. */
  #group = 0;
  #now = 0;

  constructor(options: SimulatedShardsOptions) {
    this.#options = options;
    this.#threads = Array.from({ length: options.shards }, (_, index) => ({
      index,
      shard: options.make(index),
      startAt: Infinity,
      inward: new Pipe(options.random),
      outward: new Pipe(options.random),
    }));
  }

  get connections(): Iterable<Connection> {
    return this.#threads.flatMap(({ shard }) => [...(shard?.connections ?? [])]);
  }

  handleDatagram(now: number, from: Address, bytes: Uint8Array): void {
    const { core, isHandOff, shards } = this.#options;
    if (isHandOff) core.handleDatagram(now, from, bytes);
    else {
      const number = shardOfAddress({ ...from, port: from.port + this.#group }, shards);
      this.#threads[number]?.shard?.handleDatagram(now, from, bytes);
    }
    this.#pump(now);
  }

  handleTimeout(now: number): void {
    this.#options.core.handleTimeout(now);
    for (const thread of this.#threads) {
      if (thread.startAt <= now) {
        thread.startAt = Infinity;
        thread.shard = this.#options.make(thread.index);
      }
      thread.shard?.handleTimeout(now);
    }
    this.#pump(now);
  }

  pollTransmit(now: number): Transmit | undefined {
    for (const { shard } of this.#threads) {
      const transmit = shard?.pollTransmit(now);
      if (transmit !== undefined) return transmit;
    }
    this.#pump(now);
    return undefined;
  }

  nextTimeout(): number {
    const times = this.#threads.flatMap(({ shard, startAt, inward, outward }) => [
      shard?.nextTimeout() ?? Infinity,
      startAt,
      inward.earliest,
      outward.earliest,
    ]);
    // What has arrived in this very moment may have made something due before it.
    return Math.max(this.#now, Math.min(this.#options.core.nextTimeout(), ...times));
  }

  /** A thread ends without a word, with all that was on its way to and from it. */
  kill(now: number, index: number): void {
    const thread = this.#threads[index];
    if (thread?.shard === undefined) return;
    thread.shard = undefined;
    thread.inward.clear();
    thread.outward.clear();
    thread.startAt = now + randomFloat(this.#options.random) * START;
    this.#group++;
    this.#options.core.handleShardLost(now, index);
    this.#pump(now);
  }

  #pump(now: number): void {
    this.#now = now;
    for (let isBusy = true; isBusy; ) {
      isBusy = false;
      for (const thread of this.#threads) {
        if (this.#receive(now, thread)) isBusy = true;
        this.#post(now, thread);
      }
    }
  }

  /** Hands over what has arrived. */
  #receive(now: number, { index, shard, inward, outward }: Thread): boolean {
    let isBusy = false;
    for (let order = inward.receive(now); order; order = inward.receive(now)) {
      isBusy = true;
      shard?.carryOut(now, order);
    }
    for (let news = outward.receive(now); news; news = outward.receive(now)) {
      isBusy = true;
      this.#options.core.handleNews(now, index, news);
    }
    return isBusy;
  }

  /** Sends off what there is to say. */
  #post(now: number, { index, shard, inward, outward }: Thread): void {
    if (shard === undefined) return;
    const orders = this.#options.core.takeOrders(index);
    for (const order of orders ?? []) inward.send(now, order);
    const news = shard.takeNews();
    if (news !== undefined) outward.send(now, news);
  }
}
