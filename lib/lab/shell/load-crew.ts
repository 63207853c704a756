import { performance } from 'node:perf_hooks';
import type { ClientEvent, ClosedEvent } from '../../client/events.ts';
import {
  LatencyHistogram,
  type LoadCounts,
  type LoadPlan,
  linesDue,
  loadLine,
  loadLineTime,
  loadRoom,
  SeenLines,
} from '../load.ts';
import type { TraceEvent } from '../tracing/event.ts';
import { LoadClient } from './load-client.ts';

/** What a thread is started with: clients `thread`, `thread + threads`, and so on are its own. */
export interface LoadSetup {
  readonly plan: LoadPlan;
  /** The name of this run, without spaces: nicks and lines begin with it. */
  readonly run: string;
  readonly server: { readonly address: string; readonly port: number };
  readonly isPlaintext: boolean;
  readonly thread: number;
  readonly threads: number;
  /** New clients of all threads a second. */
  readonly joinRate: number;
  /** Whether the first client of all is traced. */
  readonly isTraced: boolean;
}

export type ToLoad = { readonly type: 'begin' } | { readonly type: 'end' };

export type FromLoad =
  | { readonly type: 'counts'; readonly counts: LoadCounts }
  /** A client did not come in, or was sent away; `closed`: and will not come back. */
  | { readonly type: 'refused'; readonly reason: string; readonly closed?: ClosedEvent }
  /** Of the first client. */
  | { readonly type: 'trace'; readonly event: TraceEvent }
  | {
      readonly type: 'done';
      readonly counts: LoadCounts;
      readonly latency: ReturnType<LatencyHistogram['snapshot']>;
    };

/** ms between two looks at what is due. */
const TICK = 10;

/**
 * Clients on one address of this machine. A host takes 128 connections from one place; loopback
 * has 16 million addresses.
 */
const CLIENTS_PER_ADDRESS = 64;

/** Clients of a thread that knock at one time: a host that is slow lets them in more slowly. */
const KNOCKING_MAX = 16;

interface Member {
  readonly index: number;
  readonly room: number;
  readonly client: LoadClient;
  readonly seen: SeenLines;
  isOnline: boolean;
  welcomes: number;
  posted: number;
}

/** What the clients of a thread tell whoever runs it. */
export interface CrewOwner {
  readonly onRefused: (reason: string, closed?: ClosedEvent) => void;
  /** An event of the trace of the first client of all, if there is to be one. */
  readonly onTrace: (event: TraceEvent) => void;
}

/** The clients of one thread. */
export class LoadCrew {
  readonly #setup: LoadSetup;
  readonly #members: Member[] = [];
  readonly #owner: CrewOwner;
  readonly #accepted: number[];
  readonly #latency = new LatencyHistogram();
  #rejected = 0;
  /** Clients that have been let in once. */
  #entered = 0;
  #timer: NodeJS.Timeout | undefined;
  /** Latencies of lines written from then on count, ms since 1970. */
  #countsFrom = Infinity;
  #isEnding = false;

  constructor(setup: LoadSetup, owner: CrewOwner) {
    this.#setup = setup;
    this.#owner = owner;
    this.#accepted = Array.from({ length: setup.plan.rooms }, () => 0);
  }

  get counts(): LoadCounts {
    const sum = (pick: (member: Member) => number): number =>
      this.#members.reduce((total, member) => total + pick(member), 0);
    return {
      online: sum(({ isOnline }) => (isOnline ? 1 : 0)),
      posted: sum(({ posted }) => posted),
      rejected: this.#rejected,
      deliveries: sum(({ seen }) => seen.count),
      duplicates: sum(({ seen }) => seen.duplicates),
      reconnects: sum(({ welcomes }) => Math.max(0, welcomes - 1)),
      accepted: this.#accepted,
    };
  }

  get latency(): LatencyHistogram {
    return this.#latency;
  }

  /** Lets the clients in, one after another. */
  enter(): void {
    const { plan, thread, threads, joinRate } = this.#setup;
    const began = performance.now();
    let next = thread;
    this.#timer = setInterval(() => {
      const due = ((performance.now() - began) / 1000) * joinRate;
      const isFree = (): boolean => this.#members.length - this.#entered < KNOCKING_MAX;
      for (; next < plan.clients && next <= due && isFree(); next += threads) this.#add(next);
      if (next >= plan.clients) clearInterval(this.#timer);
    }, TICK);
  }

  /** Begins to write. */
  begin(): void {
    const { plan, run } = this.#setup;
    clearInterval(this.#timer);
    this.#countsFrom = sharedNow() + (plan.warmUp ?? 0) * 1000;
    const began = performance.now();
    this.#timer = setInterval(() => {
      const elapsed = performance.now() - began;
      for (const member of this.#members) {
        const due = linesDue(plan, member.index, elapsed);
        for (; member.posted < due; member.posted++) {
          member.client.post(loadLine(run, sharedNow(), plan.bytes));
        }
      }
      if (elapsed >= plan.seconds * 1000) clearInterval(this.#timer);
    }, TICK);
  }

  end(): void {
    this.#isEnding = true;
    clearInterval(this.#timer);
    for (const { client } of this.#members) client.quit();
  }

  #add(index: number): void {
    const { plan, run, server, isPlaintext, isTraced } = this.#setup;
    const client = new LoadClient({
      server,
      nick: `${run}-${index}`,
      room: loadRoom(plan, index),
      isPlaintext,
      localAddress: localAddress(server.address, index),
      ...(isTraced && index === 0 && { trace: this.#owner.onTrace }),
      onEvent: (event) => this.#onEvent(member, event),
    });
    const room = index % plan.rooms;
    const seen = new SeenLines();
    const member: Member = { index, room, client, seen, isOnline: false, welcomes: 0, posted: 0 };
    this.#members.push(member);
    client.start().catch((error: unknown) => this.#owner.onRefused(String(error)));
  }

  #onEvent(member: Member, event: ClientEvent): void {
    switch (event.type) {
      case 'welcome':
        if (member.welcomes++ === 0) this.#entered++;
        return;
      case 'joined':
        member.isOnline = true;
        return;
      case 'accepted':
        this.#accepted[member.room] = (this.#accepted[member.room] ?? 0) + 1;
        return;
      case 'rejected':
        this.#rejected++;
        return;
      case 'message': {
        const at = loadLineTime(this.#setup.run, event.text);
        if (at === undefined) return;
        const isNew = member.seen.see(event.seq);
        if (isNew && at >= this.#countsFrom) this.#latency.add(sharedNow() - at);
        return;
      }
      case 'parted':
      case 'closed':
        member.isOnline = false;
        if (this.#isEnding) return;
        this.#owner.onRefused(event.reason, event.type === 'closed' ? event : undefined);
        return;
      default:
    }
  }
}

/** ms since 1970, with fractions: the same in all threads. */
function sharedNow(): number {
  return performance.timeOrigin + performance.now();
}

function localAddress(server: string, index: number): string | undefined {
  if (process.platform !== 'linux' || !server.startsWith('127.')) return undefined;
  const place = Math.floor(index / CLIENTS_PER_ADDRESS) + 2;
  return `127.0.${place >> 8}.${place & 255}`;
}
