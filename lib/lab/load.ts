import { RangeSet } from '../base/range-set.ts';

/** What a load is made of. */
export interface LoadPlan {
  readonly clients: number;
  /** Each client is in one of them. */
  readonly rooms: number;
  /** Lines a second of each client. */
  readonly rate: number;
  readonly seconds: number;
  /** Bytes of a line. */
  readonly bytes: number;
  /** s of writing before latencies count: until then both sides get compiled. 0 unless told. */
  readonly warmUp?: number;
  /** Clients write all at once, each time; in turns unless told. */
  readonly isBursty?: boolean;
}

/** UTF-8 bytes of a line at least: the moment at which it was written is in it. */
export const LOAD_BYTES_MIN = 32;

/** Upper bounds of the classes of latencies grow by this factor: percentiles within 2 %. */
const STEP = 1.02;
/** The first of them, ms: finer than clocks of two threads agree. */
const FIRST_MS = 0.05;
/** Up to 5 minutes. */
const BUCKETS = 800;

/** The room of client number `index`. */
export function loadRoom({ rooms }: LoadPlan, index: number): string {
  return `#load-${index % rooms}`;
}

/** How many clients are in room number `room`. */
export function loadRoomSize({ clients, rooms }: LoadPlan, room: number): number {
  return Math.floor(clients / rooms) + (room < clients % rooms ? 1 : 0);
}

/**
 * Lines that client number `index` has written `elapsed` ms after the beginning. Clients take
 * turns, so that their lines do not come all at once, unless the plan is bursty.
 */
export function linesDue(plan: LoadPlan, index: number, elapsed: number): number {
  const { clients, rate, seconds, isBursty = false } = plan;
  const turn = isBursty ? 0 : index / clients;
  const spent = Math.min(elapsed, seconds * 1000) / 1000;
  return Math.max(0, Math.floor(spent * rate + 1 - turn - 1e-9));
}

/** A line that was written at `now`, by a clock that all writers and readers share. */
export function loadLine(run: string, now: number, bytes: number): string {
  return `${run} ${now.toFixed(3)} `.padEnd(bytes, '.');
}

/** When a line of this run was written; undefined: it is not of this run. */
export function loadLineTime(run: string, text: string): number | undefined {
  const [name, at] = text.split(' ', 2);
  const time = name === run ? Number(at) : Number.NaN;
  return Number.isFinite(time) ? time : undefined;
}

/** Latencies, counted in classes: as much memory for a million as for one. */
export class LatencyHistogram {
  readonly #counts: Uint32Array;
  #largest = 0;

  constructor(counts: Uint32Array = new Uint32Array(BUCKETS), largest = 0) {
    this.#counts = counts;
    this.#largest = largest;
  }

  add(ms: number): void {
    const bucket = Math.ceil(Math.log(Math.max(ms, FIRST_MS) / FIRST_MS) / Math.log(STEP));
    const index = Math.min(bucket, BUCKETS - 1);
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    this.#largest = Math.max(this.#largest, ms);
  }

