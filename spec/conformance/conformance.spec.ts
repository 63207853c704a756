import t, { type Test } from 'tap';
import { ByteReader } from '../../lib/base/byte-reader.ts';
import { type RandomSource, randomBytes, randomInt, SeededRandom } from '../../lib/base/random.ts';
import { plaintext } from '../../lib/crypto/plaintext.ts';
import { readFrame } from '../../lib/wire/frame-codec.ts';
import { isLong, readLongPacket, readShortHeader } from '../../lib/wire/packet-codec.ts';
import { decodePacketNumber, packetNumberLength } from '../../lib/wire/packet-number.ts';
import { decodeTransportParameters } from '../../lib/wire/transport-parameters.ts';
import { Soup } from '../support/soup.ts';
import { hex, plain, unhex, vectors } from '../support/vectors.ts';
import { attempt, Cursor } from './cursor.ts';
import * as twin from './twin.ts';

/** Inputs of each kind that both are given. */
const CASES = 20_000;

/** What the library makes of a payload, in the twin's terms. */
function payload(bytes: Uint8Array): unknown[] | undefined {
  const reader = new ByteReader(bytes);
  const frames: unknown[] = [];
  while (reader.remaining > 0) {
    const frame = readFrame(reader);
    if (frame === undefined) return undefined;
    frames.push(plain(frame));
  }
  return frames;
}

function packet(bytes: Uint8Array): Record<string, unknown> | undefined {
  if (isLong(bytes)) {
    const read = readLongPacket(bytes);
    if (typeof read === 'string') return undefined;
    const { form: _, ...rest } = plain(read);
    return rest;
  }
  const read = readShortHeader(bytes);
  if (typeof read === 'string') return undefined;
  const { id, keyPhase, packetNumberLength: length, truncatedPacketNumber: truncated } = read;
  return { id: id === undefined ? null : hex(id), keyPhase, length, truncated };
}

/** Gives both the same input, over and over. Both have to accept some of it and refuse some. */
function compare(
  t: Test,
  { seed, make }: { seed: number; make: (soup: Soup, random: RandomSource) => Uint8Array },
  readers: { library: (bytes: Uint8Array) => unknown; twin: (text: string) => unknown },
): void {
  const random = new SeededRandom(seed);
  const soup = new Soup(random);
  let accepted = 0;
  for (let i = 0; i < CASES; i++) {
    const bytes = make(soup, random);
    const [ours, theirs] = [readers.library(bytes), readers.twin(hex(bytes))];
    if (ours !== undefined) accepted++;
    if (JSON.stringify(sorted(ours)) === JSON.stringify(sorted(theirs))) continue;
    t.same(ours, theirs, `seed ${seed}, case ${i}: ${hex(bytes)}`);
    return;
  }
  const share = accepted / CASES;
  t.ok(share > 0.05 && share < 0.95, `${accepted} of ${CASES} accepted, seed ${seed}`);
}

/** The same with the keys of an object in order, so that text can be compared. */
function sorted(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(sorted);
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, item]) => [key, sorted(item)] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

t.test('the twin reads every vector as it is written, and refuses what is none', async (t) => {
  interface Bad {
    bytes: string;
    why: string;
  }
  const numbers = vectors<{ valid: { value: number; bytes: string }[]; invalid: Bad[] }>(
    'varint.json',
  );
  const varint = (bytes: string) => attempt(() => new Cursor(bytes).varint());
  for (const { value, bytes } of numbers.valid) t.equal(varint(bytes), value);
  for (const { bytes, why } of numbers.invalid) t.equal(varint(bytes), undefined, why);

  const frames = vectors<{ valid: { frame: object; encoded: string }[]; invalid: Bad[] }>(
    'frames.json',
  );
  for (const { frame, encoded } of frames.valid) t.same(twin.readPayload(encoded), [frame]);
  for (const { bytes, why } of frames.invalid) t.equal(twin.readPayload(bytes), undefined, why);

  const packets = vectors<{
    long: { packet: object; encoded: string }[];
    short: { header: { packetNumber: number; length: number }; encoded: string }[];
    invalidLong: Bad[];
    invalidShort: Bad[];
    unknownVersion: Bad;
  }>('packets.json');
  for (const { packet, encoded } of packets.long) t.same(twin.readPacket(encoded), packet);
  for (const { header, encoded } of packets.short) {
    const { packetNumber, ...rest } = header;
    const truncated = packetNumber % 2 ** (8 * header.length);
    t.same(twin.readPacket(encoded), { ...rest, truncated });
  }
  for (const { bytes, why } of [...packets.invalidLong, ...packets.invalidShort]) {
    t.equal(twin.readPacket(bytes), undefined, why);
  }
  t.match(twin.readPacket(packets.unknownVersion.bytes), { type: 'unknownVersion' });
});

