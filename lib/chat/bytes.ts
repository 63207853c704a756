const DIGITS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
const UTF8 = new TextEncoder();

/** Lower-case hexadecimal: ids and secrets as keys of maps, and in what people read. */
export function toHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += DIGITS[byte];
  return text;
}

/** The bytes that `toHex` has written. */
export function fromHex(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = (digit(text.charCodeAt(2 * i)) << 4) | digit(text.charCodeAt(2 * i + 1));
  }
  return bytes;
}

/** What a hexadecimal digit stands for, in either case. */
function digit(unit: number): number {
  return (unit & 0xf) + (unit > 0x39 ? 9 : 0);
}

/** Bytes of `text` in UTF-8: what the wire and the limits count. */
export function utf8Length(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    // Half of a pair is 2 of its 4 bytes; alone it becomes U+FFFD, of 3.
    const isHalf = unit >= 0xd800 && unit < 0xdc00 && isLowSurrogate(text.charCodeAt(i + 1));
    bytes += unit < 0x800 ? 1 : 2;
    if (isHalf) i++;
  }
  return bytes;
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit < 0xe000;
}

/** As many whole characters from the start of `text` as fit `bytes` bytes of UTF-8. */
export function truncateUtf8(text: string, bytes: number): string {
  const { read } = UTF8.encodeInto(text, new Uint8Array(bytes));
  return text.slice(0, read);
}
