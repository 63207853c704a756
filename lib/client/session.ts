import { Queue } from '../base/queue.ts';
import { type RandomSource, randomBytes } from '../base/random.ts';
import { toHex } from '../chat/bytes.ts';
import { decodeServerRecords, encodeClientRecord } from '../chat/codec.ts';
import {
  CONTROL_CHANNEL,
  ROOMS_PER_CLIENT_MAX,
  SESSION_BYTES,
  SIGNAL_CHANNEL,
} from '../chat/config.ts';
import type { KeptOutbox, KeptPost, OutboxChange } from '../chat/kept.ts';
import { nickKey, validateNick, validateRoom } from '../chat/names.ts';
import { sanitiseLine } from '../chat/sanitise.ts';
import type { EntryKind, NewClientRecord, ServerRecord } from '../chat/schema.ts';
import type { ClientConfig } from './config.ts';
import { entryEvent, isLine } from './entries.ts';
import type { ClientEvent } from './events.ts';
import { pageEvent, type Question } from './pages.ts';
import { describePerson } from './person.ts';
import { OwnPosts, type PostAbout } from './posts.ts';
import type { ClientRoom } from './room.ts';
import { ClientRooms } from './rooms.ts';

type Welcome = Extract<ServerRecord, { type: 'welcome' }>;
type ErrorRecord = Extract<ServerRecord, { type: 'error' }>;
type Page = Extract<ServerRecord, { type: 'page' }>;
type RoomRecord = Exclude<Extract<ServerRecord, { room: string }>, ErrorRecord | Page>;
type ControlRecord = Exclude<ServerRecord, RoomRecord>;

/** What the session wants of its connection, and what it has learnt about it. */
export type SessionOutput =
  | { readonly type: 'send'; readonly channel: number; readonly bytes: Uint8Array }
  /** The server has let us in. */
  | { readonly type: 'welcomed' }
  /** The server has turned us away. */
  | { readonly type: 'refused'; readonly code: string; readonly reason: string }
  /** The server broke the protocol: the connection is of no use. */
  | { readonly type: 'broken'; readonly reason: string };

export interface SessionOptions {
  readonly nick: string;
  readonly random: RandomSource;
  /** Wall clock at `now` = 0, ms since 1970. */
  readonly epoch: number;
  readonly rooms: readonly string[];
  /** Lines of a room's past to show when coming in. */
  readonly history: number;
  readonly config: ClientConfig;
  readonly password?: string;
  /** What an earlier client left behind; then `pollChange` tells what this one would. */
  readonly kept?: KeptOutbox;
}

/**
 * One person in a chat, over as many connections as it takes: nick, rooms, lines on their way,
 * lines seen. Knows nothing of transports: it is told when a connection is there and when it is
 * lost. Sans-IO: after each call, poll outputs and events until dry, then see `nextTimeout`.
 */
export class ClientSession {
  readonly #options: SessionOptions;
  readonly #secret: Uint8Array;
  readonly #posts: OwnPosts;
  readonly #rooms: ClientRooms;
  readonly #output = new Queue<SessionOutput>();
  readonly #events = new Queue<ClientEvent>();
  readonly #changes = new Queue<OutboxChange>();
  /** Records that overtook the welcome on their own channel. */
  #early: RoomRecord[] = [];
  #online = false;
  /** Questions for history so far. */
  #asks = 0;
  /** The server's run that we know; empty before the first welcome. */
  #logId: Uint8Array = new Uint8Array(0);
  /** For the records that follow a welcome: whether line numbers go on from those we have seen. */
  #continued = false;
  #back = false;
  /** Number of the last direct message to us; they count from 1 in each session of a server. */
  #heard = 0;
  #nick: string;
  /** A nick that we asked for and have no answer about. */
  #wantedNick: string | undefined;
  /** Why we are away; undefined: we are not. */
  #away: string | undefined;
  /** When we may say again that we are writing. */
  #typingAt = 0;
  /** Rooms that we have left, as long as the server has not said that it knows. */
  readonly #parting = new Set<string>();
  /** Rooms that the last hello asked for. */
  #inHello: ReadonlySet<ClientRoom> = new Set();

  constructor(now: number, options: SessionOptions) {
    this.#options = options;
    this.#nick = options.nick;
    const emit = (event: ClientEvent): void => this.#events.push(event);
    const { random, epoch, config, kept } = options;
    this.#secret = kept?.session ?? randomBytes(random, SESSION_BYTES);
    const keep = (change: OutboxChange): void => this.#changes.push(change);
    this.#posts = new OwnPosts(now, { random, epoch, config, emit, ...(kept && { keep }) });
    this.#rooms = new ClientRooms(config, emit);
    for (const name of options.rooms) this.#rooms.add(name, '');
    this.#restore(now, kept?.posts ?? []);
  }

