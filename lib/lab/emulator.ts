import { type RandomSource, randomFloat, randomInt } from '../base/random.ts';
import { deviations, TABLE_SIZE } from './distribution.ts';
import { TimeHeap } from './heap.ts';
import {
  type Chance,
  type Delay,
  type Distribution,
  type Impairment,
  IP_OVERHEAD,
  type Loss,
} from './impairment.ts';
import type { LinkEmulator } from './link.ts';
import { LossModel } from './loss-model.ts';
import { SlotGate } from './slot-gate.ts';

/** Datagrams that wait in the link at most; netem's default of `limit`. */
const DEFAULT_LIMIT = 1000;

/** What became of the datagrams; all counts. */
export interface EmulatorCounters {
  /** Entered the link. */
  readonly offered: number;
  /** Dropped by `loss`. */
  readonly lost: number;
  /** Extra copies made by `duplicate`. */
  readonly duplicated: number;
  /** Had one bit flipped by `corrupt`. */
  readonly corrupted: number;
  /** Sent ahead of the delayed ones by `reorder`. */
  readonly reordered: number;
  /** Found the queue at its `limit`, or were longer than the `mtu`. */
  readonly dropped: number;
  /** Left the link. */
  readonly delivered: number;
}

/** What became of a datagram that entered a link. */
export type Fate = 'passed' | 'duplicated' | 'reordered' | 'corrupted' | 'lost' | 'dropped';

/**
 * One direction of a link that behaves as `tc netem` does, decided by a seed and nothing else.
 * The order of the decisions, the queues and the arithmetic follow sch_netem.c: jitter alone may
 * reorder, `rate` never does, a duplicate runs the gauntlet again, `reorder` skips the delay.
 *
 * Commands: `offer`, `change`. Then poll until dry and come back at `nextTimeout`.
 */
export class Emulator implements LinkEmulator {
  readonly #random: RandomSource;
  #impairment: Impairment;
  #draws: Draws;
  #lossModel: LossModel;
  #slot: SlotGate | undefined;
  /** Datagrams since the last reordered one; see `gap`. */
  #sinceReorder = 0;
  /** When the last datagram leaves, for `rate`: the wire is busy until then. */
  #busyUntil = 0;
  #latestOffer = 0;
  readonly #queue = new TimeHeap<Uint8Array>();
  readonly #express: Uint8Array[] = [];
  readonly #counters = {
    offered: 0,
    lost: 0,
    duplicated: 0,
    corrupted: 0,
    reordered: 0,
    dropped: 0,
    delivered: 0,
  };

  constructor(options: { impairment: Impairment; random: RandomSource }) {
    this.#random = options.random;
    this.#impairment = options.impairment;
    this.#draws = new Draws(options.random);
    this.#lossModel = new LossModel(options.random);
    this.#slot = this.#gate();
  }

  get impairment(): Impairment {
    return this.#impairment;
  }

  get counters(): EmulatorCounters {
    return this.#counters;
  }

  /** Datagrams inside the link. */
  get size(): number {
    return this.#queue.size + this.#express.length;
  }

  /** Changes the weather. What is inside the link keeps the fate it was given. */
  change(impairment: Impairment): void {
    this.#impairment = impairment;
    this.#draws = new Draws(this.#random);
    this.#lossModel = new LossModel(this.#random);
    this.#slot = this.#gate();
    this.#sinceReorder = 0;
  }

  /** Returns what became of the datagram: the worst of it, if more than one thing did. */
  offer(now: number, bytes: Uint8Array): Fate {
    this.#counters.offered++;
    this.#latestOffer = now;
    if (bytes.length + IP_OVERHEAD > (this.#impairment.mtu ?? Number.POSITIVE_INFINITY)) {
      this.#counters.dropped++;
      return 'dropped';
    }
    return this.#enqueue(now, bytes, this.#impairment.duplicate);
  }

  poll(now: number): Uint8Array | undefined {
    const bytes = this.#express.pop() ?? this.#pollQueue(now);
    if (bytes !== undefined) this.#counters.delivered++;
    return bytes;
  }

  nextTimeout(): number {
    if (this.#express.length > 0) return this.#latestOffer;
    const { earliest } = this.#queue;
    return this.#slot === undefined ? earliest : this.#slot.opensFor(earliest);
  }

  #gate(): SlotGate | undefined {
    const { slot } = this.#impairment;
    return slot === undefined ? undefined : new SlotGate(slot, this.#random);
  }

  #pollQueue(now: number): Uint8Array | undefined {
    if (this.#queue.earliest > now) return undefined;
    if (this.#slot === undefined) return this.#queue.pop();
    if (!this.#slot.lets(now, this.#queue.earliest)) return undefined;
    const bytes = this.#queue.pop();
    if (bytes !== undefined) this.#slot.onPassed(now, bytes.length);
    return bytes;
  }

  #enqueue(now: number, bytes: Uint8Array, duplicate: Chance | undefined): Fate {
    const twice = this.#draws.happens('duplicate', duplicate);
    const lost = this.#isLost(this.#impairment.loss);
    if (twice) this.#counters.duplicated++;
    if (lost) this.#counters.lost++;
    // As in netem: of a duplicated and lost datagram, one remains.
    if (lost && !twice) return 'lost';

    const copy = bytes.slice();
    const corrupt = this.#draws.happens('corrupt', this.#impairment.corrupt);
    if (corrupt) this.#flipOneBit(copy);
    if (this.#queue.size >= (this.#impairment.limit ?? DEFAULT_LIMIT)) {
      this.#counters.dropped++;
      return 'dropped';
    }
    if (twice && !lost) this.#enqueue(now, bytes, undefined);
    if (this.#skipsDelay()) {
      this.#express.push(copy);
      return corrupt ? 'corrupted' : 'reordered';
    }
    this.#queue.push(this.#departure(now, copy.length), copy);
    return corrupt ? 'corrupted' : twice && !lost ? 'duplicated' : 'passed';
  }

  #isLost(loss: Loss | undefined): boolean {
    if (loss === undefined) return false;
    if (loss.model === 'random') return this.#draws.happens('loss', loss);
    return this.#lossModel.isLost(loss);
  }

  #flipOneBit(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    const at = randomInt(this.#random, bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << randomInt(this.#random, 8));
    this.#counters.corrupted++;
  }

  #skipsDelay(): boolean {
    const { reorder } = this.#impairment;
    if (reorder === undefined) return false;
    if (this.#sinceReorder < reorder.gap - 1 || !this.#draws.happens('reorder', reorder)) {
      this.#sinceReorder++;
      return false;
    }
    this.#sinceReorder = 0;
    this.#counters.reordered++;
    return true;
  }

  #departure(now: number, length: number): number {
    const { delay, rate } = this.#impairment;
    let wait = delay === undefined ? 0 : this.#draws.delay(delay);
    if (rate === undefined) return now + Math.max(0, wait);
    // The delay starts when the datagram arrives, its serialisation when the one before has left.
    let start = now;
    if (this.#queue.size > 0 && this.#busyUntil > now) {
      wait -= this.#busyUntil - now;
      start = this.#busyUntil;
    }
    this.#busyUntil = start + Math.max(0, wait) + microseconds((length * 8000) / rate);
    return this.#busyUntil;
  }
}

