/**
 * The chat records as data: which fields a record has, under which integer key, and what a value
 * must look like. The types below and the codec follow from these tables; spec/protocol/chat.cddl
 * says the same for other implementations.
 */
import { fromHex, toHex } from './bytes.ts';
import {
  ID_BYTES_MAX,
  ID_BYTES_MIN,
  LINE_UNITS_MAX,
  LOBBY_CHANNEL,
  LOG_ID_BYTES,
  NEWS_MAX,
  PUBLIC_KEY_BYTES,
  RECORD_ITEMS_MAX,
  ROOMS_LISTED_MAX,
  ROOMS_PER_CLIENT_MAX,
  SECRET_UNITS_MAX,
  SESSION_BYTES,
  TEXT_UNITS_MAX,
  USERS_MAX,
} from './config.ts';
import { sanitiseLine, sanitiseText } from './sanitise.ts';

/** One field: where it stands in the map, and how its value goes to CBOR and back. */
export interface Field<T> {
  readonly key: number;
  /** Undefined when `raw` is not a value of this field. */
  decode(raw: unknown): T | undefined;
  encode(value: T): unknown;
  /** What a record without this key means; without it the key must be there. */
  readonly absent?: T | undefined;
}

/** A field that may be missing, and then means `absent`. */
interface OptionalField<T> extends Field<T> {
  readonly absent: T;
}

/** What a room's member looks like on the wire. */
export interface WireUser {
  readonly nick: string;
  readonly presence: WirePresence;
  readonly role: Role;
}

/** A room as a list of rooms shows it. */
export interface WireRoom {
  readonly room: string;
  /** How many are in it. */
  readonly members: number;
  readonly topic: string;
}

/** A room that a client wants, and the last line of it that it has seen (0: none). */
export interface WireSeen {
  readonly room: string;
  readonly seen: number;
}

function uint(key: number): Field<number> {
  return {
    key,
    decode: (raw) => (Number.isSafeInteger(raw) && Number(raw) >= 0 ? Number(raw) : undefined),
    encode: (value) => value,
  };
}

function bool(key: number): Field<boolean> {
  return {
    key,
    decode: (raw) => (typeof raw === 'boolean' ? raw : undefined),
    encode: (value) => value,
  };
}

function bytes(key: number, min: number, max: number): Field<Uint8Array> {
  return {
    key,
    decode: (raw) =>
      raw instanceof Uint8Array && raw.length >= min && raw.length <= max ? raw : undefined,
    encode: (value) => value,
  };
}

/** Text of a person, many lines: sanitised as it comes in, so that nothing behind can forget to. */
function text(key: number): Field<string> {
  return {
    key,
    decode: (raw) => (typeof raw === 'string' ? sanitiseText(raw, TEXT_UNITS_MAX) : undefined),
    encode: (value) => value,
  };
}

function line(key: number): Field<string> {
  return {
    key,
    decode: (raw) => (typeof raw === 'string' ? sanitiseLine(raw, LINE_UNITS_MAX) : undefined),
    encode: (value) => value,
  };
}

/**
 * A name that its receiver will judge: exact, since making it harmless would hide what is wrong.
 */
function name(key: number): Field<string> {
  return {
    key,
    decode: (raw) => (typeof raw === 'string' && raw.length <= LINE_UNITS_MAX ? raw : undefined),
    encode: (value) => value,
  };
}

function optional<T>(field: Field<T>, absent: T): OptionalField<T> {
  return { ...field, absent };
}

/** One of a few words, as its index. */
function oneOf<const W extends string>(key: number, words: readonly W[]): Field<W> {
  return {
    key,
    decode: (raw) => (typeof raw === 'number' ? words[raw] : undefined),
    encode: (value) => words.indexOf(value),
  };
}

const NONE: readonly number[] = [];

/** Numbers, at least one; without the key there are none. */
function numbers(key: number, max: number): OptionalField<readonly number[]> {
  const number = uint(key);
  return {
    key,
    absent: NONE,
    decode: (raw) => {
      if (!Array.isArray(raw) || raw.length === 0 || raw.length > max) return undefined;
      const values = raw.map((item) => number.decode(item));
      return values.every((value) => value !== undefined) ? values : undefined;
    },
    encode: (value) => value,
  };
}

interface RowCodec<T> {
  decode(row: readonly unknown[]): T | undefined;
  encode(value: T): readonly unknown[];
}

