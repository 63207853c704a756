/** Bytes of an address: IPv4 as IPv4-mapped IPv6 (RFC 4291 section 2.5.5.2). */
const BYTES = 16;
const BITS = 8 * BYTES;
const MAPPED_PREFIX = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];
const MAPPED_BITS = 96;
/** What one household or machine is given in IPv6: counting smaller parts counts nobody. */
const IPV6_SITE_BITS = 64;

/** All addresses with the same first `bits` bits. */
export interface Network {
  /** 16 bytes; those behind `bits` are 0. */
  readonly bytes: Uint8Array;
  /** 0 to 128; an IPv4 network has at least 96. */
  readonly bits: number;
}

function parseIpv4(text: string): number[] | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part))) {
    return undefined;
  }
  const bytes = parts.map(Number);
  return bytes.every((byte) => byte <= 255) ? bytes : undefined;
}

/** Bytes of groups of an IPv6 address on one side of its `::`. */
function parseGroups(text: string): number[] | undefined {
  if (text === '') return [];
  const groups = text.split(':');
  const last = groups.at(-1) ?? '';
  const tail = last.includes('.') ? parseIpv4(last) : [];
  if (tail === undefined) return undefined;
  if (tail.length > 0) groups.pop();
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  const bytes = groups.flatMap((group) => {
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
  return [...bytes, ...tail];
}

/** The 16 bytes of an address as text, without its zone; undefined if it is none. */
export function parseIp(text: string): Uint8Array | undefined {
  if (text.length > 64) return undefined;
  const [address = ''] = text.split('%');
  const ipv4 = parseIpv4(address);
  if (ipv4 !== undefined) return new Uint8Array([...MAPPED_PREFIX, ...ipv4]);
  if (!address.includes(':')) return undefined;
  const [head, tail, ...more] = address.split('::').map(parseGroups);
  if (head === undefined || more.length > 0) return undefined;
  if (!address.includes('::')) return head.length === BYTES ? new Uint8Array(head) : undefined;
  if (tail === undefined || head.length + tail.length > BYTES - 2) return undefined;
  const gap = Array.from({ length: BYTES - head.length - tail.length }, () => 0);
  return new Uint8Array([...head, ...gap, ...tail]);
}

/** The address in `192.0.2.1:5000` or `[2001:db8::1]:5000`. */
export function ipOfEndpoint(endpoint: string): Uint8Array | undefined {
  const bracketed = /^\[([^\]]*)\]/.exec(endpoint)?.[1];
  return parseIp(bracketed ?? endpoint.slice(0, endpoint.lastIndexOf(':')));
}

function isMapped(bytes: Uint8Array): boolean {
  return MAPPED_PREFIX.every((byte, i) => bytes[i] === byte);
}

/** The network of `bits` bits that an address lies in. */
export function networkOf(address: Uint8Array, bits: number): Network {
  const bytes = address.map((byte, i) => {
    const kept = Math.min(8, Math.max(0, bits - 8 * i));
    return byte & (0xff00 >> kept);
  });
  return { bytes, bits };
}

/**
 * `192.0.2.0/24`, `2001:db8::/32`, or an address alone. Undefined if it is neither; bits of a host
 * behind the network's are ignored.
 */
export function parseNetwork(text: string): Network | undefined {
  const [address = '', length, ...more] = text.split('/');
  const ip = parseIp(address);
  if (ip === undefined || more.length > 0) return undefined;
  const isIpv4 = !address.includes(':');
  if (length === undefined) return networkOf(ip, BITS);
  if (!/^\d{1,3}$/.test(length)) return undefined;
  const bits = Number(length) + (isIpv4 ? MAPPED_BITS : 0);
  return bits > BITS ? undefined : networkOf(ip, bits);
}

/** One text for one network, as RFC 5952 writes it but for which of two runs of zeros is cut. */
export function formatNetwork({ bytes, bits }: Network): string {
  if (bits >= MAPPED_BITS && isMapped(bytes)) {
    const address = bytes.subarray(12).join('.');
    return bits === BITS ? address : `${address}/${bits - MAPPED_BITS}`;
  }
  const groups = Array.from({ length: 8 }, (_, i) =>
    (((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0)).toString(16),
  );
  const exact = groups.join(':');
  const zeros = /(?:^|:)0(?::0)+(?=:|$)/.exec(exact);
  const head = exact.slice(0, zeros?.index);
  const tail = exact.slice((zeros?.index ?? 0) + (zeros?.[0].length ?? 0) + 1);
  const full = zeros === null ? exact : `${head}::${tail}`;
  return bits === BITS ? full : `${full}/${bits}`;
}

export function isInNetwork(address: Uint8Array, { bytes, bits }: Network): boolean {
  return networkOf(address, bits).bytes.every((byte, i) => byte === bytes[i]);
}

/** This machine itself: 127.0.0.0/8 or ::1. */
export function isLoopback(address: Uint8Array): boolean {
  if (isMapped(address)) return address[12] === 127;
  return address.every((byte, i) => byte === (i === BYTES - 1 ? 1 : 0));
}

/** What limits count as one place: an IPv4 address, or the /64 of an IPv6 address. */
export function siteOf(address: Uint8Array): string {
  return formatNetwork(networkOf(address, isMapped(address) ? BITS : IPV6_SITE_BITS));
}