  get nick(): string {
    return this.#nick;
  }

  /** Lines that the server has not answered. */
  get pending(): number {
    return this.#posts.length;
  }

  /** Whether the server has ever let us in. */
  get wasOnline(): boolean {
    return this.#logId.length > 0;
  }

  /** A connection to the server is up: says hello. */
  handleConnected(_now: number): void {
    if (this.#options.password) this.#send({ type: 'auth', secret: this.#options.password });
    this.#inHello = new Set([...this.#rooms].filter((room) => this.#isInHello(room)));
    const seen = [...this.#inHello].map(({ name, seen: last }) => ({ room: name, seen: last }));
    this.#send({
      type: 'hello',
      session: this.#secret,
      nick: this.#nick,
      logId: this.#logId,
      seen,
      history: this.#options.history,
      heard: this.#heard,
    });
  }

  /** The connection is lost; what was in flight will be sent again. */
  handleDisconnected(_now: number): void {
    this.#online = false;
    this.#early = [];
    this.#rooms.handleDisconnected();
    this.#posts.handleDisconnected();
  }

  /** Records of the server, from any channel: which room one is about is in the record. */
  handleMessage(now: number, bytes: Uint8Array): void {
    for (const { record, error } of decodeServerRecords(bytes)) {
      if (record !== undefined) this.#handleRecord(record);
      else if (error !== 'unknown-type') {
        this.#output.push({ type: 'broken', reason: `protocol error: ${error}` });
        return;
      }
    }
    // What the answers make room for goes together.
    this.#flush(now);
  }

  #handleRecord(record: ServerRecord): void {
    if ('room' in record && record.type !== 'error' && record.type !== 'page') {
      if (this.#online) this.#handleRoomRecord(record);
      else this.#holdBack(record);
    } else {
      this.#handleControlRecord(record);
    }
  }

  handleTimeout(now: number): void {
    this.#flush(now);
  }

  nextTimeout(now: number): number {
    return this.#online ? this.#posts.readyAt(now) : Infinity;
  }

  pollOutput(): SessionOutput | undefined {
    return this.#output.shift();
  }

  pollEvent(): ClientEvent | undefined {
    return this.#events.shift();
  }

  /** What is unanswered and what no longer is, to be kept before outputs and events are seen to. */
  pollChange(): OutboxChange | undefined {
    return this.#changes.shift();
  }

  /**
   * Says `text` in `#room` or to `@nick`, or puts an entry of another kind into the room's log.
   * Always answered, with the id that is returned, by `accepted` or `rejected`, and before that, if
   * it is a line, by `pending`. What cannot be queued is rejected at once.
   */
  post(
    now: number,
    room: string,
    text: string,
    kind: EntryKind = 'text',
    about: PostAbout = {},
  ): string {
    const isWanted = room.startsWith('@') || this.#rooms.get(room) !== undefined;
    const problem = isWanted ? undefined : `you are not in ${room}`;
    const id = this.#posts.add(now, { room, nick: this.#nick, kind, text, about }, problem);
    this.#flush(now);
    return id;
  }

