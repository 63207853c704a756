import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import type { RetryTokens } from './protection.ts';

/** How long a token proves its address, ms (spec/protocol section 3.2). */
export const TOKEN_LIFETIME = 10_000;

/** How long one key makes tokens, ms; it goes on proving those for as long as they last. */
const KEY_LIFETIME = 60_000;

const TIME_LENGTH = 6;
const MAC_LENGTH = 16;

/**
 * Tokens that only this key can have made: issue time and a truncated HMAC-SHA-256 over time,
 * address and client id. Nothing in them is secret, so they are authenticated, not encrypted.
 * Keys follow from each other one way, so that a key that leaks proves nothing about the past.
 */
export class HmacRetryTokens implements RetryTokens {
  #key: KeyObject;
  #previous: KeyObject;
  /** Number of the present key: periods of KEY_LIFETIME since `now` = 0. */
  #period = 0;

  /** `secret` is 32 random bytes, new for each process. */
  constructor(secret: Uint8Array) {
    this.#key = createSecretKey(secret);
    this.#previous = this.#key;
  }

  issue(now: number, address: string, clientId: Uint8Array): Uint8Array {
    const token = Buffer.alloc(TIME_LENGTH + MAC_LENGTH);
    token.writeUIntBE(Math.floor(now), 0, TIME_LENGTH);
    const key = this.#keyOf(now, now);
    const time = token.subarray(0, TIME_LENGTH);
    mac(key, time, address, clientId).copy(token, TIME_LENGTH);
    return token;
  }

  verify(now: number, address: string, clientId: Uint8Array, token: Uint8Array): boolean {
    if (token.length !== TIME_LENGTH + MAC_LENGTH) return false;
    const bytes = Buffer.from(token.buffer, token.byteOffset, token.byteLength);
    const issued = bytes.readUIntBE(0, TIME_LENGTH);
    const age = Math.floor(now) - issued;
    if (age < 0 || age > TOKEN_LIFETIME) return false;
    const right = mac(this.#keyOf(now, issued), bytes.subarray(0, TIME_LENGTH), address, clientId);
    return timingSafeEqual(right, bytes.subarray(TIME_LENGTH));
  }

  /** The key that made tokens at `then`, not long before `now`. */
  #keyOf(now: number, then: number): KeyObject {
    const period = Math.floor(now / KEY_LIFETIME);
    for (; this.#period < period; this.#period++) {
      this.#previous = this.#key;
      const next = createHmac('sha256', this.#key).update('udpchat retry').digest();
      this.#key = createSecretKey(next);
    }
    return Math.floor(then / KEY_LIFETIME) === this.#period ? this.#key : this.#previous;
  }
}

function mac(key: KeyObject, time: Buffer, address: string, clientId: Uint8Array): Buffer {
  const hmac = createHmac('sha256', key).update(time).update(clientId).update(address);
  return hmac.digest().subarray(0, MAC_LENGTH);
}
