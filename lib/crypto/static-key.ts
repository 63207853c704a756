import { createHash } from 'node:crypto';
import { KEY_LENGTH, keyPair } from './x25519.ts';

/** Who somebody is: the key pair that proves it in a handshake. */
export interface StaticKey {
  /** 32 bytes. Never printed, logged or sent. */
  readonly secretKey: Uint8Array;
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
}

/** The pair of a secret key of 32 random bytes. Throws a RangeError at any other length. */
export function staticKeyFrom(secretKey: Uint8Array): StaticKey {
  if (secretKey.length !== KEY_LENGTH) throw new RangeError('a secret key has 32 bytes');
  return { secretKey, publicKey: keyPair(secretKey).publicKey };
}

/** A public key as people compare it, in the manner of ssh: `SHA256:` and 43 letters. */
export function fingerprint(publicKey: Uint8Array): string {
  const hash = createHash('sha256').update(publicKey).digest('base64');
  return `SHA256:${hash.replace(/=+$/, '')}`;
}
