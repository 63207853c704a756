import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import t from 'tap';
import { SeededRandom } from '../../lib/base/random.ts';
import { toHex, utf8Length } from '../../lib/chat/bytes.ts';
import {
  decodeClientRecords,
  decodeServerRecord,
  decodeServerRecords,
  encodeClientRecord,
  encodeServerRecord,
} from '../../lib/chat/codec.ts';
import { NEWS_MAX, RECORD_BYTES_MAX, USERS_MAX } from '../../lib/chat/config.ts';
import { TokenBucket } from '../../lib/chat/limits.ts';
import { lookalikeKey, nickKey, validateNick, validateRoom } from '../../lib/chat/names.ts';
import { sanitiseLine, sanitiseText } from '../../lib/chat/sanitise.ts';
import {
  CLIENT_RECORDS,
  type ClientRecord,
  ENTRY_KINDS,
  type NewServerRecord,
  ROLES,
  SERVER_RECORDS,
  type ServerRecord,
} from '../../lib/chat/schema.ts';

// FC_SEED replays a failure; fast-check's report names it.
const { FC_SEED = 20260101 } = process.env;
const seed = Number(FC_SEED);
fc.configureGlobal({ seed, numRuns: 500 });

const codePoint = fc.oneof(
  fc.integer({ min: 0, max: 0x10ffff }),
  fc.integer({ min: 0, max: 0xff }),
  fc.constantFrom(
    0x200d,
    0x200c,
    0x300,
    0x301,
    0x0a,
    0x1f468,
    0xfe0f,
    0xd800,
    0xdc00,
    0x94d,
    0x915,
  ),
);
const wild = fc
  .array(codePoint, { maxLength: 80 })
  .map((points) => points.map((point) => String.fromCodePoint(point)).join(''));

/** All that may move a cursor, hide or turn text around. */
const HARMFUL = /[\u2028-\u202e\u2066-\u2069\u061c\u200b\u200e\u200f\ufeff]|(?!\n)\p{Cc}|\p{Cs}/u;

t.test('the sanitiser makes any text harmless', async (t) => {
  t.test('leaves nothing harmful in, and is idempotent and bounded', async () => {
    fc.assert(
      fc.property(wild, fc.integer({ min: 1, max: 100 }), (text, units) => {
        for (const sanitise of [sanitiseText, sanitiseLine]) {
          const clean = sanitise(text, units);
          if (HARMFUL.test(clean)) throw new Error('harmful');
          if (/\p{M}{9}/u.test(clean)) throw new Error('too many marks');
          if (clean.length > units) throw new Error('too long');
          if (sanitise(clean, units) !== clean) throw new Error('not idempotent');
        }
        if (sanitiseLine(text).includes('\n')) throw new Error('a line has no line feed');
      }),
    );
  });

  const cases: readonly (readonly [string, string, string])[] = [
    ['shows escapes', 'a\u001b[2J\r\u007f', 'a\u241b[2J\u240d\u2421'],
    ['replaces C1 and lone surrogates', '\u009b1m\ud800', '\ufffd1m\ufffd'],
    ['drops bidi controls', 'user\u202etxt.exe\u2069', 'usertxt.exe'],
    ['drops what has no width', 'a\u200bb\ufeffc\u2060d\u00ad', 'abcd'],
    ['drops hidden tags', 'hi\u{e0041}\u{e0042}', 'hi'],
    [
      'keeps emoji sequences',
      '\u{1f469}\u{1f3fd}\u200d\u{1f680} ok',
      '\u{1f469}\u{1f3fd}\u200d\u{1f680} ok',
    ],
    ['keeps joiners inside words', 'می\u200cخواهم', 'می\u200cخواهم'],
    ['drops loose joiners', '\u200da \u200d b\u200c', 'a  b'],
    ['keeps 8 marks of a stack', `a${'\u0301'.repeat(30)}b`, `a${'\u0301'.repeat(8)}b`],
    ['drops marks that would stick to our own text', '\u0301a\n\u0302b', 'a\nb'],
    ['keeps lines, expands tabs', 'a\n\tb', 'a\n    b'],
  ];
  for (const [title, input, output] of cases) {
    t.equal(sanitiseText(input), output, title);
  }
  t.equal(sanitiseLine('a\nb'), 'a b');
  t.equal(sanitiseText('ab\u{1f600}', 3), 'ab', 'never half a character');
});

