import { crc32c } from '../base/crc32c.ts';
import { PLAINTEXT_VERSION } from '../wire/version.ts';
import type {
  Handshake,
  HandshakeIds,
  HandshakeProvider,
  HandshakeStep,
  PacketProtection,
} from './protection.ts';

/**
 * First byte of each plaintext handshake message, so that no other handshake reads it as its own.
 */
const MARKER = 0x50;

const TAG_LENGTH = 4;

/**
 * No secrecy and no authentication: what the lab uses to look inside packets. Both sides must ask
 * for it. The tag is a CRC-32C over ids, packet number, header and payload (spec/protocol section
 * 3.5): it finds what links break and packets of an earlier connection, not what attackers forge.
 */
export const plaintext: HandshakeProvider = {
  name: 'plaintext',
  version: PLAINTEXT_VERSION,
  initiate: (parameters: Uint8Array): Handshake => new PlaintextHandshake(parameters, false),
  respond: (parameters: Uint8Array): Handshake => new PlaintextHandshake(parameters, true),
};

class PlaintextHandshake implements Handshake {
  readonly #message: Uint8Array;
  readonly #replies: boolean;

  constructor(parameters: Uint8Array, replies: boolean) {
    this.#message = new Uint8Array([MARKER, ...parameters]);
    this.#replies = replies;
  }

  start(): Uint8Array {
    return this.#message;
  }

  read(message: Uint8Array, ids: HandshakeIds): HandshakeStep | undefined {
    if (message[0] !== MARKER) return undefined;
    const result = {
      protection: new ChecksumProtection(ids),
      peerParameters: message.slice(1),
    };
    return this.#replies ? { reply: this.#message, result } : { result };
  }
}

/** The packet number as bytes; shared, for it is of no use beyond a call. */
const NUMBER = new Uint8Array(8);
const scratch = new DataView(NUMBER.buffer);

class ChecksumProtection implements PacketProtection {
  readonly tagLength = TAG_LENGTH;
  readonly #seed: number;

  constructor({ client, server }: HandshakeIds) {
    this.#seed = crc32c(server, 0, server.length, crc32c(client, 0, client.length));
  }

  seal(packet: Uint8Array, _headerLength: number, end: number, packetNumber: number): void {
    const tag = this.#checksum(packet, end, packetNumber);
    for (let i = 0; i < TAG_LENGTH; i++) packet[end + i] = tag >>> (24 - 8 * i);
  }

  open(packet: Uint8Array, headerLength: number, packetNumber: number): Uint8Array | undefined {
    const end = packet.length - TAG_LENGTH;
    if (end < headerLength) return undefined;
    const tag = this.#checksum(packet, end, packetNumber);
    for (let i = 0; i < TAG_LENGTH; i++) {
      if (packet[end + i] !== ((tag >>> (24 - 8 * i)) & 0xff)) return undefined;
    }
    return packet.subarray(headerLength, end);
  }

  #checksum(packet: Uint8Array, end: number, packetNumber: number): number {
    scratch.setUint32(0, Math.floor(packetNumber / 2 ** 32));
    scratch.setUint32(4, packetNumber >>> 0);
    return crc32c(packet, 0, end, crc32c(NUMBER, 0, 8, this.#seed));
  }
}