  /** Wants to be in a room; answered by `joined`, or by `parted` with the reason why not. */
  join(now: number, name: string, key = ''): void {
    const checked = validateRoom(name);
    if (checked.error !== undefined) {
      this.#notice('error', 'room-invalid', checked.reason);
      return;
    }
    const known = this.#rooms.get(checked.name);
    if (known !== undefined) {
      this.#notice('info', 'already-in-room', `you are in ${known.name} already`);
    } else if (this.#rooms.size >= ROOMS_PER_CLIENT_MAX) {
      const text = `you are in ${ROOMS_PER_CLIENT_MAX} rooms already; leave one with /part`;
      this.#notice('error', 'too-many-rooms', text);
    } else {
      const room = this.#rooms.add(checked.name, key);
      this.#parting.delete(checked.name);
      if (this.#online) this.#askToJoin(room);
    }
    this.#flush(now);
  }

  /** Leaves a room; answered by `parted`. Lines of ours that wait for the room are rejected. */
  part(_now: number, name: string, reason = ''): void {
    const room = this.#rooms.get(name);
    if (room === undefined) {
      this.#notice('error', 'not-in-room', `you are not in ${name}`);
      return;
    }
    this.#parting.add(name);
    if (this.#parting.size > ROOMS_PER_CLIENT_MAX) {
      const [oldest = ''] = this.#parting;
      this.#parting.delete(oldest);
    }
    if (this.#online) this.#send({ type: 'part', room: name, reason: sanitiseLine(reason) });
    this.#leaveRoom(name, 'left', reason);
  }

  /** Asks for the rooms whose name holds `query`; answered by `rooms`. */
  list(_now: number, query = ''): void {
    this.#ask({ type: 'list', query });
  }

  /** Asks who somebody is; answered by a notice. */
  whois(_now: number, nick: string): void {
    this.#ask({ type: 'whois', to: nick });
  }

  /** Wants to keep the present nick for good, or no longer; answered by a notice. */
  register(_now: number, registered: boolean): void {
    this.#ask({ type: 'register', registered });
  }

  /** Asks for a part of a room's past; answered by `page` with the number returned. */
  history(_now: number, room: string, options: Question = {}): number {
    const { after = 0, before = 0, since = 0, count: history = 50 } = options;
    const { query = '', context = 0 } = options;
    const ask = ++this.#asks;
    this.#ask({ type: 'history', ask, room, after, before, since, history, query, context });
    return ask;
  }

  /** Asks somebody into a room. */
  invite(_now: number, room: string, nick: string): void {
    this.#ask({ type: 'invite', room, to: nick });
  }

  /** Asks a room to try a bad network; an empty impairment ends it. Answered by `lab`. */
  lab(_now: number, room: string, impairment: string): void {
    this.#ask({ type: 'lab', room, impairment });
  }

  /** Tells everybody that we are not at the keyboard, and why; undefined: that we are back. */
  away(_now: number, reason: string | undefined): void {
    this.#away = reason;
    if (this.#online) this.#tellAway();
  }

  /** Tells a room, or `@nick`, that we are writing. Said at most every `typingInterval`. */
  typing(now: number, room: string): void {
    if (!this.#online || now < this.#typingAt) return;
    this.#typingAt = now + this.#options.config.typingInterval;
    this.#send({ type: 'typing', room }, SIGNAL_CHANNEL);
  }

  /** Tells a room up to which line we have read it. */
  read(_now: number, name: string, seq: number): void {
    const room = this.#rooms.get(name);
    if (room?.isIn !== true || seq <= room.read) return;
    room.read = seq;
    this.#send({ type: 'read', room: name, seq }, SIGNAL_CHANNEL);
  }

  /** Asks for another nick; answered by a `nick` event or a notice. Kept while offline. */
  changeNick(now: number, nick: string): void {
    const checked = validateNick(nick);
    if (checked.error !== undefined) {
      this.#notice('error', 'nick-invalid', checked.reason);
    } else if (checked.name !== this.#nick) {
      this.#wantedNick = checked.name;
      this.#flush(now);
      this.#askForNick();
    }
  }

  /** Goes on with what an earlier client left behind: in the rooms that it was for, too. */
  #restore(now: number, posts: readonly KeptPost[]): void {
    for (const { room } of posts) {
      const isKnown = room.startsWith('@') || this.#rooms.get(room) !== undefined;
      if (!isKnown && this.#rooms.size < ROOMS_PER_CLIENT_MAX) this.#rooms.add(room, '');
    }
    this.#posts.restore(now, posts);
  }

  #flush(now: number): void {
    if (!this.#online) return;
    for (const { room, bytes } of this.#posts.pollMessages(now)) {
      const channel = this.#rooms.get(room)?.channel ?? CONTROL_CHANNEL;
      this.#output.push({ type: 'send', channel, bytes });
    }
  }

  #send(record: NewClientRecord, channel: number = CONTROL_CHANNEL): void {
    this.#output.push({ type: 'send', channel, bytes: encodeClientRecord(record) });
  }

  /** Asks what makes sense now or never. */
  #ask(record: NewClientRecord): void {
    if (this.#online) this.#send(record);
    else this.#notice('error', 'offline', 'not connected; try again when it is back');
  }

  /** The others are asked for one by one, after the welcome, with their key. */
  #isInHello(room: ClientRoom): boolean {
    return room.key === '' && (room.wasIn || !this.wasOnline);
  }

  #askToJoin(room: ClientRoom): void {
    const { name, key, seen } = room;
    const { history } = this.#options;
    const last = this.#continued && room.wasIn ? { seq: seen } : {};
    this.#send({ type: 'join', room: name, key, history, ...last });
  }

  #tellAway(): void {
    const reason = this.#away === undefined ? '' : sanitiseLine(this.#away).trim() || 'away';
    this.#send({ type: 'away', reason });
  }

