import { Queue } from '../base/queue.ts';
import { type RandomSource, randomBytes } from '../base/random.ts';
import { toHex, utf8Length } from '../chat/bytes.ts';
import { decodeServerRecord, encodeClientRecord } from '../chat/codec.ts';
import {
  CONTROL_CHANNEL,
  ID_BYTES_MIN,
  LOBBY_CHANNEL,
  SESSION_BYTES,
  TEXT_BYTES_MAX,
} from '../chat/config.ts';
import { nickKey, validateNick } from '../chat/names.ts';
import { sanitiseText } from '../chat/sanitise.ts';
import type { ServerRecord } from '../chat/schema.ts';
import type { ClientConfig } from './config.ts';
import type { ClientEvent, MessageEvent } from './events.ts';
import { Outbox, type OutboxLine } from './outbox.ts';
import { ClientRoom } from './room.ts';

type Kind = 'text' | 'action';
type Welcome = Extract<ServerRecord, { type: 'welcome' }>;
type RoomRecord = Extract<ServerRecord, { room: string }>;

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
}

/**
 * One person in a chat, over as many connections as it takes: nick, rooms, lines on their way,
 * lines seen. Knows nothing of transports: it is told when a connection is there and when it is
 * lost. Sans-IO: after each call, poll outputs and events until dry, then see `nextTimeout`.
 */
export class ClientSession {
  readonly #options: SessionOptions;
  readonly #secret: Uint8Array;
  readonly #outbox: Outbox;
  readonly #rooms: ReadonlyMap<string, ClientRoom>;
  readonly #output = new Queue<SessionOutput>();
  readonly #events = new Queue<ClientEvent>();
  /** Ids of accepted lines of ours that have yet to come back as a room's message. */
  readonly #awaited = new Set<string>();
  /** Records that overtook the welcome on their own channel. */
  #early: RoomRecord[] = [];
  #online = false;
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

