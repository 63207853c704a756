import { Queue } from '../base/queue.ts';
import { encodeServerRecord } from '../chat/codec.ts';
import type { NewServerRecord } from '../chat/schema.ts';
import type { ServerEvent } from './events.ts';
import { Gathering } from './gathering.ts';
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
  readonly #epoch: number;
  /** Hears of every message to what was gathered. */
  readonly pace: Pace;

  /** `epoch`: the wall clock at `now` = 0, ms since 1970. */
  constructor(epoch: number, pace: Pace) {
    this.#epoch = epoch;
    this.pace = pace;
  }

  poll(): HubOutput | undefined {
    if (this.#queue.length === 0) this.#releaseAll();
    return this.#queue.shift();
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

  /** Passes on what somebody has said. It may come with other lines. */
  deliver(peers: readonly number[], channel: number, bytes: Uint8Array): void {
    if (peers.length === 0) return;
    this.counters.deliveries += peers.length;
    if (this.#gathering(channel).addLine(peers, bytes)) return;
    this.#release(channel);
    this.#gathering(channel).addLine(peers, bytes);
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
    const gathering = new Gathering();
    this.#gathered.set(channel, gathering);
    return gathering;
  }

  #releaseAll(): void {
    for (const channel of this.#gathered.keys()) this.#release(channel);
  }

  #release(channel: number): void {
    const gathering = this.#gathered.get(channel);
    if (gathering === undefined) return;
    this.#gathered.delete(channel);
    for (const { peers, bytes } of gathering.take()) {
      this.pace.onSent(peers.length);
      this.#queue.push({ type: 'send', peers, channel, bytes, isIdle: false });
    }
  }
}
