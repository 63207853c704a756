import { PASTE_START } from './decoder.ts';

const PASTE_END = '\x1b[201~';
/** Text on both sides of a line end, and no key but Enter and Tab among it. */
const PASTED = /^(?=[\s\S]*[^\r\n][\r\n]+[^\r\n])(?:[^\p{Cc}]|[\t\r\n])*$/u;

/**
 * What came in one read from a terminal that may not know bracketed paste, put between brackets if
 * it is a paste; other bytes come back as they are. A hand does not write a line, Enter and more
 * between two reads; where a slow line has gathered that, it waits in the draft for another Enter.
 */
export function bracketPaste(bytes: Uint8Array): Uint8Array {
  if (!PASTED.test(textOf(bytes))) return bytes;
  return Buffer.concat([Buffer.from(PASTE_START), bytes, Buffer.from(PASTE_END)]);
}

/** Whether a terminal that sent this brackets what is pasted. */
export function hasPasteBrackets(bytes: Uint8Array): boolean {
  return textOf(bytes).includes(PASTE_START);
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
}
