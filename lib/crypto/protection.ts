/** Seals and opens the packets of one connection, both directions. */
export interface PacketProtection {
  /** Bytes that `seal` adds behind the payload. */
  readonly tagLength: number;
  /**
   * Protects `packet[headerLength, end)` in place and writes the tag at `end`. The header is bound
   * too. The same `packetNumber` is never sealed twice.
   */
  seal(packet: Uint8Array, headerLength: number, end: number, packetNumber: number): void;
  /**
   * The payload of a received packet, opened in place: a view of it, which nobody writes again.
   * Undefined when it is not from our peer or was changed on the way. `packetNumber` is the whole
   * number, not the truncated one.
   */
  open(packet: Uint8Array, headerLength: number, packetNumber: number): Uint8Array | undefined;
  /** The protection of the next key phase; absent where there is only one. */
  next?(): PacketProtection;
  /** The keys themselves, for a key log that somebody asked for; absent where there are none. */
  exportKeys?(): PacketKeys;
}

/** What opens the packets of one direction in one key phase. Secret. */
export interface DirectionSecrets {
  /** 32 bytes. */
  readonly key: Uint8Array;
  /** 12 bytes. */
  readonly iv: Uint8Array;
}

/** The keys of a connection in one key phase, as one side sees them. Secret. */
export interface PacketKeys {
  readonly own: DirectionSecrets;
  readonly peer: DirectionSecrets;
}

/** The ids of a connection, which its keys are bound to. */
export interface HandshakeIds {
  readonly client: Uint8Array;
  readonly server: Uint8Array;
}

/** What the end of a handshake yields. */
export interface HandshakeResult {
  readonly protection: PacketProtection;
  /** The peer's transport parameters, encoded. */
  readonly peerParameters: Uint8Array;
  /** The peer's static public key, 32 bytes; undefined without authentication. */
  readonly peerKey?: Uint8Array;
}

/** What one message of the peer leads to. */
export interface HandshakeStep {
  /** Our next message, to be repeated until the peer has moved on. */
  readonly reply?: Uint8Array;
  readonly result?: HandshakeResult;
  /**
   * The peer has proven a static key that we do not accept. Nothing has changed: one that we do may
   * still come, for somebody on the path may have been first.
   */
  readonly isRefused?: true;
}

/** One side of one handshake, without clock, socket or retransmission. */
export interface Handshake {
  /** The initiator's first message. Only the initiator's handshake has one. */
  start(ids: HandshakeIds): Uint8Array;
  /** Takes the peer's next message; undefined when it is not valid, and then nothing changed. */
  read(message: Uint8Array, ids: HandshakeIds): HandshakeStep | undefined;
}

/** Makes handshakes; `parameters` are our own transport parameters, encoded. */
export interface HandshakeProvider {
  /** The name for people and for checks: `noise`, `plaintext`. */
  readonly name: string;
  /** The version of the protocol that packets of such connections carry. */
  readonly version: number;
  initiate(parameters: Uint8Array): Handshake;
  respond(parameters: Uint8Array): Handshake;
}

/**
 * What a server proves with that it has forgotten a connection (RFC 9000 section 10.3). Only the
 * client that the connection was with has learnt the token, under the keys of that connection.
 */
export interface ResetTokens {
  /** 16 bytes; the same for the same address and id, also after a restart. */
  tokenFor(address: string, serverId: Uint8Array): Uint8Array;
}

/** Proves that a client receives what is sent to its address, without keeping anything about it. */
export interface RetryTokens {
  /** A token for this address and client id, good for a few seconds from `now` (monotonic ms). */
  issue(now: number, address: string, clientId: Uint8Array): Uint8Array;
  verify(now: number, address: string, clientId: Uint8Array, token: Uint8Array): boolean;
}
