import { ByteWriter } from '../../lib/base/byte-writer.ts';
import { plaintext } from '../../lib/crypto/plaintext.ts';
import type { PacketProtection } from '../../lib/crypto/protection.ts';
import type { Frame } from '../../lib/wire/frame.ts';
import { writeFrame } from '../../lib/wire/frame-codec.ts';
import { writeShortHeader } from '../../lib/wire/packet-codec.ts';
import type { Pair } from './pair.ts';

/** Writes packets that the server of a pair takes for those of its client: a peer that cheats. */
export class Forger {
  readonly #pair: Pair;
  readonly #protection: PacketProtection;
  readonly #id: Uint8Array;
  #number = 1_000;

  constructor(pair: Pair) {
    this.#pair = pair;
    this.#id = new Uint8Array(4);
    new ByteWriter(this.#id).uint32(pair.accepted?.id ?? 0);
    const ids = { client: pair.connection.clientId, server: this.#id };
    const result = plaintext.respond(new Uint8Array(0)).read(new Uint8Array([0x50]), ids)?.result;
    if (result === undefined) throw new Error('the plaintext handshake has changed');
    this.#protection = result.protection;
  }

  /** A sealed packet with these frames, or with this payload. */
  packet(payload: readonly Frame[] | Uint8Array, number: number = this.#number++): Uint8Array {
    const bytes = new Uint8Array(2048);
    const writer = new ByteWriter(bytes);
    writeShortHeader(writer, { id: this.#id, keyPhase: 0, packetNumber: number, length: 4 });
    const headerLength = writer.offset;
    if (payload instanceof Uint8Array) writer.bytes(payload);
    else for (const frame of payload) writeFrame(writer, frame);
    const end = writer.offset;
    this.#protection.seal(bytes, headerLength, end, number);
    return bytes.slice(0, end + this.#protection.tagLength);
  }

  /** Hands such a packet to the server. */
  send(payload: readonly Frame[] | Uint8Array, number?: number): void {
    const { server, now, connection } = this.#pair;
    const packet = number === undefined ? this.packet(payload) : this.packet(payload, number);
    server.handleDatagram(now, { address: '10.0.0.2', port: 40_000 }, packet);
    this.#pair.flush();
    if (connection.state === 'handshaking') throw new Error('forged before the handshake');
  }
}
