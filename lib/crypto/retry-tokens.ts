import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import type { RetryTokens } from './protection.ts';

/** How long a token proves its address, ms (spec/protocol section 3.2). */
export const TOKEN_LIFETIME = 10_000;

const TIME_LENGTH = 6;
const MAC_LENGTH = 16;

/**
 * Tokens that only this key can have made: issue time and a truncated HMAC-SHA-256 over time,
 * address and client id. Nothing in them is secret, so they are authenticated, not encrypted.
 */
export class HmacRetryTokens implements RetryTokens {
  readonly #key: KeyObject;

  /** `secret` is 32 random bytes, new for each process. */
  constructor(secret: Uint8Array) {
    this.#key = createSecretKey(secret);
  }

  issue(now: number, address: string, clientId: Uint8Array): Uint8Array {
    const token = Buffer.alloc(TIME_LENGTH + MAC_LENGTH);
    token.writeUIntBE(Math.floor(now), 0, TIME_LENGTH);
    this.#mac(token.subarray(0, TIME_LENGTH), address, clientId).copy(token, TIME_LENGTH);
    return token;
  }

  verify(now: number, address: string, clientId: Uint8Array, token: Uint8Array): boolean {
    if (token.length !== TIME_LENGTH + MAC_LENGTH) return false;
    const bytes = Buffer.from(token.buffer, token.byteOffset, token.byteLength);
    const age = Math.floor(now) - bytes.readUIntBE(0, TIME_LENGTH);
    if (age < 0 || age > TOKEN_LIFETIME) return false;
    const mac = this.#mac(bytes.subarray(0, TIME_LENGTH), address, clientId);
    return timingSafeEqual(mac, bytes.subarray(TIME_LENGTH));
  }

  #mac(time: Buffer, address: string, clientId: Uint8Array): Buffer {
    const hmac = createHmac('sha256', this.#key).update(time).update(clientId).update(address);
    return hmac.digest().subarray(0, MAC_LENGTH);
  }
}
