import { ByteReader } from '../../lib/base/byte-reader.ts';
import { ByteWriter } from '../../lib/base/byte-writer.ts';
import { randomBytes, randomInt, SeededRandom } from '../../lib/base/random.ts';
import { readFrame, writeFrame } from '../../lib/wire/frame-codec.ts';
import {
  readLongPacket,
  readShortHeader,
  writeLongPacket,
  writeShortHeader,
} from '../../lib/wire/packet-codec.ts';
import {
  decodeTransportParameters,
  encodeTransportParameters,
} from '../../lib/wire/transport-parameters.ts';
import { Soup } from '../support/soup.ts';
import { hex } from '../support/vectors.ts';
import { demand, type Target } from './target.ts';

/** Inputs in one round. */
const INPUTS = 1_000;

const scratch = new Uint8Array(65_536);

/** Writes what was read and compares: of each value there is one encoding (invariant 14). */
function checkSame(bytes: Uint8Array, write: (writer: ByteWriter) => void): void {
  const writer = new ByteWriter(scratch);
  write(writer);
  const again = writer.written();
  const same = again.length === bytes.length && again.every((byte, i) => byte === bytes[i]);
  if (!same) demand(false, `invariant 14: ${hex(bytes)} was read, and written ${hex(again)}`);
}

/** Each gets bytes that end where their buffer doesn't: else reading on would go unnoticed. */
const DECODERS: readonly ((bytes: Uint8Array) => void)[] = [
  (bytes) => {
    const reader = new ByteReader(bytes);
    while (reader.remaining > 0) {
      const from = reader.offset;
      const frame = readFrame(reader);
      if (frame === undefined) return;
      demand(reader.offset > from && reader.offset <= bytes.length, 'a frame of no bytes');
      checkSame(bytes.subarray(from, reader.offset), (writer) => writeFrame(writer, frame));
    }
  },
  (bytes) => {
    const packet = readLongPacket(bytes);
    if (typeof packet === 'string' || packet.type === 'unknownVersion') return;
    checkSame(bytes, (writer) => writeLongPacket(writer, packet));
  },
  (bytes) => {
    const header = readShortHeader(bytes);
    if (typeof header === 'string') return;
    const { truncatedPacketNumber: packetNumber, packetNumberLength: length } = header;
    checkSame(bytes.subarray(0, header.length), (writer) =>
      writeShortHeader(writer, { ...header, packetNumber, length }),
    );
  },
  (bytes) => {
    const parameters = decodeTransportParameters(bytes);
    if (parameters === undefined) return;
    const again = decodeTransportParameters(encodeTransportParameters(parameters));
    demand(JSON.stringify(again) === JSON.stringify(parameters), `parameters ${hex(bytes)}`);
  },
];

/** Soup and noise for every decoder: none throws, reads past the end, or knows two encodings. */
export const decoders: Target = {
  name: 'decoders',
  round(seed) {
    const random = new SeededRandom(seed);
    const soup = new Soup(random);
    const makers = [
      () => soup.payload(),
      () => soup.longPacket(),
      () => soup.shortPacket(),
      () => soup.parameters(),
      () => randomBytes(random, randomInt(random, 40)),
    ];
    for (let i = 0; i < INPUTS; i++) {
      const kind = randomInt(random, makers.length);
      const bytes = makers[kind]?.() ?? new Uint8Array(0);
      for (let damage = randomInt(random, 3); damage > 0; damage--) soup.damage(bytes);
      const padded = new Uint8Array(bytes.length + 16).fill(0xff);
      padded.set(bytes, 8);
      for (const decode of DECODERS) decode(padded.subarray(8, 8 + bytes.length));
    }
    return INPUTS;
  },
};
