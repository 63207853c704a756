import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import t from 'tap';
import { ByteReader } from '../../lib/base/byte-reader.ts';
import { ByteWriter } from '../../lib/base/byte-writer.ts';
import type { Frame } from '../../lib/wire/frame.ts';
import { readFrame, writeFrame } from '../../lib/wire/frame-codec.ts';
import {
  isLong,
  readLongPacket,
  readShortHeader,
  writeLongPacket,
} from '../../lib/wire/packet-codec.ts';
import { decodePacketNumber, packetNumberLength } from '../../lib/wire/packet-number.ts';
import { plain } from '../support/vectors.ts';

const SEED = Number(process.env['SEED'] ?? 20_261_122);
const RUNS = 3_000;

/** Its failure message names the seed and the smallest counterexample. */
const RUN = { seed: SEED, numRuns: RUNS };

function same(read: Frame | undefined, value: Frame): boolean {
  return read !== undefined && isDeepStrictEqual(plain(read), plain(value));
}

const varint = fc.oneof(fc.nat(63), fc.nat(16_383), fc.nat(2 ** 30 - 1), fc.maxSafeNat());
const blob = (maxLength: number) => fc.uint8Array({ maxLength });

const frame: fc.Arbitrary<Frame> = fc.oneof(
  fc.constant<Frame>({ type: 'ping' }),
  fc.constant<Frame>({ type: 'handshakeDone' }),
  fc.record({
    type: fc.constant('message' as const),
    channel: varint,
    id: varint,
    bytes: blob(200),
  }),
  fc.record({ type: fc.constant('maxData' as const), limit: varint }),
  fc.record({
    type: fc.constant('skip' as const),
    channel: varint,
    id: varint,
    length: fc.nat(1_048_576),
  }),
  fc.record({ type: fc.constant('maxChannelData' as const), channel: varint, limit: varint }),
  fc.record({
    type: fc.constant('close' as const),
    code: varint,
    reason: fc.string({ unit: 'grapheme', maxLength: 10 }),
  }),
  fc
    .record({ bytes: fc.uint8Array({ minLength: 1, maxLength: 100 }), before: fc.nat(1_048_000) })
    .chain(({ bytes, before }) =>
      fc.record({
        type: fc.constant('fragment' as const),
        channel: varint,
        id: varint,
        total: fc.constant(before + bytes.length),
        offset: fc.constant(before),
        bytes: fc.constant(bytes),
      }),
    ),
  fc
    .record({
      delay: varint,
      gaps: fc.array(fc.tuple(fc.nat(100), fc.nat(100)), { minLength: 1, maxLength: 32 }),
    })
    .map(({ delay, gaps }): Frame => {
      let start = 10_000;
      const ranges = gaps.map(([gap, length]) => {
        const end = start - 1 - gap;
        start = end - 1 - length;
        return { start, end };
      });
      return { type: 'ack', delay, ranges };
    }),
);

t.test('any frame that is written reads back the same', async () => {
  fc.assert(
    fc.property(frame, (value) => {
      const writer = new ByteWriter(new Uint8Array(1024));
      writeFrame(writer, value);
      const reader = new ByteReader(writer.written().slice());
      const read = readFrame(reader);
      return reader.remaining === 0 && same(read, value);
    }),
    RUN,
  );
});

t.test('any bytes either are no frame, or are the one encoding of it', async () => {
  const bytes = fc.oneof(
    blob(64),
    fc.tuple(fc.nat(0x0e), blob(40)).map(([type, rest]) => Uint8Array.from([type, ...rest])),
  );
  fc.assert(
    fc.property(bytes, (input) => {
      const reader = new ByteReader(input);
      const read = readFrame(reader);
      if (read === undefined) return true;
      const writer = new ByteWriter(new Uint8Array(1024));
      writeFrame(writer, read);
      return Buffer.from(writer.written()).equals(Buffer.from(input.subarray(0, reader.offset)));
    }),
    RUN,
  );
});

t.test('any bytes as a datagram are an error or a packet, and never throw', async () => {
  fc.assert(
    fc.property(blob(80), fc.boolean(), (input, long) => {
      if (input.length > 0) input[0] = ((input[0] ?? 0) & 0x3f) | (long ? 0xc0 : 0x40);
      const read = isLong(input) ? readLongPacket(input) : readShortHeader(input);
      return typeof read === 'string' || read.form === (long ? 'long' : 'short');
    }),
    RUN,
  );
});

t.test('a bit that flips in a long packet is found, wherever it is', async (t) => {
  const writer = new ByteWriter(new Uint8Array(2048));
  const ids = { destination: new Uint8Array(0), source: new Uint8Array(8).fill(3) };
  const message = new Uint8Array(20).fill(9);
  const token = new Uint8Array(22).fill(1);
  const version = 0x75647001;
  writeLongPacket(writer, { form: 'long', type: 'initial', version, ...ids, token, message });
  const bytes = writer.written();
  const taken: number[] = [];
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = bytes.slice();
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    const read = isLong(flipped) ? readLongPacket(flipped) : 'short';
    if (typeof read !== 'string' && read.type !== 'unknownVersion') taken.push(bit);
  }
  t.same(taken, []);
});

t.test('a packet number survives truncation whatever was acknowledged', async () => {
  fc.assert(
    fc.property(fc.nat(2 ** 30), fc.nat(100_000), fc.nat(100_000), (base, ahead, received) => {
      const number = base + ahead;
      const length = packetNumberLength(number, base - 1);
      const largest = Math.min(base - 1 + received, number - 1);
      return decodePacketNumber(number % 2 ** (8 * length), length, largest) === number;
    }),
    RUN,
  );
});