/** An array of arrays; what a row has behind what we know is dropped. */
function rows<T>(key: number, max: number, row: RowCodec<T>): Field<readonly T[]> {
  return {
    key,
    decode: (raw) => {
      if (!Array.isArray(raw) || raw.length > max) return undefined;
      const values: T[] = [];
      for (const item of raw as unknown[]) {
        const value = Array.isArray(item) ? row.decode(item) : undefined;
        if (value === undefined) return undefined;
        values.push(value);
      }
      return values;
    },
    encode: (values) => values.map((value) => row.encode(value)),
  };
}

const PRESENCES = ['here', 'slow', 'away'] as const;
export type WirePresence = (typeof PRESENCES)[number];

/** What somebody may do, from least to most; see spec/protocol/chat.md, People. */
export const ROLES = ['guest', 'member', 'op', 'owner'] as const;
export type Role = (typeof ROLES)[number];

/**
 * What an entry of a room's log is. `text` and `action` are lines; the others say something about
 * an earlier line (`ref`), the room, or a person (`to`).
 */
export const ENTRY_KINDS = [
  'text',
  'action',
  'edit',
  'delete',
  'react',
  'unreact',
  'topic',
  'mode',
  'kick',
  'ban',
  'unban',
  'mute',
  'unmute',
  'op',
  'deop',
] as const;
export type EntryKind = (typeof ENTRY_KINDS)[number];

const type = 0; // The key of the record's type; the codec reads it first.
const id = bytes(1, ID_BYTES_MIN, ID_BYTES_MAX);
const room = line(2);
const seq = uint(3);
const nick = line(4);
/** Of a direct message. */
const lineKind = oneOf(5, ['text', 'action']);
/** Of a post. */
const kind = oneOf(5, ENTRY_KINDS);
/** Of an entry as a client hears it: one of a later version keeps its place in the room's order. */
const entryKind: Field<EntryKind | 'unknown'> = {
  ...kind,
  decode: (raw) => kind.decode(raw) ?? (uint(5).decode(raw) === undefined ? undefined : 'unknown'),
  encode: (value) => ENTRY_KINDS.indexOf(value as EntryKind),
};
const body = text(6);
const at = uint(7);
const code = line(8);
const reason = line(9);
const to = line(10);
const presence = oneOf(11, PRESENCES);
const session = bytes(12, SESSION_BYTES, SESSION_BYTES);
const logId = bytes(13, LOG_ID_BYTES, LOG_ID_BYTES);
/** Empty when the client has not met this server before. */
const knownLogId = bytes(13, 0, LOG_ID_BYTES);
const history = uint(14);
const resumed = bool(15);
const wantedNick = name(4);
const seen = rows<WireSeen>(16, ROOMS_PER_CLIENT_MAX, {
  decode: ([first, second]) => {
    const wanted = room.decode(first);
    const last = seq.decode(second);
    return wanted === undefined || last === undefined ? undefined : { room: wanted, seen: last };
  },
  encode: (value) => [value.room, value.seen],
});
/** Entries before and after each one that is found, to be shown with it. */
const context = optional(uint(56), 0);
/** Numbers of those entries of a page that have the words; none: all have, or nobody asked. */
const found = numbers(57, RECORD_ITEMS_MAX);
/** Number of the last direct message seen; 0 before the first. */
const heard = uint(18);
const userRow: RowCodec<WireUser> = {
  decode: ([first, second, third]) => {
    const who = nick.decode(first);
    const state = presence.decode(second);
    const rank = third === undefined ? 'member' : role.decode(third);
    if (who === undefined || state === undefined || rank === undefined) return undefined;
    return { nick: who, presence: state, role: rank };
  },
  encode: (user) => {
    const pair = [user.nick, presence.encode(user.presence)];
    return user.role === 'member' ? pair : [...pair, role.encode(user.role)];
  },
};
const users = rows<WireUser>(17, USERS_MAX, userRow);
/** Number of the line that an entry is about; 0: none. */
const ref = optional(uint(19), 0);
/** What opens a room; empty: nothing is needed. */
const key = optional(name(20), '');
/** Number of the last line seen of a room that one was in before; absent, -1: it is new. */
const lastSeen = optional(seq, -1);
/** What to look for; empty: anything. */
const query = optional(line(21), '');
const rooms = rows<WireRoom>(22, ROOMS_LISTED_MAX, {
  decode: ([first, second, third]) => {
    const what = room.decode(first);
    const members = seq.decode(second);
    const about = topic.decode(third);
    if (what === undefined || members === undefined || about === undefined) return undefined;
    return { room: what, members, topic: about };
  },
  encode: (value) => [value.room, value.members, value.topic],
});
const total = uint(23);
/** People in a room, where not all are named; 0: they are. */
const crowd = optional(total, 0);
/** What a network is to do to datagrams, in the words of tc-netem; empty: nothing. */
const impairment = optional(line(30), '');
/** The channel of everything about a room. */
const channel = optional(uint(24), LOBBY_CHANNEL);
const topic = optional(line(25), '');
/** `+`, then a letter for each mode that is on; empty: none. */
const modes = optional(line(26), '');
const role = oneOf(27, ROLES);
/** Number of the entry that gave a line its present text, or took it away; 0: it is as it was. */
const edited = optional(uint(28), 0);
/** A room, if what is said is about one. */
const aboutRoom = optional(room, '');
/** The receiver's own nick; empty: as before. */
const ownNick = optional(nick, '');
/** The person that an act is about; empty: none. */
const target = optional(to, '');
const why = optional(reason, '');