  /** What `share` of the latencies, 0..1, do not exceed, ms; 0 when there are none. */
  percentile(share: number): number {
    const total = this.#counts.reduce((sum, count) => sum + count, 0);
    let left = Math.max(1, Math.ceil(total * share));
    for (const [index, count] of this.#counts.entries()) {
      left -= count;
      if (left <= 0) return Math.min(FIRST_MS * STEP ** index, this.#largest);
    }
    return 0;
  }

  merge(other: ReturnType<LatencyHistogram['snapshot']>): void {
    for (const [index, count] of other.counts.entries()) {
      this.#counts[index] = (this.#counts[index] ?? 0) + count;
    }
    this.#largest = Math.max(this.#largest, other.largest);
  }

  /** What can be sent to another thread. */
  snapshot(): { readonly counts: Uint32Array; readonly largest: number } {
    return { counts: this.#counts, largest: this.#largest };
  }
}

/** Which lines of its room a client has seen. */
export class SeenLines {
  readonly #seqs = new RangeSet();
  #duplicates = 0;

  /** Notes line number `seq`; false when it was seen before. */
  see(seq: number): boolean {
    const isNew = this.#seqs.add(seq) === 1;
    if (!isNew) this.#duplicates++;
    return isNew;
  }

  get count(): number {
    return this.#seqs.size;
  }

  get duplicates(): number {
    return this.#duplicates;
  }
}

/** What a thread of clients counts; sums since the beginning. */
export interface LoadCounts {
  readonly online: number;
  readonly posted: number;
  readonly rejected: number;
  readonly deliveries: number;
  readonly duplicates: number;
  /** Connections lost and made anew. */
  readonly reconnects: number;
  /** Lines that the server took, by room. */
  readonly accepted: readonly number[];
}

/** What came of a load. Latencies are from the writer's call to the reader's event, ms. */
export interface LoadResult {
  readonly clients: number;
  readonly rooms: number;
  readonly seconds: number;
  readonly posted: number;
  readonly accepted: number;
  readonly rejected: number;
  readonly deliveries: number;
  readonly deliveriesPerSecond: number;
  /** Deliveries of accepted lines that did not come, however long one waited. */
  readonly lost: number;
  readonly duplicates: number;
  readonly reconnects: number;
  readonly latency: Readonly<Record<'p50' | 'p90' | 'p99' | 'p999' | 'max', number>>;
  /** CPU of the clients a delivery, us. */
  readonly clientCpuPerDelivery: number;
  /** CPU of the host a delivery, us, all its threads; undefined where it cannot be seen. */
  readonly hostCpuPerDelivery?: number;
}

/** The sum of what threads have counted. */
export function addCounts(parts: readonly LoadCounts[]): LoadCounts {
  const sum = (pick: (part: LoadCounts) => number): number =>
    parts.reduce((total, part) => total + pick(part), 0);
  const rooms = Math.max(0, ...parts.map(({ accepted }) => accepted.length));
  return {
    online: sum(({ online }) => online),
    posted: sum(({ posted }) => posted),
    rejected: sum(({ rejected }) => rejected),
    deliveries: sum(({ deliveries }) => deliveries),
    duplicates: sum(({ duplicates }) => duplicates),
    reconnects: sum(({ reconnects }) => reconnects),
    accepted: Array.from({ length: rooms }, (_, room) => sum((part) => part.accepted[room] ?? 0)),
  };
}

/** Deliveries that are to come of the lines accepted: each reaches all of its room, once. */
export function expectedDeliveries(plan: LoadPlan, { accepted }: LoadCounts): number {
  return accepted.reduce((sum, lines, room) => sum + lines * loadRoomSize(plan, room), 0);
}

/** `elapsed`: ms from the first line until the last delivery; `cpu`, `hostCpu`: us. */
export function summariseLoad(
  plan: LoadPlan,
  counts: LoadCounts,
  rest: { latency: LatencyHistogram; elapsed: number; cpu: number; hostCpu?: number | undefined },
): LoadResult {
  const { latency, elapsed, cpu, hostCpu } = rest;
  const { posted, rejected, deliveries, duplicates, reconnects } = counts;
  const at = (share: number): number => round(latency.percentile(share), 2);
  return {
    clients: plan.clients,
    rooms: plan.rooms,
    seconds: round(elapsed / 1000, 2),
    posted,
    accepted: counts.accepted.reduce((sum, lines) => sum + lines, 0),
    rejected,
    deliveries,
    deliveriesPerSecond: Math.round(deliveries / Math.max(elapsed / 1000, 0.001)),
    lost: expectedDeliveries(plan, counts) - deliveries,
    duplicates,
    reconnects,
    latency: { p50: at(0.5), p90: at(0.9), p99: at(0.99), p999: at(0.999), max: at(1) },
    clientCpuPerDelivery: deliveries === 0 ? 0 : round(cpu / deliveries, 2),
    ...(hostCpu !== undefined &&
      deliveries > 0 && { hostCpuPerDelivery: round(hostCpu / deliveries, 2) }),
  };
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
