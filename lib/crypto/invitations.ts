import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** Begins every invitation: people and programs see what it is. */
const PREFIX = 'udpchat-invitation-';
const TIME_LENGTH = 6;
const PORT_LENGTH = 2;
/** Bytes that tell two invitations of the same moment apart. */
export const INVITATION_NONCE_BYTES = 8;
/** As long as a packet's tag: it is not guessed. */
const MAC_LENGTH = 16;
const UNTIL_AT = TIME_LENGTH;
const PORT_AT = UNTIL_AT + TIME_LENGTH;
const NONCE_AT = PORT_AT + PORT_LENGTH;
const HEAD_LENGTH = NONCE_AT + INVITATION_NONCE_BYTES;
const LENGTH = HEAD_LENGTH + MAC_LENGTH;

/** To which chat of a host it opens the door, and when. Wall clock, ms since 1970. */
export interface InvitationTerms {
  /** The UDP port that the chat is on: a host may have more than one, and each its own guests. */
  readonly port: number;
  readonly issuedAt: number;
  /** When it ends. */
  readonly until: number;
}

/** What an invitation says. */
export interface Invitation extends InvitationTerms {
  /** Its name where it must not be given away: SHA-256 in hexadecimal. */
  readonly digest: string;
}

/**
 * Invitations that only a host's key can have made: terms, nonce, and a truncated HMAC-SHA-256
 * over both. So a host need not be told of those that were given out, only remember who came.
 */
export class Invitations {
  readonly #key: Uint8Array;

  /** `hostSecret`: the host's private key, 32 bytes. */
  constructor(hostSecret: Uint8Array) {
    this.#key = createHmac('sha256', hostSecret).update('udpchat invitation').digest();
  }

  /** `nonce`: 8 random bytes. */
  issue(nonce: Uint8Array, { port, issuedAt, until }: InvitationTerms): string {
    const head = Buffer.alloc(HEAD_LENGTH);
    head.writeUIntBE(issuedAt, 0, TIME_LENGTH);
    head.writeUIntBE(until, UNTIL_AT, TIME_LENGTH);
    head.writeUIntBE(port, PORT_AT, PORT_LENGTH);
    head.set(nonce, NONCE_AT);
    return spell(Buffer.concat([head, this.#mac(head)]));
  }

  /** Undefined when the text is no invitation of this host. Whether it still holds is not asked. */
  read(text: string): Invitation | undefined {
    if (!text.startsWith(PREFIX)) return undefined;
    const bytes = Buffer.from(text.slice(PREFIX.length), 'base64url');
    // One spelling: the decoder forgives more than one.
    if (bytes.length !== LENGTH || text !== spell(bytes)) return undefined;
    const head = bytes.subarray(0, HEAD_LENGTH);
    if (!timingSafeEqual(this.#mac(head), bytes.subarray(HEAD_LENGTH))) return undefined;
    return {
      digest: createHash('sha256').update(bytes).digest('hex'),
      port: head.readUIntBE(PORT_AT, PORT_LENGTH),
      issuedAt: head.readUIntBE(0, TIME_LENGTH),
      until: head.readUIntBE(UNTIL_AT, TIME_LENGTH),
    };
  }

  #mac(head: Uint8Array): Buffer {
    return createHmac('sha256', this.#key).update(head).digest().subarray(0, MAC_LENGTH);
  }
}

function spell(bytes: Buffer): string {
  return PREFIX + bytes.toString('base64url');
}