t.test('nicks and rooms', async (t) => {
  const scientist = '\u{1f469}\u200d\u{1f52c}';
  for (const good of ['ana', 'böb', '李', 'o\u0301', scientist, 'a'.repeat(32)]) {
    t.equal(validateNick(good).name, good.normalize('NFC'), good);
  }
  t.equal(validateNick('  ana ').name, 'ana');
  for (const [bad, error] of [
    ['', 'empty'],
    [' \t', 'empty'],
    ['a b', 'bad-character'],
    ['a@b', 'bad-character'],
    ['#a', 'bad-character'],
    ['a:', 'bad-character'],
    ['a\u001bb', 'bad-character'],
    ['a\u202eb', 'bad-character'],
    ['\u3164', 'bad-character'],
    ['a'.repeat(33), 'too-long'],
    ['\u{1f600}'.repeat(17), 'too-long'],
    ['x'.repeat(1_000_000), 'too-long'],
  ]) {
    t.equal(validateNick(bad ?? '').error, error, JSON.stringify(bad?.slice(0, 40)));
  }
  t.equal(validateRoom('#Lobby').name, '#lobby');
  t.equal(validateRoom('lobby').error, 'bad-character');
  t.equal(validateRoom('#').error, 'empty');
  for (const [a, b] of [
    ['Ana', 'aNA'],
    ['straße', 'STRASSE'],
    ['ὈΔΟΣ', 'ὀδος'],
    ['ﬁn', 'fin'],
    ['Å', 'å'],
  ]) {
    t.equal(nickKey(a ?? ''), nickKey(b ?? ''), `${a} is ${b}`);
  }
  t.not(nickKey('ana'), nickKey('anna'));
  fc.assert(
    fc.property(wild, (text) => {
      const { name } = validateNick(text);
      if (name !== undefined && validateNick(name).name !== name) throw new Error('not canonical');
    }),
  );
});

t.test('nicks that pass for one another have one look-alike key', async (t) => {
  for (const [a, b] of [
    ['dog', 'd0g'],
    ['dog', 'D0G'],
    ['paypa', '\u0440\u0430\u0443\u0440\u0430'],
    ['Ian', 'lan'],
    ['bill', 'bi11'],
    ['mark', 'rnark'],
    ['ana', '\u{1d41a}\u{1d427}\u{1d41a}'],
    ['oca', '\u043e\u0441\u0430'],
    ['co', '\u03f2\u03bf'],
  ]) {
    t.equal(lookalikeKey(a ?? ''), lookalikeKey(b ?? ''), `${a} looks like ${b}`);
  }
  for (const [a, b] of [
    ['ana', 'anna'],
    ['bob', 'b\u00f6b'],
    ['ian', 'lan'],
    ['\u674e', '\u5b50'],
    ['ana-2', 'ana-3'],
  ]) {
    t.not(lookalikeKey(a ?? ''), lookalikeKey(b ?? ''), `${a} is not ${b}`);
  }
});

t.test('a nick that pretends is refused with its reason', async (t) => {
  for (const [nick, error] of [
    ['\u0435mily', 'mixed-script'],
    ['p\u03b1ul', 'mixed-script'],
    ['system', 'reserved'],
    ['SYSTEM', 'reserved'],
    ['syst\u212fm', 'reserved'],
    ['Everyone', 'reserved'],
    ['*', 'bad-character'],
    ['--', 'bad-character'],
    ['\u2192', 'bad-character'],
  ] as const) {
    t.equal(validateNick(nick).error, error, nick);
  }
  for (const nick of [
    '\u0435\u043c\u0435\u043b\u044f',
    'ken\u592a',
    '\u03bd\u03af\u03ba\u03bf\u03c2',
    'root',
    'x2',
  ]) {
    t.equal(validateNick(nick).name, nick, nick);
  }
});