t.test('the twin agrees on packet numbers, parameters and tags of the vectors', async (t) => {
  const numbers = vectors<{
    encode: { number: number; largestAcked: number; length: number }[];
    decode: { truncated: number; length: number; largest: number; number: number }[];
  }>('packet-numbers.json');
  for (const { number, largestAcked, length } of numbers.encode) {
    t.equal(twin.packetNumberBytes(number, largestAcked), length);
  }
  for (const { truncated, length, largest, number } of numbers.decode) {
    t.equal(twin.restorePacketNumber(truncated, length, largest), number);
  }

  const parameters = vectors<{
    valid: { parameters: object; encoded: string }[];
    alsoValid: { parameters: object; bytes: string }[];
    invalid: { bytes: string; why: string }[];
  }>('parameters.json');
  for (const item of parameters.valid) {
    t.same(twin.readParameters(item.encoded), item.parameters);
  }
  for (const item of parameters.alsoValid) {
    t.same(twin.readParameters(item.bytes), item.parameters);
  }
  for (const { bytes, why } of parameters.invalid) {
    t.equal(twin.readParameters(bytes), undefined, why);
  }

  const file = vectors<{
    clientId: string;
    serverId: string;
    packets: { number: number; header: string; payload: string; sealed: string }[];
  }>('plaintext.json');
  const ids = { client: file.clientId, server: file.serverId };
  for (const { number, header, payload, sealed } of file.packets) {
    const rest = sealed.slice(header.length);
    t.equal(twin.open({ header, rest, number }, ids), payload);
    t.equal(twin.open({ header, rest, number: number + 1 }, ids), undefined);
  }
});

t.test(`library and twin agree on ${CASES} random payloads, packets and parameters`, async (t) => {
  const noise = (_: Soup, random: RandomSource) => randomBytes(random, randomInt(random, 6));
  const frames = { library: payload, twin: twin.readPayload };
  compare(t, { seed: 1, make: (soup) => soup.payload() }, frames);
  compare(t, { seed: 2, make: noise }, frames);
  const packets = { library: packet, twin: twin.readPacket };
  compare(t, { seed: 3, make: (soup) => soup.longPacket() }, packets);
  compare(t, { seed: 4, make: (soup) => soup.shortPacket() }, packets);
  const library = (bytes: Uint8Array) => {
    const read = decodeTransportParameters(bytes);
    return read && plain(read);
  };
  const parameters = { library, twin: twin.readParameters };
  compare(t, { seed: 5, make: (soup) => soup.parameters() }, parameters);
});

t.test(`library and twin agree on ${CASES} packet numbers and tags`, async (t) => {
  const random = new SeededRandom(6);
  const ids = { client: randomBytes(random, 8), server: randomBytes(random, 4) };
  const handshake = plaintext.respond(new Uint8Array(0));
  const protection = handshake.read(unhex('50'), ids)?.result?.protection;
  if (protection === undefined) throw new Error('the plaintext handshake has changed');
  const text = { client: hex(ids.client), server: hex(ids.server) };
  let differ = 0;
  for (let i = 0; i < CASES; i++) {
    const largest = Math.floor(2 ** (randomInt(random, 520) / 10)) - 2 + randomInt(random, 3);
    const length = 1 + randomInt(random, 4);
    const truncated = randomInt(random, 2 ** (8 * length));
    const number = twin.restorePacketNumber(truncated, length, largest);
    if (decodePacketNumber(truncated, length, largest) !== number) differ++;
    const ahead = 1 + randomInt(random, 2 ** (1 + randomInt(random, 29)));
    if (
      packetNumberLength(largest + ahead, largest) !==
      twin.packetNumberBytes(largest + ahead, largest)
    ) {
      differ++;
    }
    const packet = randomBytes(random, 30);
    protection.seal(packet, 5, 26, number);
    if (randomInt(random, 2) === 0) packet[randomInt(random, 30)] = random.uint32();
    const [header, rest] = [hex(packet.subarray(0, 5)), hex(packet.subarray(5))];
    const theirs = twin.open({ header, rest, number }, text);
    const ours = protection.open(packet, 5, number);
    if ((ours === undefined ? undefined : hex(ours)) !== theirs) differ++;
  }
  t.equal(differ, 0, 'seed 6');
});
