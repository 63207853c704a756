import { decode, encode, rfc8949EncodeOptions } from 'cborg';
import * as fc from 'fast-check';
import t from 'tap';
import { fromHex, toHex, utf8Length } from '../../lib/chat/bytes.ts';
import { type CborValue, decodeCbor, encodeCbor, writeValue } from '../../lib/chat/cbor.ts';

fc.configureGlobal({ seed: 20260102, endOnFailure: true });

const text = fc.string({ unit: 'grapheme', maxLength: 200 });
const bytes = fc.uint8Array({ maxLength: 300 });
const plain = fc.oneof(fc.maxSafeNat(), fc.nat(300), text, bytes, fc.boolean());
const written = fc.oneof(plain, fc.array(plain, { maxLength: 30 }));
const fraction = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.float({ noNaN: true, noDefaultInfinity: true }),
  fc.integer({ min: -4000, max: 4000 }).map((n) => n / 1024),
);
const read: fc.Arbitrary<unknown> = fc.oneof(
  written,
  fc.maxSafeInteger(),
  fraction.filter((value) => !Number.isInteger(value)),
  fc.constant(null),
  fc
    .array(fc.tuple(fc.oneof(fc.nat(300), text), plain), { maxLength: 10 })
    .map((all) => new Map(all)),
);

/** The verdict of a library that is nobody's relative, on bytes that are one value and no more. */
function accepts(encoded: Uint8Array): boolean {
  const strict = { strict: true, useMaps: true, rejectDuplicateMapKeys: true };
  const no = {
    allowIndefinite: false,
    allowUndefined: false,
    allowInfinity: false,
    allowNaN: false,
  };
  try {
    const value: unknown = decode(encoded, { ...strict, ...no, allowBigInt: false });
    return toHex(encode(value, rfc8949EncodeOptions)) === toHex(encoded);
  } catch {
    return false;
  }
}

/** Numbers of half precision without their leading one: the other library writes those too long. */
function isTiny(encoded: Uint8Array): boolean {
  const { value } = { value: undefined, ...decodeCbor(encoded) };
  if (typeof value === 'number') return Math.abs(value) < 2 ** -14;
  const [first, ...rest] = encoded;
  if (first !== 0xfa || rest.length !== 4) return false;
  return Math.abs(new DataView(encoded.buffer, encoded.byteOffset).getFloat32(1)) < 2 ** -14;
}

t.test('what is written is what another library writes', async () => {
  fc.assert(
    fc.property(written, (value) => {
      const ours = toHex(encodeCbor(() => writeValue(value)));
      const theirs = toHex(encode(value, rfc8949EncodeOptions));
      if (ours !== theirs) throw new Error(`${ours} is not ${theirs}`);
    }),
    { numRuns: 1000 },
  );
});

t.test('what another library writes is read as what it was', async (t) => {
  let count = 0;
  fc.assert(
    fc.property(read, (value) => {
      const result = decodeCbor(encode(value, rfc8949EncodeOptions));
      if (result.error !== undefined) throw new Error(result.error);
      t.strictSame(result.value, value as CborValue);
      count += 1;
    }),
    { numRuns: 300 },
  );
  t.ok(count >= 300);
});

t.test('of damaged bytes both say the same, and neither throws', async () => {
  fc.assert(
    fc.property(read, fc.nat(), fc.nat(255), (value, at, byte) => {
      const damaged = encode(value, rfc8949EncodeOptions).slice();
      damaged[at % damaged.length] = byte;
      const { error } = decodeCbor(damaged);
      if (!isTiny(damaged) && (error === undefined) !== accepts(damaged)) {
        throw new Error(`${toHex(damaged)} is ${error ?? 'accepted'}`);
      }
    }),
    { numRuns: 5000 },
  );
});

t.test('of random bytes both say the same', async () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 12 }), (random) => {
      const { error } = decodeCbor(random);
      if (!isTiny(random) && (error === undefined) !== accepts(random)) {
        throw new Error(`${toHex(random)} is ${error ?? 'accepted'}`);
      }
    }),
    { numRuns: 20_000 },
  );
});

t.test('a value has one encoding: every other one is refused', async (t) => {
  for (const [hex = '', why = ''] of [
    ['1800', 'one byte for what fits none'],
    ['190017', 'two for one'],
    ['1a0000ffff', 'four for two'],
    ['1b00000000ffffffff', 'eight for four'],
    ['f93c00', 'a fraction for an integer'],
    ['fa3f000000', 'single precision for half'],
    ['fb3ff8000000000000', 'double for half'],
    ['f97e00', 'no number'],
    ['9f00ff', 'no length'],
    ['a201000000', 'keys out of order'],
    ['a200000001', 'a key twice'],
    ['c000', 'a tag'],
    ['f7', 'undefined'],
    ['0000', 'two values'],
  ]) {
    t.not(decodeCbor(fromHex(hex)).error, undefined, why);
  }
});

t.test('text counts as many bytes as it has when it is written', async () => {
  const any = fc.oneof(text, fc.string({ unit: 'binary' }), fc.string({ unit: 'binary-ascii' }));
  const halves = fc.array(fc.integer({ min: 0xd700, max: 0xe100 }), { maxLength: 8 });
  const broken = halves.map((units) => String.fromCharCode(...units));
  fc.assert(
    fc.property(fc.oneof(any, broken), (words) => {
      const { length } = new TextEncoder().encode(words);
      if (utf8Length(words) !== length) throw new Error(`${utf8Length(words)}, not ${length}`);
    }),
    { numRuns: 5000 },
  );
});
