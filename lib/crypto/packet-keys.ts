import { createHmac } from 'node:crypto';
import { assert } from '../base/assert.ts';
import { AEAD_NONCE_LENGTH, AEAD_TAG_LENGTH, type Aead, type AeadMaker } from './aead.ts';
import type { DirectionSecrets, PacketKeys, PacketProtection } from './protection.ts';

const HASH = 'sha256';

/** Bytes of the secret of one direction. */
const SECRET_LENGTH = 32;

/** HKDF-Expand (RFC 5869) for at most 32 bytes, with a label to tell the keys apart. */
function expand(secret: Uint8Array, label: string, length = SECRET_LENGTH): Uint8Array {
  const mac = createHmac(HASH, secret)
    .update(`udpchat ${label}`)
    .update(new Uint8Array([1]));
  return new Uint8Array(mac.digest().subarray(0, length));
}

/** Shared by all keys, for it is of no use beyond a call. */
const NONCE = new Uint8Array(AEAD_NONCE_LENGTH);
const nonceView = new DataView(NONCE.buffer);

/**
 * Keys of one direction in one phase (spec/protocol: protection). The iv is three numbers: an array
 * of twelve bytes would take 230.
 */
class DirectionKeys {
  readonly aead: Aead;
  readonly #iv0: number;
  readonly #iv4: number;
  readonly #iv8: number;

  constructor(secret: Uint8Array, maker: AeadMaker) {
    this.aead = maker(expand(secret, 'key'));
    const { buffer, byteOffset } = expand(secret, 'iv', AEAD_NONCE_LENGTH);
    const iv = new DataView(buffer, byteOffset);
    this.#iv0 = iv.getInt32(0);
    this.#iv4 = iv.getInt32(4);
    this.#iv8 = iv.getInt32(8);
  }

  /** iv XOR packet number (RFC 9001 section 5.3); valid until the next call. */
  nonce(packetNumber: number): Uint8Array {
    nonceView.setInt32(0, this.#iv0);
    nonceView.setInt32(4, this.#iv4 ^ Math.floor(packetNumber / 2 ** 32));
    nonceView.setInt32(8, this.#iv8 ^ (packetNumber >>> 0));
    return NONCE;
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
  /** Both, ours first: each array costs as much as five secrets. */
  readonly #secrets = new Uint8Array(2 * SECRET_LENGTH);
  readonly #maker: AeadMaker;
  readonly #own: DirectionKeys;
  readonly #peer: DirectionKeys;
  #largestSealed = -1;

  constructor(secrets: PacketSecrets, maker: AeadMaker) {
    this.#secrets.set(secrets.own);
    this.#secrets.set(secrets.peer, SECRET_LENGTH);
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
    const { own, peer } = this.#both;
    const secrets = { own: expand(own, 'ku'), peer: expand(peer, 'ku') };
    return new AeadProtection(secrets, this.#maker);
  }

  exportKeys(): PacketKeys {
    const keysOf = (secret: Uint8Array): DirectionSecrets => ({
      key: expand(secret, 'key'),
      iv: expand(secret, 'iv', AEAD_NONCE_LENGTH),
    });
    const { own, peer } = this.#both;
    return { own: keysOf(own), peer: keysOf(peer) };
  }

  get #both(): PacketSecrets {
    const secrets = this.#secrets;
    return { own: secrets.subarray(0, SECRET_LENGTH), peer: secrets.subarray(SECRET_LENGTH) };
  }
}
