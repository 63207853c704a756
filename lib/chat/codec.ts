import {
  type CborError,
  type DecodedCbor,
  decodeCbor,
  decodeCborSequence,
  encodeCbor,
  writeMapHead,
  writeValue,
} from './cbor.ts';
import { RECORD_BYTES_MAX } from './config.ts';
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
  | CborError
  | 'not-a-record'
  | 'unknown-type'
  | `bad-field ${string}`;

export type Decoded<R> =
  | { readonly record: R; readonly error?: undefined }
  | { readonly record?: undefined; readonly error: RecordError };

interface Layout {
  readonly name: string;
  readonly type: number;
  readonly fields: readonly (readonly [string, Field<unknown>])[];
  /** In the order in which they are written. */
  readonly byKey: readonly (readonly [string, Field<unknown>])[];
}

function layouts(table: RecordTable): readonly Layout[] {
  return Object.entries(table).map(([name, { type, fields }]) => ({
    name,
    type,
    fields: Object.entries(fields),
    byKey: Object.entries(fields).sort(([, a], [, b]) => a.key - b.key),
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

function toRecord(byType: Map<unknown, Layout>, decoded: DecodedCbor): Decoded<object> {
  if (decoded.error !== undefined) return decoded;
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

function isAbsent(value: unknown, absent: unknown): boolean {
  if (absent === undefined) return false;
  const isEmpty = Array.isArray(absent) && Array.isArray(value) && value.length === 0;
  return isEmpty || value === undefined || value === absent;
}

function encodeRecord(byName: Map<string, Layout>, record: { readonly type: string }): Uint8Array {
  const layout = byName.get(record.type);
  if (layout === undefined) throw new TypeError(`no record is named ${record.type}`);
  const values = record as Readonly<Record<string, unknown>>;
  // What an absent field means is never written out: a record has one encoding.
  let written = 0;
  for (const [name, { absent }] of layout.byKey) if (!isAbsent(values[name], absent)) written++;
  return encodeCbor(() => {
    writeMapHead(1 + written);
    writeValue(TYPE_KEY);
    writeValue(layout.type);
    for (const [name, field] of layout.byKey) {
      if (isAbsent(values[name], field.absent)) continue;
      writeValue(field.key);
      writeValue(field.encode(values[name]));
    }
  });
}

/** Canonical CBOR of a client's record. Throws only on a record of our own that is none. */
export function encodeClientRecord(record: NewClientRecord): Uint8Array {
  return encodeRecord(BY_NAME.client, record);
}

/** Canonical CBOR of a server's record. Throws only on a record of our own that is none. */
export function encodeServerRecord(record: NewServerRecord): Uint8Array {
  return encodeRecord(BY_NAME.server, record);
}

/**
 * What a client sent, checked and sanitised: the records of a message in order, an error in the
 * place of one that is none. Never throws; keys that we don't know are dropped.
 */
export function decodeClientRecords(bytes: Uint8Array): readonly Decoded<ClientRecord>[] {
  // The layouts were made from the same tables as the type.
  return decodeRecords(BY_TYPE.client, bytes) as readonly Decoded<ClientRecord>[];
}

/** What a server sent: see `decodeClientRecords`. */
export function decodeServerRecords(bytes: Uint8Array): readonly Decoded<ServerRecord>[] {
  return decodeRecords(BY_TYPE.server, bytes) as readonly Decoded<ServerRecord>[];
}

/** One record of a server, as it is kept in a log. */
export function decodeServerRecord(bytes: Uint8Array): Decoded<ServerRecord> {
  if (bytes.length > RECORD_BYTES_MAX) return { error: 'too-large' };
  return toRecord(BY_TYPE.server, decodeCbor(bytes)) as Decoded<ServerRecord>;
}

function decodeRecords(
  byType: Map<unknown, Layout>,
  bytes: Uint8Array,
): readonly Decoded<object>[] {
  if (bytes.length > RECORD_BYTES_MAX) return [{ error: 'too-large' }];
  return decodeCborSequence(bytes).map((decoded) => toRecord(byType, decoded));
}
