import { utf8Length } from '../chat/bytes.ts';
import {
  type ChatConfig,
  CONTROL_CHANNEL,
  KEY_BYTES_MAX,
  ROOMS_LISTED_MAX,
  ROOMS_PER_CLIENT_MAX,
} from '../chat/config.ts';
import { nickKey, validateRoom } from '../chat/names.ts';
import type { ClientRecord } from '../chat/schema.ts';
import type { RoomDirectory } from './directory.ts';
import type { Journal } from './journal.ts';
import type { Labs } from './labs.ts';
import { roomRow } from './modes.ts';
import type { RoomNews } from './news.ts';
import type { HubOutbox } from './output.ts';
import type { Room } from './room.ts';
import type { Session } from './session.ts';

type Part = Extract<ClientRecord, { type: 'part' }>;
type List = Extract<ClientRecord, { type: 'list' }>;
type Invite = Extract<ClientRecord, { type: 'invite' }>;

/** A wish to be in a room. */
export interface Entry {
  readonly room: string;
  /** What opens it; empty if nothing is offered. */
  readonly key: string;
  /** Number of the last line that the newcomer has seen; 0: none. */
  readonly after: number;
  /** Lines to show of those after it, the newest; the server's own bound comes on top. */
  readonly count: number;
}

export interface MembershipOptions {
  readonly config: ChatConfig;
  readonly outbox: HubOutbox;
  readonly journal: Journal;
  readonly directory: RoomDirectory;
  readonly news: RoomNews;
  readonly labs: Labs;
  /** Everyone who is in, by the key of their nick. */
  readonly members: ReadonlyMap<string, Session>;
}

/** Who is in which room: coming, going, asking others in, and what rooms there are. */
export class Membership {
  readonly #config: ChatConfig;
  readonly #outbox: HubOutbox;
  readonly #journal: Journal;
  readonly #directory: RoomDirectory;
  readonly #news: RoomNews;
  readonly #labs: Labs;
  readonly #members: ReadonlyMap<string, Session>;

  constructor({ config, outbox, journal, directory, news, labs, members }: MembershipOptions) {
    this.#config = config;
    this.#outbox = outbox;
    this.#journal = journal;
    this.#directory = directory;
    this.#news = news;
    this.#labs = labs;
    this.#members = members;
  }