/** Random draws that remember the last one of their kind, for netem's correlations. */
class Draws {
  readonly #random: RandomSource;
  readonly #last = new Map<string, number>();

  constructor(random: RandomSource) {
    this.#random = random;
  }

  happens(kind: string, chance: Chance | undefined): boolean {
    if (chance === undefined || chance.percent === 0) return false;
    return this.#draw(kind, chance.correlation) * 100 < chance.percent;
  }

  /** May be negative: then the jitter is larger than the delay. */
  delay({ ms, jitterMs, correlation, distribution }: Delay): number {
    if (jitterMs === 0) return ms;
    const draw = this.#draw('delay', correlation);
    const share = correlation === 0 ? draw : remainder(draw, distribution, jitterMs);
    return microseconds(ms + jitterMs * deviations(distribution, share));
  }

  #draw(kind: string, correlation: number): number {
    const fresh = randomFloat(this.#random);
    if (correlation === 0) return fresh;
    const rho = correlation / 100;
    const last = this.#last.get(kind) ?? randomFloat(this.#random);
    // rho = 1 repeats the first draw for ever, as netem does.
    const value = fresh * (1 - rho) + last * rho;
    this.#last.set(kind, value);
    return value;
  }
}

/**
 * What `tabledist` of sch_netem.c makes of a correlated draw: it takes the remainder of 32 bits, by
 * the nanoseconds of the jitter's range or by the length of a table. So neighbours are not alike
 * after all, and the jitter is as wide as without correlation.
 */
function remainder(draw: number, distribution: Distribution, jitterMs: number): number {
  const bits = Math.floor(draw * 2 ** 32);
  const range = distribution === 'uniform' ? Math.round(2e6 * jitterMs) : TABLE_SIZE;
  return range >= 2 ** 32 ? draw : (bits % Math.max(range, 1)) / range;
}

/** Whole microseconds, in ms: times in traces stay readable. */
function microseconds(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
