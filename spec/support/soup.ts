import { ByteWriter } from '../../lib/base/byte-writer.ts';
import { crc32c } from '../../lib/base/crc32c.ts';
import { type RandomSource, randomBytes, randomInt } from '../../lib/base/random.ts';

/** Where decoders go wrong: the ends of ranges, and one beyond. */
const EDGES = [
  0,
  1,
  2,
  3,
  31,
  32,
  33,
  63,
  64,
  127,
  128,
  129,
  255,
  256,
  1_000,
  1_001,
  16_383,
  16_384,
  65_535,
  65_536,
  65_537,
  1_048_576,
  1_048_577,
  2 ** 30 - 1,
  2 ** 30,
  2 ** 32,
  2 ** 53 - 2,
  2 ** 53 - 1,
];

/** Bodies of the frames by type: v a varint, b a blob, 8 eight bytes, a the ranges of an ACK. */
const BODIES = [
  '',
  '',
  'va',
  'vvb',
  'vvvvb',
  'v',
  'vv',
  'vv',
  '8',
  '8',
  'vb',
  'v',
  '',
  'vb',
  'vvv',
];

const VERSION = 0x75647001;

/** Bytes that are almost, and often quite, what a decoder expects; the seed decides. */
export class Soup {
  readonly #random: RandomSource;

  constructor(random: RandomSource) {
    this.#random = random;
  }

  /** One to four frames. */
  payload(): Uint8Array {
    const count = 1 + this.#int(4);
    return Uint8Array.from(Array.from({ length: count }, () => this.#frame()).flat());
  }

  /** Transport parameters. */
  parameters(): Uint8Array {
    const keys = this.#oneIn(2) ? [1, 2, 3] : [1, 2, 3, 4];
    const entries = keys.map((key) => this.#parameter(key));
    for (let i = this.#oneIn(3) ? this.#int(34) : 0; i > 0; i--) {
      entries.splice(this.#int(entries.length + 1), 0, this.#parameter(i + this.#int(40)));
    }
    if (this.#oneIn(4)) entries.splice(this.#int(entries.length), 1);
    return Uint8Array.from(entries.flat());
  }

  /** A long packet, its checksum mostly right. */
  longPacket(): Uint8Array {
    const type = this.#int(4);
    const flags = 0xc0 | (type << 4) | (this.#oneIn(20) ? this.#int(64) : 0);
    const known = type === 3 ? 0 : VERSION;
    const version = this.#oneIn(10) ? this.#pick([0, 1, VERSION + 1, VERSION + 2]) : known;
    const head = [flags, ...big(version), ...this.#id(), ...this.#id()];
    const body = [...head, ...this.#longBody(type)];
    const size = this.#oneIn(10) ? this.#pick([1_199, 1_201, 600]) : 1_200;
    while (type === 0 && body.length < size - 4) body.push(0);
    const bytes = Uint8Array.from([...body, 0, 0, 0, 0]);
    if (this.#oneIn(8)) this.damage(bytes);
    if (!this.#oneIn(20)) sealLong(bytes);
    return this.#oneIn(20) ? bytes.subarray(0, this.#int(bytes.length)) : bytes;
  }

  /** A short packet: a header and noise. */
  shortPacket(): Uint8Array {
    const flags = 0x40 | this.#int(64);
    return Uint8Array.from([this.#oneIn(4) ? flags : flags & 0x73, ...this.#noise(12)]);
  }

  /** Flips a bit, sets a byte, or swaps two. */
  damage(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    const at = this.#int(bytes.length);
    const other = this.#int(bytes.length);
    const old = bytes[at] ?? 0;
    switch (this.#int(3)) {
      case 0:
        bytes[at] = old ^ (1 << this.#int(8));
        break;
      case 1:
        bytes[at] = this.#pick([0, 1, 0x3f, 0x40, 0x7f, 0x80, 0xc0, 0xff]);
        break;
      default:
        bytes[at] = bytes[other] ?? 0;
        bytes[other] = old;
    }
  }

  #frame(): number[] {
    if (this.#oneIn(40)) return this.#noise(20);
    const type = this.#oneIn(40) ? this.#int(256) : this.#int(BODIES.length);
    const body = (BODIES[type] ?? '').split('').flatMap((part) => this.#part(part));
    const frame = [type, ...body];
    return this.#oneIn(30) ? frame.slice(0, this.#int(frame.length)) : frame;
  }

  #part(part: string): number[] {
    if (part === 'v') return this.#varint();
    if (part === 'b') return this.#blob();
    if (part === '8') return [...randomBytes(this.#random, 8)];
    const count = this.#oneIn(10) ? this.#int(40) : 1 + this.#int(5);
    const ranges = Array.from({ length: 2 * count }, () => varint(this.#int(20)));
    ranges[0] = this.#varint();
    return [...varint(count), ...ranges.flat()];
  }

  #parameter(key: number): number[] {
    const value = this.#oneIn(6) ? this.#noise(6) : this.#varint();
    return [...varint(key), ...varint(value.length), ...value];
  }

  #longBody(type: number): number[] {
    if (type === 3) {
      const versions = [...randomBytes(this.#random, 4 * this.#int(18))];
      return this.#oneIn(10) ? versions.slice(1) : versions;
    }
    const token = this.#oneIn(10) ? this.#noise(200) : this.#noise(30);
    const message = this.#oneIn(40) ? this.#noise(1_300) : this.#noise(40);
    const body = [
      ...(type === 1 ? [] : [...varint(token.length), ...token]),
      ...(type === 2 ? [] : [...varint(message.length), ...message]),
    ];
    return this.#oneIn(20) ? [...body, 0] : body;
  }

  #id(): number[] {
    const length = this.#oneIn(20) ? this.#int(12) : this.#pick([0, 4, 8]);
    return [length, ...randomBytes(this.#random, length)];
  }

  #blob(): number[] {
    const bytes = this.#oneIn(3) ? text(this.#int(60)) : this.#noise(140);
    return this.#oneIn(40) ? [...this.#varint(), ...bytes] : [...varint(bytes.length), ...bytes];
  }

  /** Now and then longer than it need be, which is an error. */
  #varint(): number[] {
    const value = this.#oneIn(2) ? this.#int(70) : this.#pick(EDGES);
    if (!this.#oneIn(100)) return varint(value);
    return value < 64 ? [0x40, value] : [0xff, ...randomBytes(this.#random, 7)];
  }

  #noise(most: number): number[] {
    return [...randomBytes(this.#random, this.#int(most + 1))];
  }

  #oneIn(count: number): boolean {
    return this.#int(count) === 0;
  }

  #pick(values: readonly number[]): number {
    return values[this.#int(values.length)] ?? 0;
  }

  #int(bound: number): number {
    return randomInt(this.#random, bound);
  }
}

/** Puts the right checksum at the end of a long packet. */
export function sealLong(bytes: Uint8Array): void {
  const end = bytes.length - 4;
  if (end < 0) return;
  new ByteWriter(bytes.subarray(end)).uint32(crc32c(bytes, 0, end));
}

function varint(value: number): number[] {
  const writer = new ByteWriter(new Uint8Array(8));
  writer.varint(value);
  return [...writer.written()];
}

function big(value: number): number[] {
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 0xff);
}

/** UTF-8 with a byte order mark, letters of two to four bytes, and a cut that may split one. */
function text(length: number): number[] {
  const whole = new TextEncoder().encode('\ufeffaäß€漢字 😀'.repeat(4));
  return [...whole.subarray(0, length)];
}