  /** A room is no more for us: nor are the lines that were on their way there. */
  #leaveRoom(name: string, code: string, reason: string): void {
    this.#posts.shut(name);
    this.#rooms.remove(name, code, reason);
  }

  #askForNick(): void {
    if (!this.#online || this.#wantedNick === undefined) return;
    this.#send({ type: 'nick', nick: this.#wantedNick });
  }

  #holdBack(record: RoomRecord): void {
    this.#early.push(record);
    if (this.#early.length > this.#options.config.earlyRecords) {
      this.#output.push({ type: 'broken', reason: 'protocol error: no welcome' });
    }
  }

  #handleControlRecord(record: ControlRecord): void {
    switch (record.type) {
      case 'welcome':
        if (!this.#online) this.#handleWelcome(record);
        return;
      case 'page':
        this.#events.push(pageEvent(record));
        return;
      case 'refused':
        this.#output.push({ type: 'refused', code: record.code, reason: record.reason });
        return;
      case 'whisper': {
        if (record.seq <= this.#heard) return;
        this.#heard = record.seq;
        const { nick, kind, text, at } = record;
        const id = toHex(record.id);
        const line = { room: `@${nick}`, seq: 0, id, nick, kind, text, at };
        this.#events.push({ type: 'message', ...line, own: false, history: false });
        return;
      }
      case 'rooms':
        this.#events.push(record);
        return;
      case 'person':
        this.#notice('info', 'person', describePerson(record));
        return;
      case 'error':
        this.#handleError(record);
        return;
    }
  }

  #handleWelcome({ nick, logId, resumed }: Welcome): void {
    this.#online = true;
    this.#back = this.wasOnline;
    this.#continued = toHex(logId) === toHex(this.#logId);
    if (!this.#continued || !resumed) this.#heard = 0;
    this.#logId = logId;
    this.#nick = nick;
    this.#output.push({ type: 'welcomed' });
    this.#posts.handleWelcome({ continued: this.#continued });
    this.#events.push({ type: 'welcome', nick, resumed });
    const early = this.#early;
    this.#early = [];
    for (const record of early) this.#handleRoomRecord(record);
    for (const room of this.#parting) this.#send({ type: 'part', room });
    const inHello = this.#inHello;
    for (const room of this.#rooms) if (!inHello.has(room)) this.#askToJoin(room);
    if (this.#away !== undefined) this.#tellAway();
    this.#askForNick();
  }

  #handleRoomRecord(record: RoomRecord): void {
    if (record.type === 'accepted' || record.type === 'message') {
      // An entry answers its author, in a room too that was left meanwhile.
      this.#posts.accept(this.#nick, toHex(record.id), record);
      if (record.type === 'accepted') return;
    }
    if (record.type === 'rejected') {
      this.#posts.reject(toHex(record.id), record.code, record.reason);
      return;
    }
    if (record.type === 'invited') {
      this.#events.push(record);
      return;
    }
    if (record.type === 'typing' && record.room.startsWith('@')) {
      this.#events.push(record);
      return;
    }
    if (record.type === 'renamed' && record.room === '') {
      this.#handleRenamed(record.nick, record.to, record.at);
      return;
    }
    const room = this.#rooms.get(record.room);
    if (room === undefined) {
      const isOurs = record.type === 'leave' && nickKey(record.nick) === nickKey(this.#nick);
      if (isOurs) this.#parting.delete(record.room);
      return;
    }
    if (record.type === 'joined') {
      const { history } = this.#options;
      this.#rooms.join(room, record, { continued: this.#continued, back: this.#back, history });
      this.#posts.open(room.name);
    } else if (!room.isIn) {
      // The rest of an earlier stay: what counts begins with `joined`.
    } else if (record.type === 'message') {
      this.#handleEntry(room, record);
    } else if (record.type === 'lab') {
      this.#events.push(record);
    } else {
      this.#rooms.handleNews(room, record);
    }
  }

  /** We are called something else; our rooms hear of it, each in its own order. */
  #handleRenamed(from: string, to: string, at: number): void {
    this.#nick = to;
    this.#wantedNick = undefined;
    if (this.#rooms.size > 0) return;
    this.#events.push({ type: 'nick', room: '', from, to, own: true, at });
  }

  /** Not being let into a room is the end of wanting it. */
  #handleError({ code, reason, room: name }: ErrorRecord): void {
    if (name === '') this.#wantedNick = undefined;
    const room = this.#rooms.get(name);
    // The answer to a part that had been heard after all, or to one before a new stay.
    const isLate = this.#parting.delete(name) || room?.isIn === false;
    if (code === 'not-in-room' && isLate) return;
    if (room === undefined || room.isIn) this.#notice('error', code, reason);
    else this.#leaveRoom(name, code, reason);
  }

  #handleEntry(room: ClientRoom, record: Extract<ServerRecord, { type: 'message' }>): void {
    const id = toHex(record.id);
    const own = this.#posts.comeBack(id);
    const { fresh, history } = room.show(record.seq, !own && isLine(record));
    if (!history && (record.kind === 'op' || record.kind === 'deop')) {
      room.changeUser(record.to, { role: record.kind === 'op' ? 'op' : 'member' });
    }
    const event = fresh ? entryEvent(record, { own, history }) : undefined;
    if (event !== undefined) this.#events.push(event);
    this.#rooms.reportCatchUp(room);
  }

  #notice(level: 'info' | 'error', code: string, text: string): void {
    this.#events.push({ type: 'notice', level, code, text });
  }
}
