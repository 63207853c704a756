/** Packet numbers stay exact in a double; a connection closes long before it has used them up. */
export const MAX_PACKET_NUMBER: number = Number.MAX_SAFE_INTEGER;

/**
 * How many bytes, 1..4, of `packetNumber` to send so that a peer that has acknowledged up to
 * `largestAcked` (-1: nothing) decodes it right (RFC 9000 appendix A.2).
 */
export function packetNumberLength(packetNumber: number, largestAcked: number): 1 | 2 | 3 | 4 {
  const unacked = packetNumber - largestAcked;
  if (unacked < 0x80) return 1;
  if (unacked < 0x8000) return 2;
  if (unacked < 0x80_0000) return 3;
  return 4;
}

/** The whole number closest to what is expected next (RFC 9000 appendix A.3). */
export function decodePacketNumber(truncated: number, length: number, largest: number): number {
  const window = 2 ** (8 * length);
  const expected = largest + 1;
  const candidate = expected - (expected % window) + truncated;
  if (candidate <= expected - window / 2 && candidate + window <= MAX_PACKET_NUMBER) {
    return candidate + window;
  }
  if (candidate > expected + window / 2 && candidate >= window) return candidate - window;
  return candidate;
}
