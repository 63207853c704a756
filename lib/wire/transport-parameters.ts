import { ByteReader } from '../base/byte-reader.ts';
import { ByteWriter } from '../base/byte-writer.ts';
import { varintSize } from '../base/varint.ts';

/** What one side tells the other about itself in the handshake (spec/protocol section 3.4). */
export interface TransportParameters {
  /** Credit for the whole connection at the start: bytes of cost (spec/protocol section 6). */
  readonly initialMaxData: number;
  /** Credit for each channel at the start. */
  readonly initialMaxChannelData: number;
  /** Longest that an acknowledgement is held back on purpose, ms. */
  readonly maxAckDelay: number;
}

/** Keys on the wire; unknown ones are skipped, so versions can differ. */
const KEYS = { initialMaxData: 1, initialMaxChannelData: 2, maxAckDelay: 3 } as const;

/**
 * An acknowledgement is never held back longer than this, ms (RFC 9000 section 18.2 allows 2^14).
 */
const MAX_ACK_DELAY = 1_000;

/** Entries that are looked at; more is an error. */
const MAX_ENTRIES = 32;

export function encodeTransportParameters(parameters: TransportParameters): Uint8Array {
  const writer = new ByteWriter(new Uint8Array(64));
  for (const name of ['initialMaxData', 'initialMaxChannelData', 'maxAckDelay'] as const) {
    const value = Math.ceil(parameters[name]);
    writer.varint(KEYS[name]);
    writer.varint(varintSize(value));
    writer.varint(value);
  }
  return writer.written();
}

/** Undefined when the bytes are no parameters, or name one twice, or leave one out. */
export function decodeTransportParameters(bytes: Uint8Array): TransportParameters | undefined {
  const reader = new ByteReader(bytes);
  const values = new Map<number, number>();
  for (let i = 0; reader.remaining > 0; i++) {
    const key = reader.varint();
    const value = new ByteReader(reader.bytes(reader.varint()));
    if (i >= MAX_ENTRIES || values.has(key)) return undefined;
    const known = key >= 1 && key <= 3;
    values.set(key, known ? value.varint() : 0);
    if (known && (value.failed || value.remaining > 0)) return undefined;
  }
  const initialMaxData = values.get(KEYS.initialMaxData);
  const initialMaxChannelData = values.get(KEYS.initialMaxChannelData);
  const maxAckDelay = values.get(KEYS.maxAckDelay);
  if (reader.failed || initialMaxData === undefined) return undefined;
  if (initialMaxChannelData === undefined || maxAckDelay === undefined) return undefined;
  if (maxAckDelay > MAX_ACK_DELAY) return undefined;
  return { initialMaxData, initialMaxChannelData, maxAckDelay };
}
