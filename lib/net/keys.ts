import { randomBytes } from 'node:crypto';
import { createNoise } from '../crypto/noise.ts';
import type { HandshakeProvider, ResetTokens, RetryTokens } from '../crypto/protection.ts';
import { HmacResetTokens } from '../crypto/reset-tokens.ts';
import { HmacRetryTokens } from '../crypto/retry-tokens.ts';
import { KEY_LENGTH } from '../crypto/x25519.ts';
import { SystemRandom } from './system-random.ts';

/** How an endpoint shows who it is. */
export interface IdentityOptions {
  /** Our private key (X25519), 32 bytes; a new one, known to nobody, unless given. */
  readonly identity?: Uint8Array | undefined;
  /** How keys are made: encrypted unless told. `plaintext` must be asked for on both ends. */
  readonly handshakes?: HandshakeProvider | undefined;
  /** Puts something between packets and their keys: a trace that sees packets open. */
  readonly watch?: ((handshakes: HandshakeProvider) => HandshakeProvider) | undefined;
}

/** How a client knows whom it talks to. */
export interface ClientIdentityOptions extends IdentityOptions {
  /**
   * Whether to go on with a server that has proven this static public key, 32 bytes; asked before
   * we show ours. Without it every key will do: that keeps out those who only listen.
   */
  readonly acceptServerKey?: ((key: Uint8Array) => boolean) | undefined;
}

export function clientHandshakes(options: ClientIdentityOptions): HandshakeProvider {
  const { identity: staticKey, acceptServerKey, watch } = options;
  const random = new SystemRandom();
  const handshakes = options.handshakes ?? createNoise({ random, staticKey, acceptServerKey });
  return watch?.(handshakes) ?? handshakes;
}

/** What a server needs to make keys, to prove addresses, and to be believed after a restart. */
export function serverSecrets(options: IdentityOptions): {
  handshakes: HandshakeProvider;
  tokens: RetryTokens;
  resets: ResetTokens;
} {
  const { identity, watch } = options;
  const staticKey = identity ?? randomBytes(KEY_LENGTH);
  const handshakes = options.handshakes ?? createNoise({ random: new SystemRandom(), staticKey });
  return {
    handshakes: watch?.(handshakes) ?? handshakes,
    tokens: new HmacRetryTokens(randomBytes(32)),
    resets: new HmacResetTokens(staticKey),
  };
}
