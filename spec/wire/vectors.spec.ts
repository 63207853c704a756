import t from 'tap';
import { ByteReader } from '../../lib/base/byte-reader.ts';
import { ByteWriter } from '../../lib/base/byte-writer.ts';
import { plaintext } from '../../lib/crypto/plaintext.ts';
import type { Frame } from '../../lib/wire/frame.ts';
import { ackSize, readFrame, writeFrame } from '../../lib/wire/frame-codec.ts';
import type { LongPacket } from '../../lib/wire/packet.ts';
import {
  readLongPacket,
  readShortHeader,
  writeLongPacket,
  writeShortHeader,
} from '../../lib/wire/packet-codec.ts';
import { decodePacketNumber, packetNumberLength } from '../../lib/wire/packet-number.ts';
import {
  decodeTransportParameters,
  encodeTransportParameters,
  type TransportParameters,
} from '../../lib/wire/transport-parameters.ts';
import { hex, plain, unhex, vectors } from '../support/vectors.ts';

interface Bad {
  bytes: string;
  why: string;
  error?: string;
}

function written(write: (writer: ByteWriter) => void): string {
  const writer = new ByteWriter(new Uint8Array(2048));
  write(writer);
  return hex(writer.written());
}

/** The value that a vector describes: hexadecimal text, where the codec has bytes, made bytes. */
function revive<T>(value: Record<string, unknown>, keys: readonly string[]): T {
  const entries = Object.entries(value).map(([key, item]) => [
    key,
    keys.includes(key) && typeof item === 'string' ? unhex(item) : item,
  ]);
  return Object.fromEntries(entries) as T;
}

t.test('varints read and write as the vectors say, and have no second form', async (t) => {
  const file = vectors<{ valid: { value: number; bytes: string }[]; invalid: Bad[] }>(
    'varint.json',
  );
  for (const { value, bytes } of file.valid) {
    t.equal(new ByteReader(unhex(bytes)).varint(), value);
    t.equal(
      written((writer) => writer.varint(value)),
      bytes,
    );
  }
  for (const { bytes, why } of file.invalid) {
    const reader = new ByteReader(unhex(bytes));
    t.equal(reader.varint(), 0, why);
    t.ok(reader.failed, why);
  }
});

t.test('frames read and write as the vectors say; what is no frame is refused', async (t) => {
  const file = vectors<{
    valid: { frame: Record<string, unknown>; encoded: string }[];
    invalid: Bad[];
  }>('frames.json');
  for (const { frame, encoded } of file.valid) {
    const idKey = frame['type'] === 'newConnectionId' ? ['id'] : [];
    const value = revive<Frame>(frame, ['bytes', 'data', ...idKey]);
    t.equal(
      written((writer) => writeFrame(writer, value)),
      encoded,
    );
    const reader = new ByteReader(unhex(encoded));
    const read = readFrame(reader);
    t.same(read === undefined ? undefined : plain(read), frame);
    t.equal(reader.remaining, 0);
    if (value.type === 'ack') t.equal(ackSize(value), encoded.length / 2);
  }
  for (const { bytes, why } of file.invalid) {
    const reader = new ByteReader(unhex(bytes));
    t.equal(readFrame(reader), undefined, why);
  }
});

t.test('packets read and write as the vectors say; what is none has its error', async (t) => {
  const file = vectors<{
    long: { packet: Record<string, unknown>; encoded: string }[];
    short: {
      header: { id: string | null; keyPhase: 0 | 1; packetNumber: number; length: number };
      encoded: string;
    }[];
    invalidLong: Bad[];
    invalidShort: Bad[];
    unknownVersion: Bad;
  }>('packets.json');
  for (const { packet, encoded } of file.long) {
    const fields = ['destination', 'source', 'token', 'message'];
    const value = revive<Exclude<LongPacket, { type: 'unknownVersion' }>>(packet, fields);
    t.equal(
      written((writer) => writeLongPacket(writer, value)),
      encoded,
    );
    const read = readLongPacket(unhex(encoded));
    t.same(typeof read === 'string' ? read : plain(read), { form: 'long', ...packet });
  }
  for (const { header, encoded } of file.short) {
    const id = header.id === null ? undefined : unhex(header.id);
    t.equal(
      written((writer) => writeShortHeader(writer, { ...header, id })),
      encoded,
    );
    const read = readShortHeader(unhex(encoded));
    t.match(read, {
      keyPhase: header.keyPhase,
      packetNumberLength: header.length,
      truncatedPacketNumber: header.packetNumber % 2 ** (8 * header.length),
      length: encoded.length / 2,
    });
  }
  for (const { bytes, error } of file.invalidLong) t.equal(readLongPacket(unhex(bytes)), error);
  for (const { bytes, error } of file.invalidShort) t.equal(readShortHeader(unhex(bytes)), error);
  t.match(readLongPacket(unhex(file.unknownVersion.bytes)), { type: 'unknownVersion' });
});

t.test('packet numbers are truncated and restored as RFC 9000 shows', async (t) => {
  const file = vectors<{
    encode: { number: number; largestAcked: number; length: number }[];
    decode: { truncated: number; length: number; largest: number; number: number }[];
  }>('packet-numbers.json');
  for (const { number, largestAcked, length } of file.encode) {
    t.equal(packetNumberLength(number, largestAcked), length);
  }
  for (const { truncated, length, largest, number } of file.decode) {
    t.equal(decodePacketNumber(truncated, length, largest), number);
  }
});

t.test('transport parameters read and write as the vectors say', async (t) => {
  const file = vectors<{
    valid: { parameters: Record<string, unknown>; encoded: string }[];
    alsoValid: { parameters: Record<string, unknown>; bytes: string }[];
    invalid: Bad[];
  }>('parameters.json');
  const read = (bytes: string) => {
    const value = decodeTransportParameters(unhex(bytes));
    return value && plain(value);
  };
  for (const { parameters, encoded } of file.valid) {
    const value = revive<TransportParameters>(parameters, ['statelessResetToken']);
    t.equal(hex(encodeTransportParameters(value)), encoded);
    t.same(read(encoded), parameters);
  }
  for (const { parameters, bytes } of file.alsoValid) t.same(read(bytes), parameters);
  for (const { bytes, why } of file.invalid) {
    t.equal(decodeTransportParameters(unhex(bytes)), undefined, why);
  }
});

t.test('plaintext packets seal and open as the vectors say, and break when touched', async (t) => {
  const file = vectors<{
    clientId: string;
    serverId: string;
    packets: { number: number; header: string; payload: string; sealed: string }[];
  }>('plaintext.json');
  const ids = { client: unhex(file.clientId), server: unhex(file.serverId) };
  const message = new Uint8Array([0x50]);
  const protection = plaintext.respond(new Uint8Array(0)).read(message, ids)?.result?.protection;
  for (const { number, header, payload, sealed } of file.packets) {
    const headerLength = header.length / 2;
    const packet = new Uint8Array(sealed.length / 2);
    packet.set(unhex(header + payload));
    protection?.seal(packet, headerLength, packet.length - 4, number);
    t.equal(hex(packet), sealed);
    const opened = protection?.open(unhex(sealed), headerLength, number);
    t.equal(opened === undefined ? '' : hex(opened), payload);
    t.equal(protection?.open(unhex(sealed), headerLength, number + 1), undefined);
    for (let bit = 0; bit < packet.length * 8; bit++) {
      const flipped = unhex(sealed);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      if (protection?.open(flipped, headerLength, number) !== undefined) t.fail(`bit ${bit}`);
    }
  }
});
