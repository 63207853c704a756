import * as fc from 'fast-check';
import t from 'tap';
import { hasRightToLeft, visualOrder } from '../../../cli/tui/text/bidi.ts';
import {
  clusters,
  clusterWidth,
  isPlain,
  pad,
  printable,
  textWidth,
  truncate,
} from '../../../cli/tui/text/clusters.ts';
import { wrap } from '../../../cli/tui/text/wrap.ts';

const family = '👨‍👩‍👧‍👦';
/** Text as people and attackers write it: every kind of cluster, and any code unit. */
const anyText = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'grapheme-ascii', maxLength: 12 }),
      fc.constantFrom(
        ' ',
        '\n',
        '中文',
        family,
        '👍🏽',
        '🇩🇪',
        '❤️',
        '1️⃣',
        'e\u0301',
        'नि',
        '\u0301',
        '\u200d',
        '\x1b[31m',
        '\ud83d',
      ),
      fc.string({ unit: 'binary', maxLength: 4 }),
    ),
    { maxLength: 20 },
  )
  .map((parts) => parts.join(''));
const runs = { seed: 20, numRuns: 500 };

t.test(
  'what is written from right to left stands in the order of reading, in its own columns',
  async (t) => {
    const shown = (text: string): string => visualOrder(clusters(text)).join('');
    const table: Record<string, string> = {
      'abc אבג def': 'abc גבא def',
      'אבג 123 דהו': 'והד 123 גבא',
      'x אב 12:30, גד!': 'x דג ,12:30 בא!',
      '(אב) גד': '(דג (בא',
      'say אב/12 now': 'say 12/בא now',
      'e\u0301 שָׁל x': 'e\u0301 לשָׁ x',
      'plain 12 (ok)': 'plain 12 (ok)',
    };
    for (const [text, expected] of Object.entries(table)) t.equal(shown(text), expected, text);
    t.ok(hasRightToLeft('a א'));
    t.notOk(hasRightToLeft('naïve 中文 🚀'));
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', 'א', 'ب', '1', ' ', '(', '.', '中')), (cells) => {
        t.same(visualOrder(cells).length, cells.length);
      }),
      { seed: 6, numRuns: 200 },
    );
  },
);

t.test('a line of ASCII breaks as one of any clusters does', async () => {
  const spaced = fc.array(fc.constantFrom('a', 'b', ' '), { maxLength: 40 });
  fc.assert(
    fc.property(spaced, fc.integer({ min: 2, max: 12 }), (chars, width) => {
      const text = chars.join('');
      // Cyrillic letters are as wide, and take the other way.
      const other = wrap(text.replaceAll('a', 'а').replaceAll('b', 'б'), width);
      const same = other.map((row) => row.replaceAll('а', 'a').replaceAll('б', 'b'));
      return JSON.stringify(wrap(text, width)) === JSON.stringify(same);
    }),
    { seed: 6, numRuns: 2000 },
  );
});

t.test('clusters are those of UAX 29, whatever stands beside what', async () => {
  const alphabet = fc.constantFrom(
    'a',
    ' ',
    'é',
    '中',
    '한',
    'ᄀ',
    'ᅡ',
    'ᆨ',
    '🚀',
    '👍',
    '🏽',
    '👨',
    '👩',
    '\u200d',
    '\ufe0f',
    '\u20e3',
    '🇩',
    '🇪',
    '\u0301',
    '\u0600',
    '\r',
    '\n',
    'न',
    'म',
    '्',
    '1',
    '↔',
    '❤',
    '©',
    '\ud83d',
    '\u00ad',
  );
  const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });
  fc.assert(
    fc.property(fc.array(alphabet, { maxLength: 12 }), (parts) => {
      const text = parts.join('');
      const wanted = Array.from(segmenter.segment(text), ({ segment }) => segment);
      return clusters(text).join('|') === wanted.join('|');
    }),
    { seed: 28, numRuns: 5000 },
  );
});

t.test('clusters: a person counts what the cursor counts', async (t) => {
  t.same(clusters('añ中'), ['a', 'ñ', '中']);
  t.same(clusters(`e\u0301${family}🇩🇪!`), ['e\u0301', family, '🇩🇪', '!']);
});

t.test(
  'clusters: joined, they are the text again; the fast path agrees with the segmenter',
  async () => {
    const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });
    fc.assert(
      fc.property(anyText, (text) => {
        const slow = Array.from(segmenter.segment(text), (part) => part.segment);
        return JSON.stringify(clusters(text)) === JSON.stringify(slow);
      }),
      runs,
    );
  },
);

t.test('width: wide scripts and emoji take two columns, all else one', async (t) => {
  for (const wide of ['中', 'ｗ', '한', '🚀', '✅', family, '👍🏽', '🇩🇪', '❤️', '1️⃣']) {
    t.equal(clusterWidth(wide), 2, wide);
  }
  for (const narrow of ['a', 'é', 'e\u0301', '●', '─', '…', '1', '©', '✓']) {
    t.equal(clusterWidth(narrow), 1, narrow);
  }
  t.ok(isPlain('a') && isPlain('中') && isPlain('│'));
  t.notOk(isPlain('🚀') || isPlain('e\u0301') || isPlain('❤️'));
});

t.test(
  'printable: a cell holds no control and no mark without a base, and is bounded',
  async (t) => {
    for (const bad of ['\x1b', '\u009b', '\u0301', '\u200d', '\u202e', '\ud83d', '\r\n', '\x7f']) {
      t.equal(printable(bad), '\ufffd', JSON.stringify(bad));
    }
    t.equal(printable(`a${'\u0301'.repeat(500)}`).length, 32);
  },
);

t.test('pad and truncate: exact columns, never half a wide cell', async (t) => {
  t.equal(pad('中文', 5), '中文 ');
  t.equal(truncate('中文字', 4), '中…');
  t.equal(pad('中文字', 4), '中… ');
  t.equal(truncate('abc', 0), '');
  fc.assert(
    fc.property(
      anyText,
      fc.integer({ min: 0, max: 30 }),
      (text, width) => textWidth(pad(text, width)) === width,
    ),
    runs,
  );
});

t.test('wrap: at words, inside long ones, between wide cells', async (t) => {
  t.same(wrap('the quick brown fox', 10), ['the quick ', 'brown fox']);
  t.same(wrap('abcdefghij', 4), ['abcd', 'efgh', 'ij']);
  t.same(wrap('中文字', 4), ['中文', '字']);
  t.same(wrap('a 中文字中文', 6), ['a 中文', '字中文']);
  t.same(wrap('one\n\ntwo', 10), ['one', '', 'two']);
  t.same(wrap('', 10), ['']);
  t.same(wrap('ab中', 3), ['ab', '中']);
});

t.test('wrap: no row is too wide, nothing is lost', async () => {
  fc.assert(
    fc.property(anyText, fc.integer({ min: 2, max: 40 }), (text, width) => {
      const rows = wrap(text, width);
      const fits = rows.every((row) => textWidth(row.replace(/ +$/, '')) <= width);
      return fits && rows.join('') === text.replaceAll('\n', '');
    }),
    runs,
  );
});
