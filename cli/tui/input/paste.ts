import { PASTE_START } from './decoder.ts';

const PASTE_END = '\x1b[201~';
/** Text on both sides of a line end, and no key but Enter and Tab among it. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: keys are control characters
const PASTED = /^(?=[\s\S]*[^\r\n][\r\n]+[^\r\n])[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$/;

/**
 * What came in one read from a terminal that may not know bracketed paste, put between brackets if
 * it is a paste; other bytes come back as they are. A hand does not write a line, Enter and more
 * between two reads; where a slow line has gathered that, it waits in the draft for another Enter.
 */
export function bracketPaste(bytes: Uint8Array): Uint8Array {
  // Latin-1, so that a character is a byte.
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
  if (!PASTED.test(text)) return bytes;
  return Buffer.concat([Buffer.from(PASTE_START), bytes, Buffer.from(PASTE_END)]);
}

/** Whether a terminal that sent this brackets what is pasted. */
export function hasPasteBrackets(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes(PASTE_START);
}
