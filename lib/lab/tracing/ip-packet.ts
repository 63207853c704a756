import { parseIp } from '../../base/ip.ts';
import type { Address } from '../../transport/machine.ts';

const IPV4_HEADER = 20;
const IPV6_HEADER = 40;
const UDP_HEADER = 8;
const UDP_PROTOCOL = 17;
/** Routers that a packet may pass, as Linux sends it. */
const HOP_LIMIT = 64;
const DONT_FRAGMENT = 0x4000;
/** Where the IPv4 address is in the 16 bytes of a mapped one. */
const MAPPED_LENGTH = 12;

/** IP and UDP headers around a datagram, as they were on the wire or would have been. */
export function ipPacket(from: Address, to: Address, datagram: Uint8Array): Uint8Array {
  const isIpv6 = from.address.includes(':') || to.address.includes(':');
  const header = isIpv6 ? IPV6_HEADER : IPV4_HEADER;
  const udpLength = UDP_HEADER + datagram.length;
  const packet = new Uint8Array(header + udpLength);
  const view = new DataView(packet.buffer);
  const addresses = isIpv6
    ? writeIpv6(packet, view, { from, to, udpLength })
    : writeIpv4(packet, view, { from, to, udpLength });
  view.setUint16(header, from.port);
  view.setUint16(header + 2, to.port);
  view.setUint16(header + 4, udpLength);
  packet.set(datagram, header + UDP_HEADER);
  const pseudo = sum(packet, addresses.start, addresses.end, UDP_PROTOCOL + udpLength);
  const checksum = fold(sum(packet, header, packet.length, pseudo));
  // 0 says that there is none (RFC 768).
  view.setUint16(header + 6, checksum === 0 ? 0xffff : checksum);
  return packet;
}

interface Ends {
  readonly from: Address;
  readonly to: Address;
  readonly udpLength: number;
}

/** Where the addresses are: the UDP checksum covers them too. */
interface Span {
  readonly start: number;
  readonly end: number;
}

function writeIpv4(packet: Uint8Array, view: DataView, { from, to, udpLength }: Ends): Span {
  view.setUint16(0, 0x4500);
  view.setUint16(2, IPV4_HEADER + udpLength);
  view.setUint16(6, DONT_FRAGMENT);
  view.setUint16(8, (HOP_LIMIT << 8) | UDP_PROTOCOL);
  packet.set(ipOf(from).subarray(MAPPED_LENGTH), 12);
  packet.set(ipOf(to).subarray(MAPPED_LENGTH), 16);
  view.setUint16(10, fold(sum(packet, 0, IPV4_HEADER, 0)));
  return { start: 12, end: IPV4_HEADER };
}

function writeIpv6(packet: Uint8Array, view: DataView, { from, to, udpLength }: Ends): Span {
  view.setUint32(0, 0x6000_0000);
  view.setUint16(4, udpLength);
  view.setUint16(6, (UDP_PROTOCOL << 8) | HOP_LIMIT);
  packet.set(ipOf(from), 8);
  packet.set(ipOf(to), 24);
  return { start: 8, end: IPV6_HEADER };
}

/** 16 bytes; all 0 for what is no address. */
function ipOf({ address }: Address): Uint8Array {
  return parseIp(address) ?? new Uint8Array(16);
}

/** Sum of 16-bit words (RFC 1071); at most 64 KiB, so a number is wide enough. */
function sum(bytes: Uint8Array, start: number, end: number, initial: number): number {
  let total = initial;
  for (let i = start; i < end; i += 2) {
    total += ((bytes[i] ?? 0) << 8) | (i + 1 < end ? (bytes[i + 1] ?? 0) : 0);
  }
  return total;
}

function fold(total: number): number {
  let word = total;
  while (word > 0xffff) word = (word & 0xffff) + Math.floor(word / 0x1_0000);
  return ~word & 0xffff;
}
