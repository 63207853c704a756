import * as fc from 'fast-check';
import t from 'tap';
import {
  ESCAPE_TIMEOUT,
  InputDecoder,
  type InputEvent,
  PASTE_TIMEOUT,
} from '../../../cli/tui/input/decoder.ts';

import { bracketPaste, hasPasteBrackets } from '../../../cli/tui/input/paste.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

function decode(text: string): InputEvent[] {
  const decoder = new InputDecoder();
  const events = decoder.push(0, encode(text));
  return [...events, ...decoder.handleTimeout(decoder.nextTimeout())];
}

/** Events as short strings: text in quotes, chords as they are. */
function brief(events: readonly InputEvent[]): string {
  return events.map(briefOne).join(' ');
}

function briefOne(event: InputEvent): string {
  switch (event.type) {
    case 'chord':
      return event.chord;
    case 'text':
      return `'${event.text}'`;
    case 'paste':
      return `paste ${JSON.stringify(event.text)}`;
    case 'wheel':
      return `wheel-${event.direction}`;
    case 'click':
      return `click ${event.x},${event.y}`;
    case 'cursor':
      return `cursor ${event.row},${event.column}`;
    case 'brackets':
      return 'brackets';
    case 'focus':
      return event.focused ? 'focus' : 'blur';
  }
}

t.test('decoder: keys of all the terminals we know', async (t) => {
  const table: Record<string, string> = {
    'aé中🚀': `'a' 'é' '中' '🚀'`,
    '\x01\x02\t\r\n\x7f\b\0': 'C-a C-b tab enter C-j backspace C-h C-space',
    '\x1b[A\x1bOA\x1b[1;5C\x1b[1;3D': 'up up C-right M-left',
    '\x1b[H\x1b[F\x1b[1~\x1b[4~\x1b[7~\x1b[8~': 'home end home end home end',
    '\x1b[5~\x1b[6~\x1b[3~\x1b[3;5~\x1b[Z': 'pageup pagedown delete C-delete S-tab',
    '\x1bb\x1bf\x1bd\x1b\x7f\x1b\r': 'M-b M-f M-d M-backspace M-enter',
    '\x1bOQ\x1b[12~\x1b[[B\x1b[19~': 'f2 f2 f2 f8',
    '\x1b[97;5u\x1b[13;2u\x1b[27;3;13~\x1b[228u': `C-a S-enter M-enter 'ä'`,
    '\x1b\x1b[D': 'M-left',
    '\x1b[<64;10;5M\x1b[<65;10;5M\x1b[<0;1;1M\x1b[<0;1;1m': 'wheel-up wheel-down click 0,0',
    '\x1b[I\x1b[O': 'focus blur',
    '\x1b[24;80R': 'cursor 24,80',
    '\x1b[?2004;1$y\x1b[?2004;0$y': 'brackets',
    '\x1b': 'escape',
    '\x1b\x1b': 'M-escape',
  };
  for (const [bytes, expected] of Object.entries(table)) {
    t.equal(brief(decode(bytes)), expected, JSON.stringify(bytes));
  }
});

t.test("decoder: a terminal's replies are swallowed, what stands around them is not", async (t) => {
  const replies = [
    '\x1b[?62;4c',
    '\x1b[?2026;2$y',
    '\x1b]11;rgb:00/00/00\x07',
    '\x1b]11;x\x1b\\',
    '\x1bP>|xterm\x1b\\',
  ];
  for (const reply of replies) {
    t.equal(brief(decode(`a${reply}b`)), `'a' 'b'`, JSON.stringify(reply));
  }
  t.equal(brief(decode(`\x1b]${'x'.repeat(10_000)}`)).includes('escape'), false);
});

t.test(
  'a paste without brackets is one, be it two lines; keys that came together are not',
  async (t) => {
    const latin = (text: string): string =>
      Buffer.from(bracketPaste(encode(text)))
        .toString()
        .replaceAll('\x1b', '^');
    for (const pasted of ['a\rb', 'one\rtwo\r', 'é\r\n中\n', 'x\ty\r\rz', '1\r2\r3\r4\r5\r6']) {
      t.equal(latin(pasted), `^[200~${pasted}^[201~`, JSON.stringify(pasted));
    }
    for (const keys of [
      'hi\r',
      '\r',
      '\rhi',
      'hi\r\r',
      'a\x15b\rc',
      'a\r\x1b[Ab',
      'plain',
      'a\x7f\rb',
    ]) {
      t.equal(latin(keys), keys.replaceAll('\x1b', '^'), JSON.stringify(keys));
    }
    t.ok(hasPasteBrackets(encode('x\x1b[200~y')));
    t.notOk(hasPasteBrackets(encode('x[200~y')));
  },
);

t.test('decoder: a paste is one event, whatever it holds', async (t) => {
  t.equal(
    brief(decode('\x1b[200~a\r\nb\x1b[31m\rc\x1b[201~d')),
    `paste "a\\nb\\u001b[31m\\nc" 'd'`,
  );
  const huge = decode(`\x1b[200~${'~'.repeat(3_000_000)}\x1b[201~x`);
  t.equal(huge[0]?.type === 'paste' && huge[0].text.length, 1_048_576, 'bounded');
  t.equal(huge.length, 2);
  const cut = new InputDecoder();
  t.same(cut.push(0, encode('\x1b[200~half')), []);
  t.same(cut.handleTimeout(PASTE_TIMEOUT), [{ type: 'paste', text: 'half' }], 'end mark lost');
});

t.test('decoder: ESC alone is Escape only after the timeout', async (t) => {
  const decoder = new InputDecoder();
  t.same(decoder.push(100, encode('\x1b')), []);
  t.equal(decoder.nextTimeout(), 100 + ESCAPE_TIMEOUT);
  t.same(decoder.handleTimeout(100 + ESCAPE_TIMEOUT - 1), []);
  t.same(decoder.handleTimeout(100 + ESCAPE_TIMEOUT), [{ type: 'chord', chord: 'escape' }]);
  t.equal(decoder.nextTimeout(), Infinity);
});

t.test('decoder: any cut of the bytes gives the same events', async () => {
  const pieces = fc.array(
    fc.oneof(
      fc.constantFrom(
        '\x1b[A',
        '\x1b[1;5C',
        '\x1bOB',
        '\x1bb',
        '\x1b',
        '\x1b[200~',
        '\x1b[201~',
        '\x1b[<64;1;1M',
        '\x1b]0;t\x07',
        '\x1b[?1;2c',
        '中',
        '🚀',
        '\r',
        '\x03',
      ),
      fc.string({ unit: 'binary', maxLength: 5 }),
    ),
    { maxLength: 12 },
  );
  const cuts = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 10 });
  fc.assert(
    fc.property(pieces, cuts, fc.uint8Array({ maxLength: 4 }), (parts, sizes, noise) => {
      const bytes = Uint8Array.of(...encode(parts.join('')), ...noise);
      const whole = new InputDecoder();
      const cut = new InputDecoder();
      const expected = whole.push(0, bytes);
      const actual: InputEvent[] = [];
      for (let at = 0, i = 0; at < bytes.length; i++) {
        const size = sizes[i % sizes.length] ?? 1;
        actual.push(...cut.push(0, bytes.subarray(at, at + size)));
        at += size;
      }
      expected.push(...whole.handleTimeout(1e9));
      actual.push(...cut.handleTimeout(1e9));
      return JSON.stringify(actual) === JSON.stringify(expected);
    }),
    { seed: 21, numRuns: 1000 },
  );
});