t.test('a bucket lets a burst pass, then its rate, and says when', async (t) => {
  const bucket = new TokenBucket(0, { rate: 10, burst: 5 });
  for (let i = 0; i < 5; i++) t.ok(bucket.take(0, 1));
  t.notOk(bucket.take(0, 1));
  const ready = bucket.readyAt(0, 1);
  t.ok(ready > 100 && ready < 100.01);
  t.notOk(bucket.take(99, 1));
  t.ok(bucket.take(ready, 1));
  t.equal(bucket.readyAt(ready, 6), Infinity);
  const random = new SeededRandom(seed);
  let taken = 0;
  for (let now = ready; now < 60_000; now += random.uint32() % 40) if (bucket.take(now, 1)) taken++;
  t.ok(taken <= 605 && taken > 550, `${taken} in a minute`);
});

/** JSON with `{"bytes": hex}` for byte strings, as the vectors have it. */
function toJson(value: unknown): unknown {
  if (value instanceof Uint8Array) return { bytes: toHex(value) };
  if (Array.isArray(value)) return value.map(toJson);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, toJson(inner)]));
}

function fromJson(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(fromJson);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  if (entries.length === 1 && entries[0]?.[0] === 'bytes') return fromHex(String(entries[0][1]));
  return Object.fromEntries(entries.map(([key, inner]) => [key, fromJson(inner)]));
}

function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, 'hex'));
}

interface Vectors {
  readonly valid: readonly { side: 'client' | 'server'; hex: string; record: unknown }[];
  readonly tolerated: readonly { side: 'client' | 'server'; hex: string; record: unknown }[];
  /** Messages of several records. */
  readonly sequences: readonly { side: 'client' | 'server'; hex: string; records: unknown[] }[];
  readonly invalid: readonly {
    why: string;
    side: 'client' | 'server';
    hex: string;
    error: string;
  }[];
}

t.test('the vectors hold in both directions', async (t) => {
  const file = new URL('../protocol/vectors/chat.json', import.meta.url);
  const vectors = JSON.parse(readFileSync(file, 'utf8')) as Vectors;
  const decodeAll = { client: decodeClientRecords, server: decodeServerRecords };
  const single = (side: 'client' | 'server', bytes: Uint8Array) => {
    const [first, ...others] = decodeAll[side](bytes);
    return others.length === 0 && first !== undefined ? first : { error: 'malformed' as const };
  };
  const decode = {
    client: (bytes: Uint8Array) => single('client', bytes),
    server: (bytes: Uint8Array) => single('server', bytes),
  };
  for (const { side, hex, record } of vectors.valid) {
    const wanted = fromJson(record);
    t.strictSame(toJson(decode[side](fromHex(hex)).record), toJson(wanted), `${hex} is read`);
    const bytes =
      side === 'client'
        ? encodeClientRecord(wanted as ClientRecord)
        : encodeServerRecord(wanted as ServerRecord);
    t.equal(toHex(bytes), hex, 'and written');
  }
  for (const { side, hex, record } of vectors.tolerated) {
    t.strictSame(toJson(decode[side](fromHex(hex)).record), record, `${hex} is understood`);
  }
  for (const { side, hex, records } of vectors.sequences) {
    const decoded = decodeAll[side](fromHex(hex));
    t.strictSame(toJson(decoded.map(({ record, error }) => record ?? error)), records, hex);
  }
  for (const { why, side, hex, error } of vectors.invalid) {
    t.equal(decode[side](fromHex(hex)).error, error, why);
  }
  const names = new Set(vectors.valid.map(({ record }) => (record as { type: string }).type));
  for (const name of [...Object.keys(CLIENT_RECORDS), ...Object.keys(SERVER_RECORDS)]) {
    t.ok(names.has(name), `${name} has a vector`);
  }
});

