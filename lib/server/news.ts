import { encodeServerRecord } from '../chat/codec.ts';
import { type ChatConfig, NEWS_MAX, USERS_MAX } from '../chat/config.ts';
import type { NewServerRecord, WireNews } from '../chat/schema.ts';
import type { HubOutbox } from './output.ts';
import type { Room } from './room.ts';
import type { Session } from './session.ts';

/** News of a room that wait. Of a role only the last counts: the room's log tells of it at once. */
interface Waiting {
  readonly dueAt: number;
  readonly items: { readonly session: Session; readonly news: WireNews }[];
}

/**
 * Tells rooms of who comes, goes and changes: small ones at once, larger ones all of an interval in
 * one record, so that N people who come in cost N records and not N squared. Only the first in
 * a very large room are known by name; others are counted: spec/protocol/chat.md, section 8.4.
 */
export class RoomNews {
  readonly #config: ChatConfig;
  readonly #outbox: HubOutbox;
  readonly #promptMax: number;
  /** By room, the first due first. */
  readonly #waiting = new Map<Room, Waiting>();
  /**
   * Rosters as they were at some time since news were last told: with those that wait they are up
   * to date, and everybody who comes in meanwhile gets the same bytes.
   */
  readonly #rosters = new WeakMap<Room, readonly Uint8Array[]>();

  constructor({ config, outbox }: { config: ChatConfig; outbox: HubOutbox }) {
    this.#config = config;
    this.#outbox = outbox;
    this.#promptMax = Math.min(config.promptMembers, config.namedMembers, USERS_MAX);
  }

  /** `session` is in `room` from now on. */
  came(now: number, room: Room, session: Session): void {
    room.add(session);
    const { nick, role } = session;
    this.#tell(now, room, session, { type: 'join', nick, role });
  }

  /** `session` is in `room` no longer. */
  went(now: number, room: Room, session: Session, how: 'leave' | 'gone', reason: string): void {
    const isNamed = room.isNamed(session);
    room.delete(session);
    if (isNamed) this.#tell(now, room, session, { type: how, nick: session.nick, reason });
    else this.#await(now, room);
    const next = isNamed ? room.nameNext() : undefined;
    if (next === undefined) return;
    const { nick, presence, role } = next;
    this.#tell(now, room, next, { type: 'here', nick, presence, role });
  }

  /** Somebody in `room` is called something else, or is there in another way. */
  changed(now: number, room: Room, session: Session, news: WireNews): void {
    if (room.isNamed(session)) this.#tell(now, room, session, news);
    else this.#outbox.send(session.peers, room.channel, this.#single(now, room, news));
  }

  /** Somebody in `room` has another role: the room's log says so. */
  roleChanged(room: Room): void {
    this.#rosters.delete(room);
  }

  /**
   * Who is in, for `session`, which has just come: those to be named in `joined`, how many there
   * are if these are not all, and the records to follow.
   */
  rosterFor(room: Room, session: Session) {
    if (room.size <= this.#promptMax) return { users: room.roster(), total: 0, more: [] };
    let more = this.#rosters.get(room);
    if (more === undefined) {
      more = [...pieces(room.roster(), USERS_MAX)].map((users) =>
        encodeServerRecord({ type: 'roster', room: room.name, users }),
      );
      this.#rosters.set(room, more);
    }
    const { nick, presence, role } = session;
    return { users: [{ nick, presence, role }], total: room.size, more };
  }

  /** Tells `session` again how all in small `room` are, which it was not told while it lagged. */
  remind(room: Room, session: Session): void {
    if (room.size > this.#promptMax) return;
    const record = { type: 'roster', room: room.name, users: room.roster() } as const;
    this.#outbox.send(session.peers, room.channel, record);
  }

  handleTimeout(now: number): void {
    for (const [room, { dueAt }] of this.#waiting) {
      if (dueAt > now) return;
      this.#flush(now, room);
    }
  }

  nextTimeout(): number {
    for (const { dueAt } of this.#waiting.values()) return dueAt;
    return Infinity;
  }

  #tell(now: number, room: Room, session: Session, news: WireNews): void {
    if (room.size <= this.#promptMax && !this.#waiting.has(room)) {
      this.#rosters.delete(room);
      const isNewcomer = news.type === 'join';
      const peers = isNewcomer ? room.peers.filter((peer) => peer !== session.peer) : room.peers;
      const record = this.#single(now, room, news);
      if (news.type === 'presence') this.#outbox.sendIdle(peers, room.channel, record);
      else this.#outbox.send(peers, room.channel, record);
      return;
    }
    const waiting = this.#await(now, room);
    if (room.isNamed(session) || news.type !== 'join') waiting.items.push({ session, news });
    if (waiting.items.length >= this.#config.newsMax) this.#flush(now, room);
  }

  /** The room will be told how many are in, and what is put to that. */
  #await(now: number, room: Room): Waiting {
    const known = this.#waiting.get(room);
    if (known !== undefined) return known;
    const waiting = { dueAt: now + this.#config.newsInterval, items: [] };
    this.#waiting.set(room, waiting);
    return waiting;
  }

  #flush(now: number, room: Room): void {
    const { items = [] } = this.#waiting.get(room) ?? {};
    this.#waiting.delete(room);
    this.#rosters.delete(room);
    const common = { type: 'news', room: room.name, at: this.#outbox.wallClock(now) } as const;
    const total = room.isNamedWhole ? 0 : room.size;
    const all = items.map(({ session: { role }, news }) =>
      'role' in news ? { ...news, role } : news,
    );
    for (const news of pieces(all, NEWS_MAX)) {
      this.#outbox.broadcast(room, { ...common, total, news });
    }
    if (all.length === 0) this.#outbox.broadcast(room, { ...common, total, news: [] });
  }

  #single(now: number, room: Room, news: WireNews): NewServerRecord {
    const common = { room: room.name, at: this.#outbox.wallClock(now) };
    // Of two who change places no small room hears: it names everybody.
    if (news.type === 'here') return { ...common, type: 'news', total: 0, news: [news] };
    return { ...common, ...news };
  }
}

function* pieces<T>(items: readonly T[], length: number): Generator<readonly T[]> {
  for (let at = 0; at < items.length; at += length) yield items.slice(at, at + length);
}
