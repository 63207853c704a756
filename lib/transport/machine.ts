/** An address in canonical form: an IPv4-mapped IPv6 address is written as IPv4. */
export interface Address {
  readonly address: string;
  readonly port: number;
}

/** A datagram to put on the wire. `bytes` is valid until the next call into the machine. */
export interface Transmit {
  readonly to: Address;
  readonly bytes: Uint8Array;
}

/**
 * Anything that talks datagrams without touching the world: an endpoint, a chat server, a chat
 * client. `now` is monotonic milliseconds, fractions allowed; it never decreases between calls.
 *
 * The loop of every driver, real or simulated: hand in datagrams and timeouts, then poll transmits
 * until dry, then arm one timer for `nextTimeout`.
 */
export interface Machine {
  /** Takes ownership of `bytes`. Never throws, whatever they hold. */
  handleDatagram(now: number, from: Address, bytes: Uint8Array): void;
  /** Call when `now >= nextTimeout()`. Calling early is harmless. */
  handleTimeout(now: number): void;
  /** The next datagram to send, or undefined when there is nothing to send before `nextTimeout`. */
  pollTransmit(now: number): Transmit | undefined;
  /** When `handleTimeout` must be called next, in the clock of `now`; Infinity when never. */
  nextTimeout(): number;
}

/** `127.0.0.1:5000`, `[::1]:5000`: for keys and for people. */
export function formatAddress({ address, port }: Address): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** One peer has one address: `::ffff:192.0.2.1` is 192.0.2.1 (RFC 4291 section 2.5.5.2). */
export function canonicalAddress(from: Address): Address {
  if (!from.address.startsWith('::f') && !from.address.startsWith('::F')) return from;
  const mapped = MAPPED.exec(from.address)?.[1];
  return mapped === undefined ? from : { address: mapped, port: from.port };
}