  constructor(now: number, options: SessionOptions) {
    this.#options = options;
    this.#nick = options.nick;
    this.#secret = randomBytes(options.random, SESSION_BYTES);
    this.#outbox = new Outbox(now, options.config);
    this.#rooms = new Map(
      options.rooms.map((name) => [name, new ClientRoom(name, options.config.roomUsers)]),
    );
  }

  get nick(): string {
    return this.#nick;
  }

  /** Lines that the server has not answered. */
  get pending(): number {
    return this.#outbox.length;
  }

  /** Whether the server has ever let us in. */
  get wasOnline(): boolean {
    return this.#logId.length > 0;
  }

  /** A connection to the server is up: says hello. */
  handleConnected(_now: number): void {
    const seen = [...this.#rooms.values()].map(({ name, seen }) => ({ room: name, seen }));
    const bytes = encodeClientRecord({
      type: 'hello',
      session: this.#secret,
      nick: this.#nick,
      logId: this.#logId,
      seen,
      history: this.#options.history,
      heard: this.#heard,
    });
    this.#output.push({ type: 'send', channel: CONTROL_CHANNEL, bytes });
  }

  /** The connection is lost; what was in flight will be sent again. */
  handleDisconnected(_now: number): void {
    this.#online = false;
    this.#early = [];
    this.#outbox.rewind();
  }

  /** A whole record of the server, from any channel: which room it is about is in the record. */
  handleMessage(now: number, bytes: Uint8Array): void {
    const { record, error } = decodeServerRecord(bytes);
    if (error === 'unknown-type') return;
    if (error !== undefined) {
      this.#output.push({ type: 'broken', reason: `protocol error: ${error}` });
    } else if ('room' in record) {
      if (this.#online) this.#handleRoomRecord(now, record);
      else this.#holdBack(record);
    } else {
      this.#handleControlRecord(now, record);
    }
  }

  /** Lets go the lines whose time has come. */
  handleTimeout(now: number): void {
    this.#flush(now);
  }

  nextTimeout(now: number): number {
    return this.#online ? this.#outbox.readyAt(now) : Infinity;
  }

  pollOutput(): SessionOutput | undefined {
    return this.#output.shift();
  }

  pollEvent(): ClientEvent | undefined {
    return this.#events.shift();
  }

  /**
   * Says `text` in `#room`, or to `@nick`. Always answered by `pending` and later, with the id that
   * is returned, `accepted` or `rejected`; a line that cannot be queued is rejected at once.
   */
  post(now: number, room: string, raw: string, kind: Kind): string {
    const { random, epoch } = this.#options;
    const idBytes = randomBytes(random, ID_BYTES_MIN);
    const id = toHex(idBytes);
    const text = sanitiseText(raw).trimEnd();
    const at = Math.floor(epoch + now);
    this.#events.push({ type: 'pending', room, id, nick: this.#nick, kind, text, at });
    const refuse = (code: string, reason: string): string => {
      this.#events.push({ type: 'rejected', room, id, code, reason });
      return id;
    };
    if (text === '') return refuse('empty', 'a message needs some text');
    if (utf8Length(text) > TEXT_BYTES_MAX) {
      return refuse('too-long', `a message has at most ${TEXT_BYTES_MAX} bytes`);
    }
    const direct = room.startsWith('@');
    const record = encodeClientRecord(
      direct
        ? { type: 'direct', id: idBytes, to: room.slice(1), kind, text }
        : { type: 'post', id: idBytes, room, kind, text },
    );
    const channel = direct ? CONTROL_CHANNEL : LOBBY_CHANNEL;
    if (!this.#outbox.add({ id, room, kind, text, channel, record })) {
      return refuse('outbox-full', 'too many messages wait for the server already');
    }
    this.#flush(now);
    return id;
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

  #flush(now: number): void {
    if (!this.#online) return;
    for (;;) {
      const line = this.#outbox.poll(now);
      if (line === undefined) return;
      this.#output.push({ type: 'send', channel: line.channel, bytes: line.record });
    }
  }

  #askForNick(): void {
    if (!this.#online || this.#wantedNick === undefined) return;
    const bytes = encodeClientRecord({ type: 'nick', nick: this.#wantedNick });
    this.#output.push({ type: 'send', channel: CONTROL_CHANNEL, bytes });
  }

  #holdBack(record: RoomRecord): void {
    this.#early.push(record);
    if (this.#early.length > this.#options.config.earlyRecords) {
      this.#output.push({ type: 'broken', reason: 'protocol error: no welcome' });
    }
  }

  #handleControlRecord(now: number, record: Exclude<ServerRecord, { room: string }>): void {
    switch (record.type) {
      case 'welcome':
        if (!this.#online) this.#handleWelcome(now, record);
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
      case 'error':
        this.#wantedNick = undefined;
        this.#notice('error', record.code, record.reason);
        return;
    }
  }

  #handleWelcome(now: number, { nick, logId, resumed }: Welcome): void {
    this.#online = true;
    this.#back = this.wasOnline;
    this.#continued = toHex(logId) === toHex(this.#logId);
    // Lines of another run of the server never come back.
    if (!this.#continued) this.#awaited.clear();
    if (!this.#continued || !resumed) this.#heard = 0;
    this.#logId = logId;
    this.#nick = nick;
    this.#output.push({ type: 'welcomed' });
    this.#events.push({ type: 'welcome', nick, resumed });
    const early = this.#early;
    this.#early = [];
    for (const record of early) this.#handleRoomRecord(now, record);
    this.#askForNick();
    this.#flush(now);
  }

  #handleRoomRecord(now: number, record: RoomRecord): void {
    if (record.type === 'accepted') {
      this.#handleAccepted(toHex(record.id), record.seq, record.at);
      this.#flush(now);
      return;
    }
    if (record.type === 'rejected') {
      const line = this.#outbox.take(toHex(record.id));
      const { code, reason } = record;
      if (line === undefined) return;
      this.#events.push({ type: 'rejected', room: line.room, id: line.id, code, reason });
      this.#flush(now);
      return;
    }
    const room = this.#rooms.get(record.room);
    if (room !== undefined) this.#handleRoom(room, record);
  }

  #handleRoom(
    room: ClientRoom,
    record: Exclude<RoomRecord, { type: 'accepted' | 'rejected' }>,
  ): void {
    const { name } = room;
    switch (record.type) {
      case 'joined':
        room.join(record, {
          continued: this.#continued,
          back: this.#back,
          history: this.#options.history,
        });
        this.#events.push({ type: 'roster', room: name, users: room.users });
        this.#reportCatchUp(room);
        return;
      case 'message':
        this.#handleLine(room, record);
        return;
      case 'join':
        room.addUser(record.nick, 'here');
        this.#events.push({ ...record, reason: '' });
        return;
      case 'leave':
      case 'gone':
        room.removeUser(record.nick);
        this.#events.push(record);
        return;
      case 'renamed':
        this.#handleRenamed(room, record);
        return;
      case 'presence':
        if (room.setPresence(record.nick, record.presence)) {
          this.#events.push({ type: 'presence', nick: record.nick, presence: record.presence });
        }
        return;
    }
  }

  #handleLine(room: ClientRoom, record: Extract<ServerRecord, { type: 'message' }>): void {
    const id = toHex(record.id);
    // The line itself says that it was accepted, if the answer was lost with an older connection.
    this.#handleAccepted(id, record.seq, record.at);
    const own = this.#awaited.delete(id);
    const { fresh, history } = room.show(record.seq, own);
    if (fresh) this.#events.push({ ...record, id, own, history });
    this.#reportCatchUp(room);
  }

  #handleRenamed(room: ClientRoom, record: Extract<ServerRecord, { type: 'renamed' }>): void {
    const { nick: from, to, at } = record;
    const own = nickKey(from) === nickKey(this.#nick);
    if (own) {
      this.#nick = to;
      this.#wantedNick = undefined;
    }
    room.renameUser(from, to);
    this.#events.push({ type: 'nick', room: room.name, from, to, own, at });
  }

  #handleAccepted(id: string, seq: number, at: number): void {
    const line = this.#outbox.take(id);
    if (line === undefined) return;
    this.#events.push({ type: 'accepted', room: line.room, id, seq, at });
    if (line.room.startsWith('@')) this.#events.push(this.#ownDirect(line, at));
    else this.#awaited.add(id);
  }

  /** A direct message does not come back from the server: its tick is ours to show. */
  #ownDirect({ room, id, kind, text }: OutboxLine, at: number): MessageEvent {
    const line = { room, seq: 0, id, nick: this.#nick, kind, text, at };
    return { type: 'message', ...line, own: true, history: false };
  }

  #reportCatchUp(room: ClientRoom): void {
    const done = room.caughtUp();
    if (done === undefined || done.missed + done.lost === 0) return;
    const { missed, lost } = done;
    const lines = `${missed} missed ${missed === 1 ? 'message' : 'messages'}`;
    const older = lost === 0 ? '' : `; ${lost} more are no longer kept by the server`;
    this.#notice('info', 'back', `back, ${lines}${older}`);
  }

  #notice(level: 'info' | 'error', code: string, text: string): void {
    this.#events.push({ type: 'notice', level, code, text });
  }
}
