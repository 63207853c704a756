import { createHash, createHmac } from 'node:crypto';
import { assert } from '../base/assert.ts';
import { AEAD_KEY_LENGTH, AEAD_NONCE_LENGTH, AEAD_TAG_LENGTH, type AeadMaker } from './aead.ts';
import { KEY_LENGTH, type KeyPair, sharedSecret } from './x25519.ts';

/**
 * The Noise Protocol Framework, revision 34 (noiseprotocol.org), with 25519 and ChaChaPoly: what
 * the interactive patterns need, no pre-shared keys. Names are those of its section 5.
 */

/** A step of a message (section 7.1). */
export type NoiseToken = 'e' | 's' | 'ee' | 'es' | 'se' | 'ss';

/** Who knows what before, and the messages, the initiator's first (section 7.3). */
export interface NoisePattern {
  readonly name: string;
  /** Whose static key the other side knows from the start. */
  readonly known?: readonly ('initiator' | 'responder')[];
  readonly messages: readonly (readonly NoiseToken[])[];
}

/** Both show their static keys, encrypted, and prove them; neither has to know the other's. */
export const XX: NoisePattern = {
  name: 'XX',
  messages: [['e'], ['e', 'ee', 's', 'es'], ['s', 'se']],
};

/** A hash function by Noise's name and by OpenSSL's. */
export interface NoiseHash {
  readonly name: string;
  readonly algorithm: string;
}

export const SHA256: NoiseHash = { name: 'SHA256', algorithm: 'sha256' };

