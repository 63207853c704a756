import { createHash, createPrivateKey, createPublicKey } from 'node:crypto';

/** Bytes of an X25519 key, secret or public (RFC 7748). */
export const KEY_LENGTH = 32;

/** DER of a PKCS #8 X25519 key without its 32 bytes (RFC 8410 section 7). */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b656e04220420', 'hex');

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
  const der = Buffer.concat([PKCS8_PREFIX, secretKey]);
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const { x = '' } = createPublicKey(privateKey).export({ format: 'jwk' });
  return { secretKey, publicKey: new Uint8Array(Buffer.from(x, 'base64url')) };
}

/** A public key as people compare it, in the manner of ssh: `SHA256:` and 43 letters. */
export function fingerprint(publicKey: Uint8Array): string {
  const hash = createHash('sha256').update(publicKey).digest('base64');
  return `SHA256:${hash.replace(/=+$/, '')}`;
}