  /** Puts a session into a room, which is made if there is none, or says why not. */
  enter(now: number, session: Session, entry: Entry): void {
    const checked = validateRoom(entry.room);
    if (checked.error !== undefined) {
      this.#refuse(now, session, entry.room, 'room-invalid', checked.reason);
      return;
    }
    const room = this.#directory.get(checked.name) ?? this.#make(now, session, checked.name, entry);
    if (room === undefined) return;
    if (!room.has(session) && !this.#admits(now, session, room, entry.key)) return;
    // Who was in before gets all that they missed; a newcomer what the room shows to newcomers.
    const isNew = !session.admissions.has(room.name);
    const count = isNew ? Math.min(entry.count, room.settings.depth) : entry.count;
    this.#add(now, session, room);
    const { name, channel, topic, modes } = room;
    const seq = this.#journal.last(name);
    const { users, total, more } = this.#news.rosterFor(room, session);
    const joined = { room: name, seq, users, channel, nick: session.nick, topic, modes, total };
    this.#outbox.send(session.peers, channel, { type: 'joined', ...joined });
    for (const piece of more) this.#outbox.sendBytes(session.peers, channel, piece);
    this.#labs.showTo(room, session);
    if (count > 0 && entry.after < seq) this.#showLines(session, room, { ...entry, count });
  }

  /** Takes a session out of a room; everyone in it is told, the one who goes too. */
  part(now: number, session: Session, { room: name, reason }: Part): void {
    const room = this.#directory.get(name);
    if (!room?.has(session)) {
      this.#refuse(now, session, name, 'not-in-room', `you are not in ${name}`);
      return;
    }
    const { nick } = session;
    const at = this.#outbox.wallClock(now);
    const leave = { type: 'leave', room: name, nick, reason, at } as const;
    this.#outbox.send(session.peers, room.channel, leave);
    this.#outbox.event(now, { type: 'leave', room: name, nick, reason });
    session.admissions.delete(name);
    this.#news.went(now, room, session, 'leave', reason);
    this.#labs.left(now, room, session);
    this.#directory.release(room);
  }

  /** Takes a session out of all rooms but those that are wanted. */
  keepOnly(now: number, session: Session, wanted: readonly { readonly room: string }[]): void {
    const names = new Set(wanted.map(({ room }) => room));
    for (const { name } of session.rooms) {
      if (!names.has(name)) this.part(now, session, { type: 'part', room: name, reason: '' });
    }
  }

  /** A session lost its connection: its rooms are told. */
  depart(now: number, session: Session, how: 'left' | 'gone', reason: string): void {
    const type = how === 'left' ? 'leave' : 'gone';
    const { nick } = session;
    for (const room of session.rooms) {
      this.#news.went(now, room, session, type, reason);
      this.#labs.left(now, room, session);
      this.#outbox.event(now, { type, room: room.name, nick, reason });
      this.#directory.release(room);
    }
  }

  /** The rooms whose name holds `query`, the fullest first; secret ones to insiders only. */
  list(session: Session, { query }: List): void {
    const wanted = query.toLowerCase();
    const found = [...this.#directory]
      .filter((room) => room.name.includes(wanted) && (room.has(session) || !room.isInviteOnly))
      .sort((a, b) => b.size - a.size || (a.name < b.name ? -1 : 1));
    const rooms = found
      .slice(0, ROOMS_LISTED_MAX)
      .map(({ name, size, topic }) => ({ room: name, members: size, topic }));
    const record = { type: 'rooms', rooms, total: found.length } as const;
    this.#outbox.send(session.peers, CONTROL_CHANNEL, record);
  }

  /** Lets one person in who could not come by themselves, and tells them. */
  invite(now: number, session: Session, { room: name, to }: Invite): void {
    const room = this.#directory.get(name);
    const guest = this.#members.get(nickKey(to));
    const { nick } = session;
    if (!room?.has(session)) {
      this.#refuse(now, session, name, 'not-in-room', `you are not in ${name}`);
      return;
    }
    if (guest?.peer === undefined) {
      this.#refuse(now, session, name, 'no-such-nick', `nobody here is called ${to}`);
      return;
    }
    if (room.has(guest)) {
      this.#refuse(now, session, name, 'already-in-room', `${guest.nick} is in ${name} already`);
      return;
    }
    if (!session.allowance.lines.take(now, 1)) {
      this.#refuse(now, session, name, 'rate-limited', 'too much at once; wait a moment');
      return;
    }
    room.invite(guest.owner);
    this.#outbox.send(guest.peers, CONTROL_CHANNEL, { type: 'invited', room: name, nick });
    this.#outbox.event(now, { type: 'invite', room: name, by: nick, nick: guest.nick });
  }

  #showLines(session: Session, room: Room, { after, count }: Entry): void {
    const { peer } = session;
    if (peer === undefined) return;
    room.fallBehind(peer);
    const lines = Math.min(count, this.#config.historyLines);
    const range = { log: room.name, after, count: lines, bytes: this.#config.historyBytes };
    this.#journal.read({ ...range, from: 'newest' }, (now, page) => {
      if (!room.catchUp(peer)) return;
      if (page.type === 'failed') {
        const reason = `older messages cannot be read: ${page.reason}`;
        this.#refuse(now, session, room.name, 'storage', reason);
        return;
      }
      for (const { record } of page.entries) {
        this.#outbox.sendBytes([peer], room.channel, record);
      }
    });
  }

  #make(now: number, session: Session, name: string, { key }: Entry): Room | undefined {
    const refuse = (code: string, reason: string): undefined =>
      this.#refuse(now, session, name, code, reason);
    if (utf8Length(key) > KEY_BYTES_MAX) {
      return refuse('key-invalid', `a key has at most ${KEY_BYTES_MAX} bytes`);
    }
    if (!session.allowance.makes.take(now, 1)) {
      return refuse('rate-limited', 'too many new rooms at once; wait a minute');
    }
    const room = this.#directory.open(name);
    if (room === undefined) {
      return refuse('too-many-rooms', `this server has ${this.#config.rooms} rooms already`);
    }
    room.set({ ...room.settings, founder: session.owner, key });
    if (key !== '') this.#journal.put(roomRow(name, room.settings));
    return room;
  }

  #admits(now: number, session: Session, room: Room, key: string): boolean {
    const { name } = room;
    const refuse = (code: string, reason: string): false => {
      this.#refuse(now, session, name, code, reason);
      return false;
    };
    if (session.rooms.size >= ROOMS_PER_CLIENT_MAX) {
      return refuse('too-many-rooms', `you are in ${ROOMS_PER_CLIENT_MAX} rooms already`);
    }
    // Who was in before, lost the connection and is back needs no second invitation.
    if (session.admissions.has(name) || room.isFounder(session.owner)) return true;
    if (room.useInvitation(session.owner)) return true;
    if (room.isInviteOnly) return refuse('invite-only', `${name} is by invitation only`);
    if (room.key !== '' && room.key !== key) {
      return refuse('bad-key', `${name} needs a key: /join ${name} KEY`);
    }
    return true;
  }

  #add(now: number, session: Session, room: Room): void {
    if (room.has(session)) return;
    const { name } = room;
    const { nick, address } = session;
    this.#outbox.event(now, { type: 'join', room: name, nick, address });
    session.admissions.add(name);
    this.#news.came(now, room, session);
  }

  #refuse(now: number, session: Session, room: string, code: string, reason: string): undefined {
    this.#outbox.send(session.peers, CONTROL_CHANNEL, { type: 'error', code, reason, room });
    this.#outbox.event(now, { type: 'rejected', nick: session.nick, code });
  }
}