const uint = fc.maxSafeNat();
const line = fc.string({ unit: 'grapheme', maxLength: 40 }).map((text) => sanitiseLine(text));
const text = fc.string({ unit: 'grapheme', maxLength: 200 }).map((raw) => sanitiseText(raw));
const id = fc.uint8Array({ minLength: 8, maxLength: 16 });
const room = line;
const nick = line;
const kind = fc.constantFrom(...ENTRY_KINDS);
const presence = fc.constantFrom('here' as const, 'slow' as const, 'away' as const);
const role = fc.constantFrom(...ROLES);
const reason = line;
const news = fc.array(
  fc.oneof(
    fc.record({ type: fc.constant('join' as const), nick, role }),
    fc.record({ type: fc.constantFrom('leave' as const, 'gone' as const), nick, reason }),
    fc.record({ type: fc.constant('presence' as const), nick, presence, reason }),
    fc.record({ type: fc.constant('renamed' as const), nick, to: nick }),
    fc.record({ type: fc.constant('here' as const), nick, presence, role }),
  ),
  { maxLength: 20 },
);
const users = fc.array(fc.record({ nick, presence, role }), { maxLength: 20 });
const serverRecord: fc.Arbitrary<NewServerRecord> = fc.oneof(
  fc.record({
    type: fc.constant('joined' as const),
    room,
    seq: uint,
    users,
    channel: uint,
    nick,
    topic: line,
    modes: line,
    total: uint,
  }),
  fc.record({ type: fc.constant('news' as const), room, at: uint, total: uint, news }),
  fc.record({ type: fc.constant('accepted' as const), room, id, seq: uint, at: uint }),
  fc.record({
    type: fc.constant('message' as const),
    room,
    seq: uint,
    id,
    nick,
    kind,
    text,
    at: uint,
    ref: uint,
    to: nick,
    edited: uint,
  }),
);

t.test('the codec reads what it writes, and nothing else', async (t) => {
  t.test('gives back what it was given', async () => {
    fc.assert(
      fc.property(serverRecord, (record) => {
        const decoded = decodeServerRecord(encodeServerRecord(record)).record;
        if (JSON.stringify(toJson(decoded)) !== JSON.stringify(toJson(record)))
          throw new Error('differs');
      }),
    );
  });

  t.test('never throws, and reads nothing that it would not write so', async () => {
    const flipped = fc.tuple(serverRecord, fc.nat(), fc.integer({ min: 1, max: 255 }));
    fc.assert(
      fc.property(flipped, ([record, at, mask]) => {
        const bytes = encodeServerRecord(record);
        bytes[at % bytes.length] = (bytes[at % bytes.length] ?? 0) ^ mask;
        decodeClientRecords(bytes);
        decodeServerRecords(bytes);
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void decodeServerRecords(bytes)),
    );
  });

  t.equal(
    decodeServerRecord(new Uint8Array(RECORD_BYTES_MAX).fill(0x81)).error,
    'malformed',
    'depth',
  );
  t.equal(decodeServerRecord(new Uint8Array(RECORD_BYTES_MAX + 1)).error, 'too-large');
  const many = Uint8Array.from([0x99, 0xff, 0xff, ...new Uint8Array(0xffff - 3)]);
  t.equal(decodeServerRecord(many).error, 'malformed', 'number of items');

  const nick = '\u{10ffff}'.repeat(16);
  const full = Array.from({ length: USERS_MAX }, () => ({
    nick,
    presence: 'away' as const,
    role: 'owner' as const,
  }));
  const roster = encodeServerRecord({ type: 'joined', room: '#lobby', seq: 2 ** 50, users: full });
  t.equal(utf8Length(nick), 64);
  t.ok(roster.length < RECORD_BYTES_MAX, 'a full piece of a roster fits a record');
  const one = { type: 'gone', nick, reason: '\u4e00'.repeat(256) } as const;
  const all = Array.from({ length: NEWS_MAX }, () => one);
  const told = { type: 'news', room: '#lobby', at: 2 ** 50, total: 2 ** 50, news: all } as const;
  t.ok(encodeServerRecord(told).length < RECORD_BYTES_MAX, 'so do all the news there may be');
});
