import { nickKey } from '../chat/names.ts';
import type { ServerRecord } from '../chat/schema.ts';
import type { ClientConfig } from './config.ts';
import type { ClientEvent } from './events.ts';
import { ClientRoom } from './room.ts';

type RoomRecord = Extract<ServerRecord, { room: string }>;
/** What is told about a room, but for its log and the answers to our own posts. */
export type RoomNews = Extract<
  RoomRecord,
  { type: 'joined' | 'join' | 'leave' | 'gone' | 'renamed' | 'presence' | 'typing' | 'read' }
>;

/** How the present connection goes on from the last one. */
export interface Continuity {
  /** Numbers of lines go on from those we have seen. */
  readonly continued: boolean;
  /** The person was in before, and wants to know what they missed. */
  readonly back: boolean;
  /** Lines of a room's past to show to who comes in. */
  readonly history: number;
}

/** The rooms a person wants to be in, and what is known of each. */
export class ClientRooms {
  readonly #config: ClientConfig;
  readonly #emit: (event: ClientEvent) => void;
  readonly #rooms = new Map<string, ClientRoom>();

  constructor(config: ClientConfig, emit: (event: ClientEvent) => void) {
    this.#config = config;
    this.#emit = emit;
  }

  get size(): number {
    return this.#rooms.size;
  }

  get(name: string): ClientRoom | undefined {
    return this.#rooms.get(name);
  }

  [Symbol.iterator](): Iterator<ClientRoom> {
    return this.#rooms.values();
  }

  /** A room that is wanted from now on. */
  add(name: string, key: string): ClientRoom {
    const room = new ClientRoom({ name, key, usersMax: this.#config.roomUsers });
    this.#rooms.set(name, room);
    return room;
  }

  /** A room that is not wanted, or cannot be had. */
  remove(name: string, code: string, reason: string): void {
    if (!this.#rooms.delete(name)) return;
    this.#emit({ type: 'parted', room: name, code, reason });
  }

  /** The connection is lost, and with it every room. */
  handleDisconnected(): void {
    for (const room of this.#rooms.values()) room.isIn = false;
  }

  join(room: ClientRoom, record: Extract<RoomNews, { type: 'joined' }>, how: Continuity): void {
    const { name } = room;
    room.join(record, how);
    this.#emit({ type: 'joined', room: name, topic: record.topic, modes: record.modes });
    this.#emit({ type: 'roster', room: name, users: room.users });
    this.reportCatchUp(room);
  }

  /** Who came and went; whether it was us who went. */
  handleNews(room: ClientRoom, record: Exclude<RoomNews, { type: 'joined' }>): void {
    switch (record.type) {
      case 'join': {
        const { nick, role, at } = record;
        room.addUser({ nick, presence: 'here', role });
        this.#emit({ type: 'join', room: room.name, nick, reason: '', at });
        return;
      }
      case 'leave':
      case 'gone':
        room.removeUser(record.nick);
        this.#emit(record);
        return;
      case 'renamed':
        this.#handleRenamed(room, record);
        return;
      case 'presence':
        if (!room.changeUser(record.nick, { presence: record.presence })) return;
        this.#emit({
          type: 'presence',
          nick: record.nick,
          presence: record.presence,
          ...(record.reason !== '' && { reason: record.reason }),
        });
        return;
      case 'typing':
      case 'read':
        this.#emit(record);
        return;
    }
  }

  /** Says what was missed, as soon as all of it has been shown. */
  reportCatchUp(room: ClientRoom): void {
    const done = room.caughtUp();
    if (done === undefined || done.missed + done.lost === 0) return;
    const { missed, lost } = done;
    const where = this.#rooms.size > 1 ? ` in ${room.name}` : '';
    const lines = `${missed} missed ${missed === 1 ? 'message' : 'messages'}${where}`;
    const older = lost === 0 ? '' : `; ${lost} older ones were too many to send, or are gone`;
    const text = `back, ${lines}${older}`;
    this.#emit({ type: 'notice', level: 'info', code: 'back', text });
  }

  #handleRenamed(room: ClientRoom, record: Extract<RoomNews, { type: 'renamed' }>): void {
    const { nick: from, to, at } = record;
    const own = nickKey(from) === nickKey(room.nick);
    if (own) room.nick = to;
    room.renameUser(from, to);
    this.#emit({ type: 'nick', room: room.name, from, to, own, at });
  }
}
