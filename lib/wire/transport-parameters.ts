import { ByteReader } from '../base/byte-reader.ts';
import { ByteWriter } from '../base/byte-writer.ts';
import { varintSize } from '../base/varint.ts';

/** The kinds of automatic repeat request, at the index that is their code on the wire. */
export const ARQ_NAMES = ['modern', 'stop-and-wait', 'go-back-n', 'selective-repeat'] as const;

export type ArqName = (typeof ARQ_NAMES)[number];

/** What one side tells the other about itself in the handshake (spec/protocol section 3.4). */
export interface TransportParameters {
  /** Credit for the whole connection at the start: bytes of cost (spec/protocol section 6). */
  readonly initialMaxData: number;
  /** Credit for each channel at the start. */
  readonly initialMaxChannelData: number;
  /** Longest that an acknowledgement is held back on purpose, ms. */
  readonly maxAckDelay: number;
  /** The ARQ that this side insists on; absent when it takes the peer's (spec/protocol 7.4). */
  readonly arq?: Exclude<ArqName, 'modern'>;
  /** What a server ends its last word with if it has forgotten us, 16 bytes (section 3.7). */
  readonly statelessResetToken?: Uint8Array;
}

/** Bytes of a stateless reset token (RFC 9000 section 10.3). */
export const RESET_TOKEN_LENGTH = 16;

/** Keys on the wire; unknown ones are skipped, so versions can differ. */
const KEYS = {
  initialMaxData: 1,
  initialMaxChannelData: 2,
  maxAckDelay: 3,
  arq: 4,
  statelessResetToken: 5,
} as const;

/**
 * An acknowledgement is never held back longer than this, ms (RFC 9000 section 18.2 allows 2^14).
 */
const MAX_ACK_DELAY = 1_000;

/** Entries that are looked at; more is an error. */
const MAX_ENTRIES = 32;

export function encodeTransportParameters(parameters: TransportParameters): Uint8Array {
  const writer = new ByteWriter(new Uint8Array(64));
  const write = (key: number, value: number): void => {
    writer.varint(key);
    writer.varint(varintSize(value));
    writer.varint(value);
  };
  for (const name of ['initialMaxData', 'initialMaxChannelData', 'maxAckDelay'] as const) {
    write(KEYS[name], Math.ceil(parameters[name]));
  }
  if (parameters.arq !== undefined) write(KEYS.arq, ARQ_NAMES.indexOf(parameters.arq));
  const { statelessResetToken: token } = parameters;
  if (token !== undefined) {
    writer.varint(KEYS.statelessResetToken);
    writer.varint(token.length);
    writer.bytes(token);
  }
  return writer.written();
}

/** Undefined when the bytes are no parameters, or name one twice, or leave one out. */
export function decodeTransportParameters(bytes: Uint8Array): TransportParameters | undefined {
  const reader = new ByteReader(bytes);
  const values = new Map<number, number>();
  let token: Uint8Array | undefined;
  for (let i = 0; reader.remaining > 0; i++) {
    const key = reader.varint();
    const field = reader.bytes(reader.varint());
    const value = new ByteReader(field);
    if (i >= MAX_ENTRIES || values.has(key)) return undefined;
    const known = key >= KEYS.initialMaxData && key <= KEYS.arq;
    values.set(key, known ? value.varint() : 0);
    if (known && (value.failed || value.remaining > 0)) return undefined;
    if (key !== KEYS.statelessResetToken) continue;
    if (field.length !== RESET_TOKEN_LENGTH) return undefined;
    token = field.slice();
  }
  const initialMaxData = values.get(KEYS.initialMaxData);
  const initialMaxChannelData = values.get(KEYS.initialMaxChannelData);
  const maxAckDelay = values.get(KEYS.maxAckDelay);
  if (reader.failed || initialMaxData === undefined) return undefined;
  if (initialMaxChannelData === undefined || maxAckDelay === undefined) return undefined;
  if (maxAckDelay > MAX_ACK_DELAY) return undefined;
  const required = {
    initialMaxData,
    initialMaxChannelData,
    maxAckDelay,
    ...(token !== undefined && { statelessResetToken: token }),
  };
  const code = values.get(KEYS.arq);
  if (code === undefined) return required;
  const arq = ARQ_NAMES[code];
  // `modern` is what is meant by saying nothing, so it has no second form.
  return arq === undefined || arq === 'modern' ? undefined : { ...required, arq };
}