function hashOf({ algorithm }: NoiseHash, ...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash(algorithm);
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** HKDF of section 4.3: two outputs as long as the hash. */
function hkdf(hash: NoiseHash, key: Uint8Array, input: Uint8Array): [Uint8Array, Uint8Array] {
  const hmac = (secret: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array => {
    const mac = createHmac(hash.algorithm, secret);
    for (const part of parts) mac.update(part);
    return mac.digest();
  };
  const secret = hmac(key, input);
  const first = hmac(secret, new Uint8Array([1]));
  return [first, hmac(secret, first, new Uint8Array([2]))];
}

/** Section 5.2: the transcript so far, and the key that it yields. */
class SymmetricState {
  readonly #hash: NoiseHash;
  readonly #aead: AeadMaker;
  #chainingKey: Uint8Array;
  #transcript: Uint8Array;
  #cipher: ReturnType<AeadMaker> | undefined;
  #nonce = 0;

  constructor(name: string, hash: NoiseHash, aead: AeadMaker) {
    this.#hash = hash;
    this.#aead = aead;
    const bytes = new TextEncoder().encode(name);
    const { length } = hashOf(hash);
    this.#transcript = new Uint8Array(length);
    if (bytes.length <= length) this.#transcript.set(bytes);
    else this.#transcript = hashOf(hash, bytes);
    this.#chainingKey = this.#transcript;
  }

  /** The hash of all that was said, the same on both sides if nobody was in between. */
  get transcript(): Uint8Array {
    return this.#transcript;
  }

  /** A copy, to go on with if the next message is not what it should be. */
  fork(): SymmetricState {
    const copy = new SymmetricState('', this.#hash, this.#aead);
    copy.#chainingKey = this.#chainingKey;
    copy.#transcript = this.#transcript;
    copy.#cipher = this.#cipher;
    copy.#nonce = this.#nonce;
    return copy;
  }

  mixHash(bytes: Uint8Array): void {
    this.#transcript = hashOf(this.#hash, this.#transcript, bytes);
  }

  mixKey(secret: Uint8Array): void {
    const [chainingKey, key] = hkdf(this.#hash, this.#chainingKey, secret);
    this.#chainingKey = chainingKey;
    this.#cipher = this.#aead(key.subarray(0, AEAD_KEY_LENGTH));
    this.#nonce = 0;
  }

  /** Bytes that encryption adds now: none before there is a key. */
  get tagLength(): number {
    return this.#cipher === undefined ? 0 : AEAD_TAG_LENGTH;
  }

  encryptAndHash(plaintext: Uint8Array): Uint8Array {
    const start = this.#transcript.length;
    const packet = new Uint8Array(start + plaintext.length + this.tagLength);
    packet.set(this.#transcript);
    packet.set(plaintext, start);
    this.#cipher?.seal(packet, start, start + plaintext.length, this.#nextNonce());
    const sealed = packet.subarray(start);
    this.mixHash(sealed);
    return sealed;
  }

  /** Undefined when it is not what the peer has encrypted here. */
  decryptAndHash(sealed: Uint8Array): Uint8Array | undefined {
    const start = this.#transcript.length;
    if (sealed.length < this.tagLength) return undefined;
    const packet = new Uint8Array(start + sealed.length);
    packet.set(this.#transcript);
    packet.set(sealed, start);
    if (this.#cipher?.open(packet, start, this.#nextNonce()) === false) return undefined;
    this.mixHash(sealed);
    return packet.subarray(start, packet.length - this.tagLength);
  }

  /** Keys for the initiator's packets and for the responder's. */
  split(): [Uint8Array, Uint8Array] {
    const [first, second] = hkdf(this.#hash, this.#chainingKey, new Uint8Array(0));
    return [first.subarray(0, AEAD_KEY_LENGTH), second.subarray(0, AEAD_KEY_LENGTH)];
  }

  /** Section 12.3: four zero bytes and a counter of eight, little-endian. */
  #nextNonce(): Uint8Array {
    const nonce = new Uint8Array(AEAD_NONCE_LENGTH);
    nonce[4] = this.#nonce++;
    return nonce;
  }
}

export interface NoiseOptions {
  readonly pattern: NoisePattern;
  readonly hash: NoiseHash;
  readonly aead: AeadMaker;
  readonly isInitiator: boolean;
  /** What both sides must agree on before they begin. */
  readonly prologue: Uint8Array;
  readonly staticKeys?: KeyPair | undefined;
  /** The peer's static key, if the pattern says that it is known. */
  readonly peerStatic?: Uint8Array | undefined;
  /** Makes the ephemeral pair; called once. */
  readonly newKeys: () => KeyPair;
}

/** Section 5.3: one side of one handshake. Messages come and go in turns. */
export class NoiseState {
  readonly #messages: NoisePattern['messages'];
  readonly #isInitiator: boolean;
  readonly #staticKeys: KeyPair | undefined;
  readonly #newKeys: () => KeyPair;
  #symmetric: SymmetricState;
  #ephemeralKeys: KeyPair | undefined;
  #peerStatic: Uint8Array | undefined;
  #peerEphemeral: Uint8Array | undefined;
  #next = 0;

  constructor(options: NoiseOptions) {
    const { pattern, hash, aead, isInitiator, prologue, staticKeys, peerStatic } = options;
    const name = `Noise_${pattern.name}_25519_ChaChaPoly_${hash.name}`;
    this.#messages = pattern.messages;
    this.#isInitiator = isInitiator;
    this.#staticKeys = staticKeys;
    this.#peerStatic = peerStatic;
    this.#newKeys = options.newKeys;
    this.#symmetric = new SymmetricState(name, hash, aead);
    this.#symmetric.mixHash(prologue);
    for (const side of pattern.known ?? []) {
      const own = (side === 'initiator') === isInitiator;
      const key = own ? staticKeys?.publicKey : peerStatic;
      assert(key !== undefined, 'a pattern that needs a static key known before');
      this.#symmetric.mixHash(key);
    }
  }

  /** Whether all messages have passed, so that there are keys. */
  get isDone(): boolean {
    return this.#next === this.#messages.length;
  }

  /** The peer's static key, once it has proven that it owns it. */
  get peerStatic(): Uint8Array | undefined {
    return this.#peerStatic;
  }

  get transcript(): Uint8Array {
    return this.#symmetric.transcript;
  }

  /** Keys for what the initiator sends and for what the responder sends. */
  split(): [Uint8Array, Uint8Array] {
    assert(this.isDone, 'keys before the end of the handshake');
    return this.#symmetric.split();
  }

  /** Our next message; undefined when the peer's ephemeral key gives no secret. */
  write(payload: Uint8Array): Uint8Array | undefined {
    const tokens = this.#messages[this.#next] ?? [];
    const symmetric = this.#symmetric;
    const parts: Uint8Array[] = [];
    for (const token of tokens) {
      if (token === 'e') {
        this.#ephemeralKeys = this.#newKeys();
        symmetric.mixHash(this.#ephemeralKeys.publicKey);
        parts.push(this.#ephemeralKeys.publicKey);
      } else if (token === 's') {
        assert(this.#staticKeys !== undefined, 'a pattern that needs a static key');
        parts.push(symmetric.encryptAndHash(this.#staticKeys.publicKey));
      } else if (!this.#mix(symmetric, token, this.#peerStatic, this.#peerEphemeral)) {
        return undefined;
      }
    }
    parts.push(symmetric.encryptAndHash(payload));
    this.#next++;
    return Buffer.concat(parts);
  }

  /**
   * The payload of the peer's next message; undefined if it is not valid, or not what `isGood`
   * demands: nothing changes then.
   */
  read(
    message: Uint8Array,
    isGood: (payload: Uint8Array, peerStatic?: Uint8Array) => boolean = () => true,
  ): Uint8Array | undefined {
    const tokens = this.#messages[this.#next];
    if (tokens === undefined) return undefined;
    const symmetric = this.#symmetric.fork();
    let [peerStatic, peerEphemeral, at] = [this.#peerStatic, this.#peerEphemeral, 0];
    for (const token of tokens) {
      if (token === 'e' || token === 's') {
        const end = at + KEY_LENGTH + (token === 's' ? symmetric.tagLength : 0);
        if (end > message.length) return undefined;
        const field = message.slice(at, end);
        at = end;
        if (token === 'e') {
          symmetric.mixHash(field);
          peerEphemeral = field;
        } else peerStatic = symmetric.decryptAndHash(field);
        if (peerStatic === undefined && token === 's') return undefined;
      } else if (!this.#mix(symmetric, token, peerStatic, peerEphemeral)) return undefined;
    }
    const payload = symmetric.decryptAndHash(message.slice(at));
    if (payload === undefined || !isGood(payload, peerStatic)) return undefined;
    this.#symmetric = symmetric;
    this.#peerStatic = peerStatic;
    this.#peerEphemeral = peerEphemeral;
    this.#next++;
    return payload;
  }

  /** The secret of two keys; the first letter of the token is the initiator's. */
  #mix(
    symmetric: SymmetricState,
    token: 'ee' | 'es' | 'se' | 'ss',
    peerStatic: Uint8Array | undefined,
    peerEphemeral: Uint8Array | undefined,
  ): boolean {
    const [own, theirs] = this.#isInitiator ? [token[0], token[1]] : [token[1], token[0]];
    const keys = own === 's' ? this.#staticKeys : this.#ephemeralKeys;
    const peer = theirs === 's' ? peerStatic : peerEphemeral;
    assert(keys !== undefined && peer !== undefined, 'a pattern that uses a key too early');
    const secret = sharedSecret(keys, peer);
    if (secret === undefined) return false;
    symmetric.mixKey(secret);
    return true;
  }
}
