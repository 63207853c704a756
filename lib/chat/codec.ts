import { decode, encode, rfc8949EncodeOptions, type Token, Tokenizer, Type } from 'cborg';
import { RECORD_BYTES_MAX, RECORD_DEPTH_MAX, RECORD_ITEMS_MAX } from './config.ts';
import {
  CLIENT_RECORDS,
  type ClientRecord,
  type Field,
  type NewClientRecord,
  type NewServerRecord,
  type RecordTable,
  SERVER_RECORDS,
  type ServerRecord,
  TYPE_KEY,
} from './schema.ts';

/**
 * Why bytes are no record. `unknown-type` is a record of a later version: ignore it. After all
 * others the peer speaks another protocol.
 */
export type RecordError =
  | 'too-large'
  | 'malformed'
  | 'not-canonical'
  | 'not-a-record'
  | 'unknown-type'
  | `bad-field ${string}`;

export type Decoded<R> =
  | { readonly record: R; readonly error?: undefined }
  | { readonly record?: undefined; readonly error: RecordError };

/**
 * cborg's tokeniser with a floor under it: nesting and number of items are bounded while reading.
 */
class BoundedTokenizer extends Tokenizer {
  /** Items still to come at each open level. */
  readonly #open: number[] = [];
  #items = 0;

  override next(): Token {
    const token = super.next();
    if (++this.#items > RECORD_ITEMS_MAX) throw new RangeError('too many items');
    while (this.#open.at(-1) === 0) this.#open.pop();
    const level = this.#open.length - 1;
    if (level >= 0) this.#open[level] = (this.#open[level] ?? 0) - 1;
    if (!token.type.terminal) {
      const length = Number(token.value);
      this.#open.push(token.type === Type.map ? 2 * length : length);
      if (this.#open.length > RECORD_DEPTH_MAX) throw new RangeError('too deep');
    }
    return token;
  }
}

const STRICT = {
  strict: true,
  useMaps: true,
  rejectDuplicateMapKeys: true,
  allowIndefinite: false,
  allowUndefined: false,
  allowInfinity: false,
  allowNaN: false,
} as const;

interface Layout {
  readonly name: string;
  readonly type: number;
  readonly fields: readonly (readonly [string, Field<unknown>])[];
}

function layouts(table: RecordTable): readonly Layout[] {
  return Object.entries(table).map(([name, { type, fields }]) => ({
    name,
    type,
    fields: Object.entries(fields),
  }));
}

const CLIENT_LAYOUTS = layouts(CLIENT_RECORDS);
const SERVER_LAYOUTS = layouts(SERVER_RECORDS);
const BY_NAME = {
  client: new Map(CLIENT_LAYOUTS.map((layout) => [layout.name, layout])),
  server: new Map(SERVER_LAYOUTS.map((layout) => [layout.name, layout])),
};
const BY_TYPE = {
  client: new Map<unknown, Layout>(CLIENT_LAYOUTS.map((layout) => [layout.type, layout])),
  server: new Map<unknown, Layout>(SERVER_LAYOUTS.map((layout) => [layout.type, layout])),
};

function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** The one CBOR value in `bytes`, provided that no other bytes could have said the same. */
function decodeCanonical(bytes: Uint8Array): { value: unknown } | { error: RecordError } {
  if (bytes.length > RECORD_BYTES_MAX) return { error: 'too-large' };
  try {
    const tokenizer = new BoundedTokenizer(bytes, STRICT);
    const value: unknown = decode(bytes, { ...STRICT, tokenizer });
    if (!equal(encode(value, rfc8949EncodeOptions), bytes)) return { error: 'not-canonical' };
    return { value };
  } catch {
    // cborg throws on what it doesn't accept; its words are for programmers, the cause is one.
    return { error: 'malformed' };
  }
}

function decodeRecord(byType: Map<unknown, Layout>, bytes: Uint8Array): Decoded<object> {
  const decoded = decodeCanonical(bytes);
  if ('error' in decoded) return decoded;
  const map = decoded.value;
  if (!(map instanceof Map) || typeof map.get(TYPE_KEY) !== 'number') {
    return { error: 'not-a-record' };
  }
  const layout = byType.get(map.get(TYPE_KEY));
  if (layout === undefined) return { error: 'unknown-type' };
  const record: Record<string, unknown> = { type: layout.name };
  for (const [name, field] of layout.fields) {
    const raw: unknown = map.get(field.key);
    const value = raw === undefined ? field.absent : field.decode(raw);
    if (value === undefined) return { error: `bad-field ${name}` };
    record[name] = value;
  }
  return { record };
}

function encodeRecord(byName: Map<string, Layout>, record: { readonly type: string }): Uint8Array {
  const layout = byName.get(record.type);
  if (layout === undefined) throw new TypeError(`no record is named ${record.type}`);
  const values = new Map(Object.entries(record));
  const map = new Map<number, unknown>([[TYPE_KEY, layout.type]]);
  for (const [name, field] of layout.fields) {
    const value = values.get(name);
    // What an absent field means is never written out: a record has one encoding.
    if (field.absent !== undefined && (value === undefined || value === field.absent)) continue;
    map.set(field.key, field.encode(value));
  }
  return encode(map, rfc8949EncodeOptions);
}

/** Canonical CBOR of a client's record. Throws only on a record of our own that is none. */
export function encodeClientRecord(record: NewClientRecord): Uint8Array {
  return encodeRecord(BY_NAME.client, record);
}

/** Canonical CBOR of a server's record. Throws only on a record of our own that is none. */
export function encodeServerRecord(record: NewServerRecord): Uint8Array {
  return encodeRecord(BY_NAME.server, record);
}

/** What a client sent, checked and sanitised. Never throws; keys that we don't know are dropped. */
export function decodeClientRecord(bytes: Uint8Array): Decoded<ClientRecord> {
  // The layouts were made from the same tables as the type.
  return decodeRecord(BY_TYPE.client, bytes) as Decoded<ClientRecord>;
}

/** What a server sent, checked and sanitised. Never throws; keys that we don't know are dropped. */
export function decodeServerRecord(bytes: Uint8Array): Decoded<ServerRecord> {
  return decodeRecord(BY_TYPE.server, bytes) as Decoded<ServerRecord>;
}
