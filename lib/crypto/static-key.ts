import { createHash } from 'node:crypto';
import { KEY_LENGTH, keyPair } from './x25519.ts';

/** The public key of a secret key of 32 random bytes. Throws a RangeError at any other length. */
export function publicKeyOf(secretKey: Uint8Array): Uint8Array {
  if (secretKey.length !== KEY_LENGTH) throw new RangeError('a secret key has 32 bytes');
  return keyPair(secretKey).publicKey;
}

/** A public key as people compare it, in the manner of ssh: `SHA256:` and 43 letters. */
export function fingerprint(publicKey: Uint8Array): string {
  const hash = createHash('sha256').update(publicKey).digest('base64');
  return `SHA256:${hash.replace(/=+$/, '')}`;
}
