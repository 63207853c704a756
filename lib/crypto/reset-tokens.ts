import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import type { ResetTokens } from './protection.ts';

/** Bytes of a stateless reset token (RFC 9000 section 10.3). */
const TOKEN_LENGTH = 16;

/**
 * Tokens made of a secret that outlives the process, so that a server which was started anew can
 * still name them. The address is in them because ids are short: whoever collects the tokens of
 * many ids collects those of its own address only (compare RFC 9000 section 21.11).
 */
export class HmacResetTokens implements ResetTokens {
  readonly #key: KeyObject;

  /** `secret` may be the server's private key: what is made of it serves for nothing else. */
  constructor(secret: Uint8Array) {
    this.#key = createSecretKey(createHmac('sha256', secret).update('udpchat reset').digest());
  }

  tokenFor(address: string, serverId: Uint8Array): Uint8Array {
    const mac = createHmac('sha256', this.#key).update(serverId).update(address).digest();
    return new Uint8Array(mac.subarray(0, TOKEN_LENGTH));
  }
}
