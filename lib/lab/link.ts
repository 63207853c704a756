/**
 * One direction of an imperfect network between a socket and its machine, or between two machines
 * in virtual time. `now` is monotonic milliseconds, fractions allowed.
 */
export interface LinkEmulator {
  /** A datagram enters. The caller may reuse `bytes` afterwards. */
  offer(now: number, bytes: Uint8Array): unknown;
  /** The next datagram that leaves at or before `now`; it belongs to the caller. */
  poll(now: number): Uint8Array | undefined;
  /** When to poll next: none leaves before. Infinity while the link is empty. */
  nextTimeout(): number;
}