/**
 * What has become of somebody in a room, by its number in a row: `[number, nick, ...]`, what may be
 * absent at its end. `here`: they are in the room, which nobody was told before.
 */
const NEWS = {
  join: { nick, role: optional(role, 'member') },
  leave: { nick, reason: why },
  gone: { nick, reason: why },
  presence: { nick, presence, reason: why },
  renamed: { nick, to },
  here: { nick, presence, role: optional(role, 'member') },
} as const;
const NEWS_KINDS = Object.entries<Fields>(NEWS);
export type WireNews = {
  [K in keyof typeof NEWS]: { readonly type: K } & {
    readonly [F in keyof (typeof NEWS)[K]]: ValueOf<(typeof NEWS)[K][F]>;
  };
}[keyof typeof NEWS];

/** In the order in which it happened. */
const news = rows<WireNews>(29, NEWS_MAX, {
  decode: ([kind, ...raw]) => {
    const [type, fields] = (typeof kind === 'number' ? NEWS_KINDS[kind] : undefined) ?? [];
    if (fields === undefined) return undefined;
    const item: Record<string, unknown> = { type };
    for (const [index, [name, field]] of Object.entries(fields).entries()) {
      const value = raw[index] === undefined ? field.absent : field.decode(raw[index]);
      if (value === undefined) return undefined;
      item[name] = value;
    }
    // Made from the same table as the type.
    return item as WireNews;
  },
  encode: (item) => {
    const kind = Object.keys(NEWS).indexOf(item.type);
    const values = new Map<string, unknown>(Object.entries(item));
    const row: unknown[] = [kind];
    for (const [name, field] of Object.entries(NEWS_KINDS[kind]?.[1] ?? {})) {
      const value = values.get(name);
      if (field.absent === undefined || value !== field.absent) row.push(field.encode(value));
    }
    return row;
  },
});

/** A password, as it was typed. */
const secret: Field<string> = {
  key: 40,
  decode: (raw) =>
    typeof raw === 'string' && raw.length <= SECRET_UNITS_MAX && raw !== '' ? raw : undefined,
  encode: (value) => value,
};

/** A static key as bytes on the wire and in hexadecimal here; empty without authentication. */
const publicKey: Field<string> = {
  key: 41,
  decode: (raw) => {
    if (!(raw instanceof Uint8Array)) return undefined;
    return raw.length === 0 || raw.length === PUBLIC_KEY_BYTES ? toHex(raw) : undefined;
  },
  encode: (value) => fromHex(value),
};
const registered = bool(42);

/** The asker's own number of a question; its answer has the same. */
const ask = uint(50);
/** Entries above this number; 0: all. */
const after = optional(uint(51), 0);
/** Entries below this number; 0: all. */
const before = optional(uint(52), 0);
/** Entries that are not older than this, ms since 1970; 0: all. */
const since = optional(uint(53), 0);
/** Number of the oldest entry that the log still has. */
const first = uint(54);
/** Records of type message, each as it was first sent. */
const lines: Field<readonly Uint8Array[]> = {
  key: 55,
  decode: (raw) =>
    Array.isArray(raw) && raw.every((item) => item instanceof Uint8Array) ? raw : undefined,
  encode: (value) => value,
};

