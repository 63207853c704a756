/** The largest value a varint carries here: JavaScript's exact integers, inside RFC 9000's 2^62. */
export const VARINT_MAX: number = Number.MAX_SAFE_INTEGER;

/** Bytes that `value` takes as a variable-length integer (RFC 9000 section 16): 1, 2, 4 or 8. */
export function varintSize(value: number): 1 | 2 | 4 | 8 {
  if (value < 0x40) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x4000_0000) return 4;
  return 8;
}
