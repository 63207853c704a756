import { nickKey } from '../chat/names.ts';
import type { ServerRecord, WireNews } from '../chat/schema.ts';
import type { ClientConfig } from './config.ts';
import type { ClientEvent } from './events.ts';
import { ClientRoom } from './room.ts';

type RoomRecord = Extract<ServerRecord, { room: string }>;
/** What is told about a room, but for its log and the answers to our own posts. */
export type RoomNews = Extract<
  RoomRecord,
  {
    type:
      | 'joined'
      | 'roster'
      | 'news'
      | 'join'
      | 'leave'
      | 'gone'
      | 'renamed'
      | 'presence'
      | 'typing'
      | 'read';
  }
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
    // Else the rest follows.
    if (record.total <= record.users.length) this.#showRoster(room);
    this.reportCatchUp(room);
  }

  /** Who is there, who came and went, and what they are about to do. */
  handleNews(room: ClientRoom, record: Exclude<RoomNews, { type: 'joined' }>): void {
    switch (record.type) {
      case 'roster':
        for (const user of record.users) room.addUser(user);
        this.#showRoster(room);
        return;
      case 'news': {
        const { news, total, at } = record;
        for (const item of news) this.#handleItem(room, item, at);
        const isRecounted = room.total !== total;
        room.total = total;
        if (isRecounted || news.some(({ type }) => type === 'here')) this.#showRoster(room);
        return;
      }
      case 'presence':
        this.#handleItem(room, record, 0);
        return;
      case 'join':
      case 'leave':
      case 'gone':
      case 'renamed':
        this.#handleItem(room, record, record.at);
        return;
      case 'typing':
      case 'read':
        this.#emit(record);
        return;
    }
  }

  /** What has become of somebody. A roster may have known it before: then it is no event. */
  #handleItem(room: ClientRoom, item: WireNews, at: number): void {
    const { nick } = item;
    if (item.type === 'renamed') {
      this.#handleRenamed(room, nick, item.to, at);
      return;
    }
    if (item.type === 'presence') {
      const { presence, reason } = item;
      if (!room.changeUser(nick, { presence })) return;
      this.#emit({ type: 'presence', nick, presence, ...(reason !== '' && { reason }) });
      return;
    }
    // That we came is what `joined` said; and who went under our name was somebody else.
    if (nickKey(nick) === nickKey(room.nick)) return;
    const isKnown = room.has(nick);
    if (item.type === 'here') {
      room.addUser({ nick, presence: item.presence, role: item.role });
    } else if (item.type === 'join') {
      room.addUser({ nick, presence: 'here', role: item.role });
      if (!isKnown) this.#emit({ type: 'join', room: room.name, nick, reason: '', at });
    } else {
      room.removeUser(nick);
      const { type, reason } = item;
      if (isKnown) this.#emit({ type, room: room.name, nick, reason, at });
    }
  }

  #showRoster({ name, users, total }: ClientRoom): void {
    this.#emit({ type: 'roster', room: name, users, ...(total > 0 && { total }) });
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

  #handleRenamed(room: ClientRoom, from: string, to: string, at: number): void {
    const own = nickKey(from) === nickKey(room.nick);
    if (own) room.nick = to;
    room.renameUser(from, to);
    this.#emit({ type: 'nick', room: room.name, from, to, own, at });
  }
}
