/**
 * The chat records as data: which fields a record has, under which integer key, and what a value
 * must look like. The types below and the codec follow from these tables; spec/protocol/chat.cddl
 * says the same for other implementations.
 */
import {
  ID_BYTES_MAX,
  ID_BYTES_MIN,
  LINE_UNITS_MAX,
  LOG_ID_BYTES,
  MEMBERS_MAX,
  ROOMS_PER_CLIENT_MAX,
  SESSION_BYTES,
  TEXT_UNITS_MAX,
} from './config.ts';
import { sanitiseLine, sanitiseText } from './sanitise.ts';

/** One field: where it stands in the map, and how its value goes to CBOR and back. */
export interface Field<T> {
  readonly key: number;
  /** Undefined when `raw` is not a value of this field. */
  decode(raw: unknown): T | undefined;
  encode(value: T): unknown;
}

/** What a room's member looks like on the wire. */
export interface WireUser {
  readonly nick: string;
  readonly presence: 'here' | 'slow';
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

/** One of a few words, as its index. */
function oneOf<const W extends string>(key: number, words: readonly W[]): Field<W> {
  return {
    key,
    decode: (raw) => (typeof raw === 'number' ? words[raw] : undefined),
    encode: (value) => words.indexOf(value),
  };
}

/** An array of pairs, each turned into an object and back. */
function pairs<T>(
  key: number,
  max: number,
  decodePair: (first: unknown, second: unknown) => T | undefined,
  encodePair: (value: T) => readonly [unknown, unknown],
): Field<readonly T[]> {
  return {
    key,
    decode: (raw) => {
      if (!Array.isArray(raw) || raw.length > max) return undefined;
      const values: T[] = [];
      for (const pair of raw as unknown[]) {
        if (!Array.isArray(pair) || pair.length !== 2) return undefined;
        const value = decodePair(pair[0], pair[1]);
        if (value === undefined) return undefined;
        values.push(value);
      }
      return values;
    },
    encode: (values) => values.map(encodePair),
  };
}

const PRESENCES = ['here', 'slow'] as const;

const type = 0; // The key of the record's type; the codec reads it first.
const id = bytes(1, ID_BYTES_MIN, ID_BYTES_MAX);
const room = line(2);
const seq = uint(3);
const nick = line(4);
const kind = oneOf(5, ['text', 'action']);
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
const seen = pairs<WireSeen>(
  16,
  ROOMS_PER_CLIENT_MAX,
  (first, second) => {
    const wanted = room.decode(first);
    const last = seq.decode(second);
    return wanted === undefined || last === undefined ? undefined : { room: wanted, seen: last };
  },
  (value) => [value.room, value.seen],
);
/** Number of the last direct message seen; 0 before the first. */
const heard = uint(18);
const users = pairs<WireUser>(
  17,
  MEMBERS_MAX,
  (first, second) => {
    const who = nick.decode(first);
    const state = presence.decode(second);
    return who === undefined || state === undefined ? undefined : { nick: who, presence: state };
  },
  (value) => [value.nick, PRESENCES.indexOf(value.presence)],
);

/** The map key that holds a record's type number. */
export const TYPE_KEY = type;

/** Client to server. */
export const CLIENT_RECORDS = {
  hello: {
    type: 1,
    fields: { session, nick: wantedNick, logId: knownLogId, seen, history, heard },
  },
  post: { type: 2, fields: { id, room, kind, text: body } },
  direct: { type: 3, fields: { id, to, kind, text: body } },
  nick: { type: 4, fields: { nick: wantedNick } },
} as const;

/** Server to client. `room` is `@nick` in the answers to a direct message. */
export const SERVER_RECORDS = {
  welcome: { type: 16, fields: { nick, logId, resumed } },
  refused: { type: 17, fields: { code, reason } },
  joined: { type: 18, fields: { room, seq, users } },
  message: { type: 19, fields: { room, seq, id, nick, kind, text: body, at } },
  accepted: { type: 20, fields: { room, id, seq, at } },
  rejected: { type: 21, fields: { room, id, code, reason } },
  join: { type: 22, fields: { room, nick, at } },
  leave: { type: 23, fields: { room, nick, reason, at } },
  gone: { type: 24, fields: { room, nick, reason, at } },
  renamed: { type: 25, fields: { room, nick, to, at } },
  presence: { type: 26, fields: { room, nick, presence } },
  whisper: { type: 27, fields: { seq, id, nick, kind, text: body, at } },
  error: { type: 28, fields: { code, reason } },
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

export type ClientRecord = RecordOf<typeof CLIENT_RECORDS>;
export type ServerRecord = RecordOf<typeof SERVER_RECORDS>;
