import { assert } from '../base/assert.ts';
import { ByteWriter } from '../base/byte-writer.ts';
import type { RandomSource } from '../base/random.ts';
import { NOISE_VERSION } from '../wire/version.ts';
import { type AeadMaker, chacha20Poly1305 } from './aead.ts';
import { NoiseState, SHA256, XX } from './noise-state.ts';
import { AeadProtection } from './packet-keys.ts';
import type {
  Handshake,
  HandshakeIds,
  HandshakeProvider,
  HandshakeResult,
  HandshakeStep,
} from './protection.ts';
import { type KeyPair, keyPair, newKeyPair } from './x25519.ts';

const LABEL = new TextEncoder().encode('udpchat');
const NOTHING = new Uint8Array(0);

export interface NoiseHandshakeOptions {
  /** For ephemeral keys, and for a static one if there is none: fit for secrets. */
  readonly random: RandomSource;
  /** The private key that says who we are, 32 bytes; a new one unless given. */
  readonly staticKey?: Uint8Array | undefined;
  /**
   * Whether a client goes on with a server that has proven this static public key, 32 bytes.
   * Asked before the client shows its own. Every key is good unless given.
   */
  readonly acceptServerKey?: ((key: Uint8Array) => boolean) | undefined;
  /** The cipher; libsodium's where it loads, unless given. */
  readonly aead?: AeadMaker;
}

/**
 * Noise_XX_25519_ChaChaPoly_SHA256 (spec/protocol: handshake). Both sides prove a static key, and
 * whoever is not part of the handshake learns neither. It says who the peer is; whether that is
 * whom you meant is for `acceptServerKey` and for whoever reads `peerKey`.
 */
export function createNoise(options: NoiseHandshakeOptions): HandshakeProvider {
  const { random, staticKey, aead = chacha20Poly1305 } = options;
  const { acceptServerKey = (): boolean => true } = options;
  const staticKeys = staticKey === undefined ? newKeyPair(random) : keyPair(staticKey);
  const newKeys = (): KeyPair => newKeyPair(random);
  const means = { staticKeys, aead, newKeys, acceptServerKey };
  return {
    name: 'noise',
    version: NOISE_VERSION,
    initiate: (parameters) => new Initiator(parameters, means),
    respond: (parameters) => new Responder(parameters, means),
  };
}

interface Means {
  readonly staticKeys: KeyPair;
  readonly aead: AeadMaker;
  readonly newKeys: () => KeyPair;
  readonly acceptServerKey: (key: Uint8Array) => boolean;
}

function begin(means: Means, isInitiator: boolean, ids: HandshakeIds): NoiseState {
  const { staticKeys, aead, newKeys } = means;
  const prologue = new ByteWriter(new Uint8Array(LABEL.length + 4 + ids.client.length));
  prologue.bytes(LABEL);
  prologue.uint32(NOISE_VERSION);
  prologue.bytes(ids.client);
  const common = { pattern: XX, hash: SHA256, aead, isInitiator, staticKeys, newKeys };
  return new NoiseState({ ...common, prologue: prologue.written() });
}

function finish(
  state: NoiseState,
  peerParameters: Uint8Array,
  { isInitiator, aead }: { isInitiator: boolean; aead: AeadMaker },
): HandshakeResult {
  const [initiator, responder] = state.split();
  const secrets = isInitiator
    ? { own: initiator, peer: responder }
    : { own: responder, peer: initiator };
  const peerKey = state.peerStatic;
  assert(peerKey !== undefined, 'a handshake that left the peer unknown');
  return { protection: new AeadProtection(secrets, aead), peerParameters, peerKey };
}

class Initiator implements Handshake {
  readonly #parameters: Uint8Array;
  readonly #means: Means;
  #state: NoiseState | undefined;

  constructor(parameters: Uint8Array, means: Means) {
    this.#parameters = parameters;
    this.#means = means;
  }

  start(ids: HandshakeIds): Uint8Array {
    this.#state = begin(this.#means, true, ids);
    const message = this.#state.write(NOTHING);
    assert(message !== undefined, 'the first message needs no secret');
    return message;
  }

  read(message: Uint8Array, ids: HandshakeIds): HandshakeStep | undefined {
    const state = this.#state;
    // Message 2 names the server's id, which the header that carries it could not prove.
    let isRefused = false;
    const payload = state?.read(message, (bytes, key) => {
      if (key === undefined || !startsWith(bytes, ids.server)) return false;
      isRefused = !this.#means.acceptServerKey(key.slice());
      return !isRefused;
    });
    if (isRefused) return { isRefused };
    if (state === undefined || payload === undefined) return undefined;
    const reply = state.write(this.#parameters);
    if (reply === undefined) return undefined;
    const { aead } = this.#means;
    const parameters = payload.slice(ids.server.length);
    return { reply, result: finish(state, parameters, { isInitiator: true, aead }) };
  }
}

class Responder implements Handshake {
  readonly #parameters: Uint8Array;
  readonly #means: Means;
  #state: NoiseState | undefined;

  constructor(parameters: Uint8Array, means: Means) {
    this.#parameters = parameters;
    this.#means = means;
  }

  start(): Uint8Array {
    return NOTHING;
  }

  read(message: Uint8Array, ids: HandshakeIds): HandshakeStep | undefined {
    if (this.#state === undefined) return this.#answer(message, ids);
    const parameters = this.#state.read(message);
    if (parameters === undefined) return undefined;
    const { aead } = this.#means;
    return { result: finish(this.#state, parameters.slice(), { isInitiator: false, aead }) };
  }

  #answer(message: Uint8Array, ids: HandshakeIds): HandshakeStep | undefined {
    const state = begin(this.#means, false, ids);
    if (state.read(message)?.length !== 0) return undefined;
    const reply = state.write(Buffer.concat([ids.server, this.#parameters]));
    if (reply === undefined) return undefined;
    this.#state = state;
    return { reply };
  }
}

function startsWith(bytes: Uint8Array, start: Uint8Array): boolean {
  return bytes.length >= start.length && start.every((byte, i) => byte === bytes[i]);
}
