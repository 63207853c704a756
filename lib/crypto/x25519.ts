import { createPrivateKey, createPublicKey, diffieHellman, type KeyObject } from 'node:crypto';
import { assert } from '../base/assert.ts';
import { type RandomSource, randomBytes } from '../base/random.ts';

/** Bytes of a private key, a public key and a shared secret of X25519 (RFC 7748). */
export const KEY_LENGTH = 32;

/** What stands before the 32 bytes of a key in its DER form (RFC 8410 sections 4 and 7). */
const PRIVATE_PREFIX = Buffer.from('302e020100300506032b656e04220420', 'hex');
const PUBLIC_PREFIX = Buffer.from('302a300506032b656e032100', 'hex');

/** A key pair of X25519. The private half never leaves its KeyObject. */
export interface KeyPair {
  readonly privateKey: KeyObject;
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
}

/** The pair of a private key of 32 random bytes. */
export function keyPair(privateKey: Uint8Array): KeyPair {
  assert(privateKey.length === KEY_LENGTH, 'a private key has 32 bytes');
  const der = Buffer.concat([PRIVATE_PREFIX, privateKey]);
  const secret = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const spki = createPublicKey(secret).export({ format: 'der', type: 'spki' });
  return { privateKey: secret, publicKey: new Uint8Array(spki.subarray(PUBLIC_PREFIX.length)) };
}

/** A new pair; `random` must be fit for secrets, except in a simulation. */
export function newKeyPair(random: RandomSource): KeyPair {
  return keyPair(randomBytes(random, KEY_LENGTH));
}

/**
 * The secret shared with the owner of `publicKey`; undefined when that is a point of small order,
 * which would make it known to everybody (RFC 7748 section 6.1). OpenSSL refuses these by throwing.
 */
export function sharedSecret(
  { privateKey }: KeyPair,
  publicKey: Uint8Array,
): Uint8Array | undefined {
  const key = Buffer.concat([PUBLIC_PREFIX, publicKey]);
  try {
    const peer = createPublicKey({ key, format: 'der', type: 'spki' });
    return diffieHellman({ privateKey, publicKey: peer });
  } catch {
    return undefined;
  }
}
