import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** Begins every invitation: people and programs see what it is. */
const PREFIX = 'udpchat-invitation-';
const TIME_LENGTH = 6;
/** Bytes that tell two invitations of the same second apart. */
export const INVITATION_NONCE_BYTES = 8;
/** As long as a packet's tag: it is not guessed. */
const MAC_LENGTH = 16;
const LENGTH = TIME_LENGTH + INVITATION_NONCE_BYTES + MAC_LENGTH;

/** What an invitation says. */
export interface Invitation {
  /** Its name where it must not be given away: SHA-256 in hexadecimal. */
  readonly digest: string;
  /** When it ends: wall clock, ms since 1970. */
  readonly until: number;
}

/**
 * Invitations that only a host's key can have made: expiry, nonce, and a truncated HMAC-SHA-256
 * over both. So a host need not be told of those that were given out, only remember who came.
 */
export class Invitations {
  readonly #key: Uint8Array;

  /** `hostSecret`: the host's private key, 32 bytes. */
  constructor(hostSecret: Uint8Array) {
    this.#key = createHmac('sha256', hostSecret).update('udpchat invitation').digest();
  }

  /** `nonce`: 8 random bytes. */
  issue(nonce: Uint8Array, until: number): string {
    const head = Buffer.alloc(TIME_LENGTH + INVITATION_NONCE_BYTES);
    head.writeUIntBE(until, 0, TIME_LENGTH);
    head.set(nonce, TIME_LENGTH);
    return spell(Buffer.concat([head, this.#mac(head)]));
  }

  /** Undefined when the text is no invitation of this host. Whether it still holds is not asked. */
  read(text: string): Invitation | undefined {
    if (!text.startsWith(PREFIX)) return undefined;
    const bytes = Buffer.from(text.slice(PREFIX.length), 'base64url');
    // One spelling: the decoder forgives more than one.
    if (bytes.length !== LENGTH || text !== spell(bytes)) return undefined;
    const head = bytes.subarray(0, LENGTH - MAC_LENGTH);
    if (!timingSafeEqual(this.#mac(head), bytes.subarray(LENGTH - MAC_LENGTH))) return undefined;
    const digest = createHash('sha256').update(bytes).digest('hex');
    return { digest, until: head.readUIntBE(0, TIME_LENGTH) };
  }

  #mac(head: Uint8Array): Buffer {
    return createHmac('sha256', this.#key).update(head).digest().subarray(0, MAC_LENGTH);
  }
}

function spell(bytes: Buffer): string {
  return PREFIX + bytes.toString('base64url');
}
