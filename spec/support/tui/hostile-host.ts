import { decodeClientRecords, encodeServerRecord } from '../../../lib/chat/codec.ts';
import { CloseCode, CONTROL_CHANNEL, LOBBY_CHANNEL } from '../../../lib/chat/config.ts';
import type { ClientRecord, NewServerRecord } from '../../../lib/chat/schema.ts';
import { createServer, type UdpConnection, type UdpServer } from '../../../lib/index.ts';
import { HOSTILE } from '../hostile.ts';

const AT = Date.UTC(2026, 10, 22, 10, 0);
const ROOM = '#lobby';
const LOG_ID = new Uint8Array(8).fill(7);
/** What a CLOSE has room for. */
const REASON_UNITS_MAX = 30;
/** Nicks of clients that are turned away, put out, and cut off, with the number of a string. */
const FATE = /^(refused|kicked|dropped)-(\d+)$/;

/** What the server of a chat can say of others, with `evil` wherever there is text. */
function recordsOf(evil: string, n: number): readonly NewServerRecord[] {
  const seq = 10 * n;
  const id = new Uint8Array(8).fill(n);
  const common = { room: ROOM, nick: evil, at: AT };
  const line = { type: 'message', ...common, id } as const;
  return [
    { ...line, seq: seq + 1, kind: 'text', text: evil },
    { ...line, seq: seq + 2, kind: 'action', text: evil },
    { ...line, seq: seq + 3, kind: 'text', text: `re ${evil}`, ref: seq + 1 },
    { ...line, seq: seq + 4, kind: 'edit', text: `new ${evil}`, ref: seq + 1 },
    { ...line, seq: seq + 5, kind: 'react', text: evil, ref: seq + 1 },
    { ...line, seq: seq + 6, kind: 'topic', text: evil },
    { ...line, seq: seq + 7, kind: 'mode', text: evil },
    { ...line, seq: seq + 8, kind: 'kick', text: evil, to: evil },
    { ...line, seq: seq + 9, kind: 'ban', text: evil, to: evil },
    { type: 'join', ...common },
    { type: 'presence', room: ROOM, nick: evil, presence: 'away', reason: evil },
    { type: 'typing', room: ROOM, nick: evil },
    { type: 'renamed', ...common, to: `${evil}2` },
    { type: 'leave', room: ROOM, nick: `${evil}2`, reason: evil, at: AT },
    { type: 'gone', ...common, reason: evil },
    { type: 'whisper', seq: n, id, nick: evil, kind: 'text', text: evil, at: AT },
    { type: 'error', code: evil, reason: evil, room: '#elsewhere' },
    { type: 'error', code: evil, reason: evil },
    { type: 'rooms', rooms: [{ room: evil, members: 1, topic: evil }], total: 1 },
    { type: 'invited', room: `#${evil}`, nick: evil },
    { type: 'lab', room: ROOM, nick: evil, impairment: evil },
  ];
}

function isLine(record: NewServerRecord): boolean {
  return record.type === 'message';
}

/** One client of the hostile host. */
class Victim {
  readonly #connection: UdpConnection;
  #nick = '';

  constructor(connection: UdpConnection) {
    this.#connection = connection;
    connection.on('message', (bytes) => {
      for (const { record } of decodeClientRecords(bytes)) {
        if (record !== undefined) this.#handle(record);
      }
    });
  }

  #say(record: NewServerRecord, channel = CONTROL_CHANNEL): void {
    if (this.#connection.destroyed) return;
    this.#connection.send(encodeServerRecord(record), channel);
  }

  #handle(record: ClientRecord): void {
    if (record.type === 'hello') this.#greet(record.nick);
    else if (record.type === 'join') this.#enter(record.room);
    else if (record.type === 'history') this.#page(record.ask, record.after);
    else if (record.type === 'post') {
      for (const evil of HOSTILE) {
        this.#say({ type: 'rejected', room: ROOM, id: record.id, code: evil, reason: evil });
      }
    }
  }

  #greet(nick: string): void {
    this.#nick = nick;
    const [, fate, number] = FATE.exec(nick) ?? [];
    const evil = HOSTILE[Number(number)] ?? '';
    if (fate === 'refused') {
      this.#say({ type: 'refused', code: evil, reason: evil });
      this.#connection.end(CloseCode.refused);
      return;
    }
    this.#say({ type: 'welcome', nick, logId: LOG_ID, resumed: false });
    this.#enter(ROOM);
    if (fate !== undefined) {
      const code = fate === 'kicked' ? CloseCode.kicked : CloseCode.tooSlow;
      setTimeout(() => this.#connection.end(code, evil.slice(0, REASON_UNITS_MAX)), 300);
    }
  }

  #enter(room: string): void {
    const [evil = ''] = HOSTILE;
    const users = [this.#nick, ...HOSTILE].map((nick) => {
      return { nick, presence: 'here', role: 'member' } as const;
    });
    const modes = `+${evil}`;
    this.#say({ type: 'joined', room, seq: 10, users, topic: evil, modes }, LOBBY_CHANNEL);
    for (const [i, each] of HOSTILE.entries()) {
      for (const record of recordsOf(each, i + 1)) {
        this.#say(record, isLine(record) ? LOBBY_CHANNEL : CONTROL_CHANNEL);
      }
    }
    const seq = 10 * HOSTILE.length + 11;
    const [kind, id] = ['text', new Uint8Array(8)] as const;
    const last = { type: 'message', room, seq, id, nick: 'mallory', kind, at: AT } as const;
    // Either may come last.
    this.#say({ ...last, text: 'the end' }, LOBBY_CHANNEL);
    this.#say({ type: 'error', code: 'end', reason: 'the end' });
  }

  /** All of it at first, then nothing more. */
  #page(ask: number, after: number): void {
    const lines = HOSTILE.slice(0, after > 0 ? 0 : 30).flatMap((evil, i) =>
      recordsOf(evil.slice(0, 200), i + 1)
        .filter(isLine)
        .map((record) => encodeServerRecord(record)),
    );
    this.#say({ type: 'page', ask, room: ROOM, first: 1, query: HOSTILE[0] ?? '', lines });
  }
}

/** A host that says nothing but hostile strings, encrypted and well formed. */
export function hostileHost(): Promise<UdpServer> {
  const server = createServer({}, (connection) => new Victim(connection));
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port: 0, address: '127.0.0.1' }, () => resolve(server));
  });
}
