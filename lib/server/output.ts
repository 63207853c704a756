import { Queue } from '../base/queue.ts';
import { encodeServerRecord } from '../chat/codec.ts';
import type { NewServerRecord } from '../chat/schema.ts';
import type { ServerEvent } from './events.ts';
import { type GatheredMessage, Gathering } from './gathering.ts';
import type { Pace } from './pace.ts';
import type { Room } from './room.ts';

/** What the hub wants done. `close` is orderly: what was sent before arrives first. */
export type HubOutput =
  | {
      readonly type: 'send';
      readonly peers: readonly number[];
      readonly channel: number;
      readonly bytes: Uint8Array;
      /** It does not go to those who have too much before them (`shedBytes`). */
      readonly isIdle: boolean;
    }
  | {
      readonly type: 'close';
      readonly peer: number;
      readonly code: number;
      readonly reason: string;
    }
  /** A password to check: answered by `handleVerified`. One at a time. */
  | { readonly type: 'verify'; readonly secret: string }
  | { readonly type: 'event'; readonly event: ServerEvent };

/** `Omit` for each variant of a union by itself. */
type Untimed<E> = E extends unknown ? Omit<E, 'at'> : never;

/** What a hub has done since it began. The keys of each record are few: codes of ours. */
export interface HubCounters {
  /** Lines and other entries of rooms, and direct messages. */
  posts: number;
  /** Of these, copies handed to the connections of those who are to see them. */
  deliveries: number;
  /** What was asked for and not done, by code. */
  readonly rejected: Record<string, number>;
  /** Who was not let in, by code. */
  readonly refused: Record<string, number>;
}

const POSTS: ReadonlySet<ServerEvent['type']> = new Set(['message', 'entry', 'act', 'direct']);

/** The hub's outputs in order. A record is encoded once, however many peers it goes to. */
export class HubOutbox {
  readonly counters: HubCounters = { posts: 0, deliveries: 0, rejected: {}, refused: {} };
  readonly #queue = new Queue<HubOutput>();
  /** By channel: what goes when nothing else is to be done, or before anything else that does. */
  readonly #gathered = new Map<number, Gathering>();
  /** By channel: what of that waits for more, because the host is busy; until `holdUntil`. */
  readonly #held = new Map<number, Gathering>();
  readonly #epoch: number;
  /** Hears of every message to what was gathered. */
  readonly pace: Pace;

  /** `epoch`: the wall clock at `now` = 0, ms since 1970. */
  constructor(epoch: number, pace: Pace) {
    this.#epoch = epoch;
    this.pace = pace;
  }

  poll(): HubOutput | undefined {
    if (this.#queue.length === 0) this.#endTurn();
    return this.#queue.shift();
  }

  /** From now on nothing waits: not for other lines, and no group for its turn. */
  hurry(): void {
    this.pace.hurry();
    this.#releaseAll();
  }

  /** What has waited long enough for others goes. */
  handleTimeout(now: number): void {
    for (const [channel, { holdUntil }] of this.#held) if (holdUntil <= now) this.#release(channel);
  }

  nextTimeout(): number {
    let earliest = Infinity;
    for (const { holdUntil } of this.#held.values()) earliest = Math.min(earliest, holdUntil);
    return earliest;
  }

  /** The wall clock at `now`, whole ms since 1970. */
  wallClock(now: number): number {
    return Math.floor(this.#epoch + now);
  }

  send(peers: readonly number[], channel: number, record: NewServerRecord): void {
    this.sendBytes(peers, channel, encodeServerRecord(record));
  }

  sendBytes(peers: readonly number[], channel: number, bytes: Uint8Array): void {
    if (peers.length === 0) return;
    this.#release(channel);
    this.#queue.push({ type: 'send', peers, channel, bytes, isIdle: false });
  }

  /** Sends what is no great loss: how people are, and what they are about to do. */
  sendIdle(peers: readonly number[], channel: number, record: NewServerRecord): void {
    if (peers.length === 0) return;
    const bytes = encodeServerRecord(record);
    this.#release(channel);
    this.#queue.push({ type: 'send', peers, channel, bytes, isIdle: true });
  }

  /** Answers what somebody has written. It may come with other answers. */
  answer(peers: readonly number[], channel: number, record: NewServerRecord): void {
    const [peer] = peers;
    if (peer !== undefined) this.#gathering(channel).answer(peer, encodeServerRecord(record));
  }

  /**
   * Passes on what somebody has said. It may come with other lines, and waits for some when the
   * host is busy.
   */
  deliver(now: number, peers: readonly number[], channel: number, bytes: Uint8Array): void {
    if (peers.length === 0) return;
    this.counters.deliveries += peers.length;
    const holdUntil = this.pace.holdUntil(now);
    if (this.#gathering(channel).addLine(peers, bytes, holdUntil)) return;
    this.#release(channel);
    this.#gathering(channel).addLine(peers, bytes, holdUntil);
  }

  broadcast(room: Room, record: NewServerRecord): void {
    this.send(room.peers, room.channel, record);
  }

  close(peer: number, code: number, reason: string): void {
    this.#releaseAll();
    this.#queue.push({ type: 'close', peer, code, reason });
  }

  verify(secret: string): void {
    this.#queue.push({ type: 'verify', secret });
  }

  event(now: number, event: Untimed<ServerEvent>): void {
    const { type } = event;
    if (POSTS.has(type)) this.counters.posts++;
    if (type === 'rejected' || type === 'refused') {
      const counts = this.counters[type];
      counts[event.code] = (counts[event.code] ?? 0) + 1;
    }
    this.#queue.push({ type: 'event', event: { ...event, at: this.wallClock(now) } });
  }

  #gathering(channel: number): Gathering {
    const known = this.#gathered.get(channel);
    if (known !== undefined) return known;
    const gathering = this.#held.get(channel) ?? new Gathering();
    this.#held.delete(channel);
    this.#gathered.set(channel, gathering);
    return gathering;
  }

  #endTurn(): void {
    for (const [channel, gathering] of this.#gathered) {
      this.#push(channel, gathering.take('due'));
      if (!gathering.isEmpty) this.#held.set(channel, gathering);
    }
    this.#gathered.clear();
  }

  #releaseAll(): void {
    for (const channel of this.#held.keys()) this.#release(channel);
    for (const channel of this.#gathered.keys()) this.#release(channel);
  }

  #release(channel: number): void {
    const gathering = this.#gathered.get(channel) ?? this.#held.get(channel);
    if (gathering === undefined) return;
    this.#gathered.delete(channel);
    this.#held.delete(channel);
    this.#push(channel, gathering.take());
  }

  #push(channel: number, messages: readonly GatheredMessage[]): void {
    for (const { peers, bytes } of messages) {
      this.pace.onSent(peers.length);
      this.#queue.push({ type: 'send', peers, channel, bytes, isIdle: false });
    }
  }
}