/** The map key that holds a record's type number. */
export const TYPE_KEY = type;

/** Client to server. */
export const CLIENT_RECORDS = {
  hello: {
    type: 1,
    fields: { session, nick: wantedNick, logId: knownLogId, seen, history, heard },
  },
  post: { type: 2, fields: { id, room, kind, text: body, ref, to: target } },
  direct: { type: 3, fields: { id, to, kind: lineKind, text: body } },
  nick: { type: 4, fields: { nick: wantedNick } },
  join: { type: 5, fields: { room, key, seq: lastSeen, history } },
  part: { type: 6, fields: { room, reason: why } },
  list: { type: 7, fields: { query } },
  invite: { type: 8, fields: { room, to } },
  away: { type: 9, fields: { reason: why } },
  typing: { type: 10, fields: { room } },
  read: { type: 11, fields: { room, seq } },
  lab: { type: 12, fields: { room, impairment } },
  auth: { type: 40, fields: { secret } },
  whois: { type: 41, fields: { to } },
  register: { type: 42, fields: { registered } },
  history: { type: 43, fields: { ask, room, after, before, since, history, query, context } },
} as const;

/** Server to client. `room` is `@nick` in the answers to a direct message. */
export const SERVER_RECORDS = {
  welcome: { type: 16, fields: { nick, logId, resumed } },
  refused: { type: 17, fields: { code, reason } },
  joined: {
    type: 18,
    fields: { room, seq, users, channel, nick: ownNick, topic, modes, total: crowd },
  },
  message: {
    type: 19,
    fields: { room, seq, id, nick, kind: entryKind, text: body, at, ref, to: target, edited },
  },
  accepted: { type: 20, fields: { room, id, seq, at } },
  rejected: { type: 21, fields: { room, id, code, reason } },
  join: { type: 22, fields: { room, nick, at, role: optional(role, 'member') } },
  leave: { type: 23, fields: { room, nick, reason, at } },
  gone: { type: 24, fields: { room, nick, reason, at } },
  renamed: { type: 25, fields: { room, nick, to, at } },
  presence: { type: 26, fields: { room, nick, presence, reason: why } },
  whisper: { type: 27, fields: { seq, id, nick, kind: lineKind, text: body, at } },
  error: { type: 28, fields: { code, reason, room: aboutRoom } },
  rooms: { type: 29, fields: { rooms, total } },
  invited: { type: 30, fields: { room, nick } },
  typing: { type: 31, fields: { room, nick } },
  read: { type: 32, fields: { room, nick, seq } },
  roster: { type: 33, fields: { room, users } },
  news: { type: 34, fields: { room, at, total: crowd, news } },
  lab: { type: 35, fields: { room, nick, impairment } },
  person: { type: 50, fields: { nick, publicKey, registered, role, presence } },
  page: { type: 51, fields: { ask, room, first, query, lines, found } },
} as const;

type Fields = Readonly<Record<string, Field<unknown>>>;
export type RecordTable = Readonly<Record<string, { type: number; fields: Fields }>>;

type ValueOf<F> = F extends Field<infer T> ? T : never;
/** The union of a table's records, told apart by `type`. */
export type RecordOf<T extends RecordTable> = {
  [K in keyof T]: { readonly type: K } & {
    readonly [F in keyof T[K]['fields']]: ValueOf<T[K]['fields'][F]>;
  };
}[keyof T];

/** The same as its writer gives it: what may be absent may be left out. */
export type NewRecordOf<T extends RecordTable> = {
  [K in keyof T]: { readonly type: K } & {
    readonly [F in keyof T[K]['fields'] as T[K]['fields'][F] extends OptionalField<unknown>
      ? never
      : F]: ValueOf<T[K]['fields'][F]>;
  } & {
    readonly [F in keyof T[K]['fields'] as T[K]['fields'][F] extends OptionalField<unknown>
      ? F
      : never]?: ValueOf<T[K]['fields'][F]>;
  };
}[keyof T];

export type ClientRecord = RecordOf<typeof CLIENT_RECORDS>;
export type ServerRecord = RecordOf<typeof SERVER_RECORDS>;
export type NewClientRecord = NewRecordOf<typeof CLIENT_RECORDS>;
export type NewServerRecord = NewRecordOf<typeof SERVER_RECORDS>;
