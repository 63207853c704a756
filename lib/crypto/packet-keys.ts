import { createHmac } from 'node:crypto';
import { assert } from '../base/assert.ts';
import { AEAD_NONCE_LENGTH, AEAD_TAG_LENGTH, type Aead, type AeadMaker } from './aead.ts';
import type { DirectionSecrets, PacketKeys, PacketProtection } from './protection.ts';

const HASH = 'sha256';

/** HKDF-Expand (RFC 5869) for at most 32 bytes, with a label to tell the keys apart. */
function expand(secret: Uint8Array, label: string, length = 32): Uint8Array {
  const mac = createHmac(HASH, secret)
    .update(`udpchat ${label}`)
    .update(new Uint8Array([1]));
  return new Uint8Array(mac.digest().subarray(0, length));
}

/** Keys of one direction in one phase (spec/protocol: protection). */
class DirectionKeys {
  readonly aead: Aead;
  readonly #iv: Uint8Array;
  readonly #nonce = new Uint8Array(AEAD_NONCE_LENGTH);
  readonly #view = new DataView(this.#nonce.buffer);
  readonly #high: number;
  readonly #low: number;

  constructor(secret: Uint8Array, maker: AeadMaker) {
    this.aead = maker(expand(secret, 'key'));
    this.#iv = expand(secret, 'iv', AEAD_NONCE_LENGTH);
    this.#nonce.set(this.#iv);
    this.#high = this.#view.getUint32(4);
    this.#low = this.#view.getUint32(8);
  }

  /** iv XOR packet number (RFC 9001 section 5.3); valid until the next call. */
  nonce(packetNumber: number): Uint8Array {
    this.#view.setUint32(4, this.#high ^ Math.floor(packetNumber / 2 ** 32));
    this.#view.setUint32(8, this.#low ^ (packetNumber >>> 0));
    return this.#nonce;
  }
}

/** Secrets of both directions, as each side sees them; 32 bytes each. */
export interface PacketSecrets {
  readonly own: Uint8Array;
  readonly peer: Uint8Array;
}

/** Packets under ChaCha20-Poly1305. One instance is one key phase. */
export class AeadProtection implements PacketProtection {
  readonly tagLength = AEAD_TAG_LENGTH;
  readonly #secrets: PacketSecrets;
  readonly #maker: AeadMaker;
  readonly #own: DirectionKeys;
  readonly #peer: DirectionKeys;
  #largestSealed = -1;

  constructor(secrets: PacketSecrets, maker: AeadMaker) {
    this.#secrets = secrets;
    this.#maker = maker;
    this.#own = new DirectionKeys(secrets.own, maker);
    this.#peer = new DirectionKeys(secrets.peer, maker);
  }

  seal(packet: Uint8Array, headerLength: number, end: number, packetNumber: number): void {
    // A nonce that is used twice gives the key stream away: better no packet at all.
    assert(packetNumber > this.#largestSealed, 'a packet number is sealed twice');
    this.#largestSealed = packetNumber;
    this.#own.aead.seal(packet, headerLength, end, this.#own.nonce(packetNumber));
  }

  open(packet: Uint8Array, headerLength: number, packetNumber: number): Uint8Array | undefined {
    const end = packet.length - AEAD_TAG_LENGTH;
    if (end < headerLength) return undefined;
    const nonce = this.#peer.nonce(packetNumber);
    if (!this.#peer.aead.open(packet, headerLength, nonce)) return undefined;
    return packet.subarray(headerLength, end);
  }

  next(): PacketProtection {
    const { own, peer } = this.#secrets;
    const secrets = { own: expand(own, 'ku'), peer: expand(peer, 'ku') };
    return new AeadProtection(secrets, this.#maker);
  }

  exportKeys(): PacketKeys {
    const keysOf = (secret: Uint8Array): DirectionSecrets => ({
      key: expand(secret, 'key'),
      iv: expand(secret, 'iv', AEAD_NONCE_LENGTH),
    });
    return { own: keysOf(this.#secrets.own), peer: keysOf(this.#secrets.peer) };
  }
}
