/** Bytes of a connection id at most. */
export const MAX_CONNECTION_ID = 8;

/** Bytes of the id that a server gives a connection; the first is the shard (spec/protocol 2.1). */
export const SERVER_ID_LENGTH = 4;

/** Bytes of the id that a client names its attempt with; only long headers carry it. */
export const CLIENT_ID_LENGTH = 8;

/** Bytes of a retry token at most. */
export const MAX_TOKEN = 128;

/**
 * Bytes that the datagram of an Initial has at least, so that no answer amplifies (RFC 9000 8.1).
 */
export const MIN_INITIAL_DATAGRAM = 1200;

/** Bytes of the CRC-32C that ends each long packet. It finds accidents, not attackers. */
export const LONG_CHECKSUM_LENGTH = 4;

/** Bits of the first byte (spec/protocol section 2). */
export const Flag = {
  long: 0x80,
  fixed: 0x40,
  keyPhase: 0x20,
  hasId: 0x10,
  shortReserved: 0x0c,
  packetNumberLength: 0x03,
  longType: 0x30,
  longReserved: 0x0f,
} as const;

/** A packet of an established connection, its payload still protected. */
export interface ShortHeader {
  readonly form: 'short';
  readonly keyPhase: 0 | 1;
  /** Present toward a server, absent toward a client. */
  readonly id: Uint8Array | undefined;
  readonly packetNumberLength: number;
  readonly truncatedPacketNumber: number;
  /** Bytes of header; the payload begins here. */
  readonly length: number;
}

interface LongBase {
  readonly form: 'long';
  readonly version: number;
  readonly destination: Uint8Array;
  readonly source: Uint8Array;
}

/** The first packet of a client: the first message of the handshake, padded to 1200 bytes. */
export interface InitialPacket extends LongBase {
  readonly type: 'initial';
  readonly token: Uint8Array;
  readonly message: Uint8Array;
}

/** A later message of the handshake. */
export interface HandshakePacket extends LongBase {
  readonly type: 'handshake';
  readonly message: Uint8Array;
}

/** "Prove your address": the client sends its Initial again with this token (RFC 9000 8.1.2). */
export interface RetryPacket extends LongBase {
  readonly type: 'retry';
  readonly token: Uint8Array;
}

/** What a server speaks when it does not speak the version asked for (RFC 8999 section 6). */
export interface VersionNegotiationPacket extends LongBase {
  readonly type: 'versionNegotiation';
  readonly versions: readonly number[];
}

export type LongPacket =
  | InitialPacket
  | HandshakePacket
  | RetryPacket
  | VersionNegotiationPacket
  | UnknownVersionPacket;

/** A long packet of a version that is not ours: only what RFC 8999 fixes for all is readable. */
export interface UnknownVersionPacket extends LongBase {
  readonly type: 'unknownVersion';
}
