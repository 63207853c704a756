import { PASTE_START } from './decoder.ts';

/** Line ends in one read from which it is a paste: nobody types five lines between two reads. */
const PASTED_LINES = 5;
const CARRIAGE_RETURN = 13;
const LINE_FEED = 10;
const ESCAPE = 27;
const PASTE_END = '\x1b[201~';

/**
 * What a terminal without bracketed paste sent at once, put between brackets; other bytes come back
 * as they are. Sequences in it make it keys: a paste of a terminal that knows brackets has them.
 */
export function bracketPaste(bytes: Uint8Array): Uint8Array {
  let lines = 0;
  for (const byte of bytes) {
    if (byte === ESCAPE) return bytes;
    if (byte === CARRIAGE_RETURN || byte === LINE_FEED) lines++;
  }
  if (lines < PASTED_LINES) return bytes;
  const encoder = new TextEncoder();
  return Uint8Array.of(...encoder.encode(PASTE_START), ...bytes, ...encoder.encode(PASTE_END));
}
