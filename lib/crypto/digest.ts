import { createHash } from 'node:crypto';

/** Hexadecimal digits of a digest: 128 bits, which nobody finds a second text for. */
const DIGITS = 32;

/** What the lines of a session are filed under: tells sessions apart and gives no secret away. */
export function sessionOwner(secret: string): string {
  return createHash('sha256')
    .update('udpchat session')
    .update(secret)
    .digest('hex')
    .slice(0, DIGITS);
}
