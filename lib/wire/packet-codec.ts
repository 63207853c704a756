import { ByteReader } from '../base/byte-reader.ts';
import type { ByteWriter } from '../base/byte-writer.ts';
import { crc32c } from '../base/crc32c.ts';
import {
  Flag,
  LONG_CHECKSUM_LENGTH,
  type LongPacket,
  MAX_CONNECTION_ID,
  MAX_TOKEN,
  MIN_INITIAL_DATAGRAM,
  SERVER_ID_LENGTH,
  type ShortHeader,
  type UnknownVersionPacket,
} from './packet.ts';
import { isKnownVersion, VERSION_NEGOTIATION } from './version.ts';

/** Why bytes are not a packet; each is counted by the endpoint under this name. */
export type PacketError = 'truncated' | 'malformed' | 'checksum';

/** Versions that a version negotiation packet lists at most. */
const MAX_VERSIONS = 16;

const LONG_TYPES = ['initial', 'handshake', 'retry', 'versionNegotiation'] as const;

/** Whether a datagram begins with a long header. Anything else begins with a short one. */
export function isLong(bytes: Uint8Array): boolean {
  return ((bytes[0] ?? 0) & Flag.long) !== 0;
}

/** Writes the header of a protected packet; the payload follows it. */
export function writeShortHeader(
  writer: ByteWriter,
  header: { id: Uint8Array | undefined; keyPhase: 0 | 1; packetNumber: number; length: number },
): void {
  const { id, keyPhase, packetNumber, length } = header;
  const flags =
    Flag.fixed |
    (keyPhase === 1 ? Flag.keyPhase : 0) |
    (id === undefined ? 0 : Flag.hasId) |
    (length - 1);
  writer.uint8(flags);
  if (id !== undefined) writer.bytes(id);
  writer.uint(packetNumber % 2 ** (8 * length), length);
}

/** The header of a protected packet; its payload cannot be read before it is opened. */
export function readShortHeader(bytes: Uint8Array): ShortHeader | PacketError {
  const reader = new ByteReader(bytes);
  const flags = reader.uint8();
  const valid = (flags & (Flag.long | Flag.fixed | Flag.shortReserved)) === Flag.fixed;
  if (bytes.length > 0 && !valid) return 'malformed';
  const id = (flags & Flag.hasId) === 0 ? undefined : reader.bytes(SERVER_ID_LENGTH);
  const packetNumberLength = (flags & Flag.packetNumberLength) + 1;
  const truncatedPacketNumber = reader.uint(packetNumberLength);
  if (reader.failed) return 'truncated';
  return {
    form: 'short',
    keyPhase: (flags & Flag.keyPhase) === 0 ? 0 : 1,
    id,
    packetNumberLength,
    truncatedPacketNumber,
    length: reader.offset,
  };
}

/** Writes a whole long packet, padded if it is an Initial, checksum included. */
export function writeLongPacket(
  writer: ByteWriter,
  packet: Exclude<LongPacket, UnknownVersionPacket>,
): void {
  writer.uint8(Flag.long | Flag.fixed | (LONG_TYPES.indexOf(packet.type) << 4));
  writer.uint32(packet.version);
  writeId(writer, packet.destination);
  writeId(writer, packet.source);
  if (packet.type === 'versionNegotiation') {
    for (const version of packet.versions) writer.uint32(version);
  }
  if (packet.type === 'initial' || packet.type === 'retry') writeBlob(writer, packet.token);
  if (packet.type === 'initial' || packet.type === 'handshake') writeBlob(writer, packet.message);
  if (packet.type === 'initial') {
    const padding = MIN_INITIAL_DATAGRAM - LONG_CHECKSUM_LENGTH - writer.offset;
    if (padding > 0) writer.zeros(padding);
  }
  writer.uint32(crc32c(writer.written(), 0, writer.offset));
}

/** Reads a whole long packet. Its byte strings are views into `bytes`. */
export function readLongPacket(bytes: Uint8Array): LongPacket | PacketError {
  const body = bytes.length - LONG_CHECKSUM_LENGTH;
  if (body < 0) return 'truncated';
  const reader = new ByteReader(bytes.subarray(0, body));
  const flags = reader.uint8();
  if ((flags & (Flag.long | Flag.fixed)) !== (Flag.long | Flag.fixed)) return 'malformed';
  const version = reader.uint32();
  const destination = readId(reader);
  const source = readId(reader);
  if (reader.failed) return 'truncated';
  if (destination === undefined || source === undefined) return 'malformed';
  const base = { form: 'long', version, destination, source } as const;
  if (!isKnownVersion(version) && version !== VERSION_NEGOTIATION) {
    return { ...base, type: 'unknownVersion' };
  }
  if (crc32c(bytes, 0, body) !== new ByteReader(bytes.subarray(body)).uint32()) return 'checksum';
  if ((flags & Flag.longReserved) !== 0) return 'malformed';
  const type = LONG_TYPES[(flags & Flag.longType) >> 4] ?? 'initial';
  if ((type === 'versionNegotiation') !== (version === VERSION_NEGOTIATION)) return 'malformed';
  const packet = readLongBody(reader, base, type);
  if (packet === undefined) return 'malformed';
  return reader.failed || reader.remaining > 0 ? 'malformed' : packet;
}

function readLongBody(
  reader: ByteReader,
  base: Omit<UnknownVersionPacket, 'type'>,
  type: (typeof LONG_TYPES)[number],
): LongPacket | undefined {
  if (type === 'versionNegotiation') {
    const versions: number[] = [];
    while (reader.remaining > 0 && versions.length < MAX_VERSIONS) versions.push(reader.uint32());
    return { ...base, type, versions };
  }
  if (type === 'handshake') return { ...base, type, message: reader.bytes(reader.varint()) };
  const tokenLength = reader.varint();
  if (tokenLength > MAX_TOKEN) return undefined;
  const token = reader.bytes(tokenLength);
  if (type === 'retry') return { ...base, type, token };
  const message = reader.bytes(reader.varint());
  const padded = reader.offset;
  reader.zeros();
  // Canonical: padding exactly up to the minimum, none when the message alone is that long.
  const minimum = Math.max(padded, MIN_INITIAL_DATAGRAM - LONG_CHECKSUM_LENGTH);
  return reader.offset === minimum ? { ...base, type, token, message } : undefined;
}

function writeId(writer: ByteWriter, id: Uint8Array): void {
  writer.uint8(id.length);
  writer.bytes(id);
}

function readId(reader: ByteReader): Uint8Array | undefined {
  const length = reader.uint8();
  return length > MAX_CONNECTION_ID ? undefined : reader.bytes(length);
}

function writeBlob(writer: ByteWriter, bytes: Uint8Array): void {
  writer.varint(bytes.length);
  writer.bytes(bytes);
}
