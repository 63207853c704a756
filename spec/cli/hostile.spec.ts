import t, { type Test } from 'tap';
import { CliError, closedError, formatError } from '../../cli/errors.ts';
import { formatLogLine } from '../../cli/log-line.ts';
import { formatRecord, formatText } from '../../cli/records.ts';
import { decodeServerRecord, encodeServerRecord } from '../../lib/chat/codec.ts';
import type { ClientEvent, ServerEvent } from '../../lib/index.ts';
import { HARMFUL, HOSTILE } from '../support/hostile.ts';
import { PtyScreen } from '../support/tui/pty.ts';

/**
 * Every sequence that the window writes: moves, erasures, colours and modes of our own, a title and
 * links without anything to act on in them.
 */
const OWN_SEQUENCE = new RegExp(
  [
    String.raw`\x1b\[[0-9;:]*[ABCDGHJKXdmrtq]`,
    String.raw`\x1b\[[0-9]+ q`,
    String.raw`\x1b\[\?(?:1|7|12|25|1000|1002|1003|1004|1006|1007|1049|2004|2026)[hl]`,
    String.raw`\x1b\[[46][hln]`,
    String.raw`\x1b\](?:0|2);[^\p{Cc}]*(?:\x07|\x1b\\)`,
    String.raw`\x1b\]8;[^;\p{Cc}]*;(?:https?:[\x21-\x7e]*)?(?:\x07|\x1b\\)`,
    String.raw`\x1b\](?:9|777);[^\p{Cc}]*(?:\x07|\x1b\\)`,
    String.raw`\x1b[()][0AB]`,
    String.raw`\x1b[78=>MDE]`,
    String.raw`[\x0e\x0f\x07]`,
  ].join('|'),
  'gu',
);

for (const notify of ['osc9', 'osc777']) {
  t.test(
    `the window writes no sequence that is not its own, with notifications by ${notify}`,
    async (t) => {
      const env = { NOTIFY: notify };
      const screen = new PtyScreen({ program: 'hostile-demo.ts', columns: 120, rows: 40, env });
      t.teardown(() => screen.kill());
      await screen.waitFor(/the end/);
      for (const [keys, shown] of [
        ['t\t', /title/], // the menu of nicks
        ['\x15#\t', /#esc/],
        ['\x15/names\r', /in #lobby:/],
        ['/room\r', /\d {2}#/],
        ['\x13pwned', /search: pwned/],
        ['\x03\x1b2', /^┌.*#/m],
        ['\x1b[1;3A', /r reply/],
        ['\x03\x1b1', /^┌ rooms.*#lobby/m],
      ] as const) {
        screen.write(keys);
        await screen.waitFor(shown);
        await screen.redraw();
      }
      checkOwn(t, screen.raw);
      const notification = notify === 'osc9' ? '\x1b]9;udpchat: ' : '\x1b]777;notify;';
      t.ok(screen.raw.includes(notification), 'it was told to the desktop');
      t.ok(screen.raw.includes('\x1b]2;('), 'and in the title');
      t.ok(screen.isAlternate, 'still on its own screen');
      screen.write('\x03');
      screen.write('\x03');
    },
  );
}

function checkOwn(t: Test, raw: string): void {
  const [window = ''] = raw.split('exit 0');
  const foreign = window.replace(OWN_SEQUENCE, '').replaceAll(/[\r\n\b]/g, '');
  const found =
    /.{0,20}(?:[\p{Cc}\p{Cs}]|[\u202a-\u202e\u2066-\u2069\u061c\u200b\ufeff]).{0,40}/u.exec(
      foreign,
    );
  t.equal(found, null, JSON.stringify(found?.[0]));
  // At its start the window asks the terminal itself how wide some characters are.
  const afterProbe = window.slice(window.indexOf('hi all'));
  for (const payload of ['\x1b]52;', '\x1bP', '\x1b_', '\x1bc', '\x1b[6n', '\x1b[201~', '\x9b']) {
    t.notOk(afterProbe.includes(payload), JSON.stringify(payload));
  }
  for (const command of window.split('\x1b]').slice(1)) {
    const [text = ''] = command.split('\x07').flatMap((part) => part.split('\x1b'));
    if (/^(?:[029]|777);/.test(text)) t.notMatch(text, HARMFUL);
  }
}

t.test('no record, log line, error or JSON has anything in it to act on', async (t) => {
  const at = Date.UTC(2026, 10, 22);
  for (const evil of HOSTILE) {
    const common = { room: evil, nick: evil, at };
    const line = { ...common, seq: 1, id: 'x', own: false, history: false };
    const events: readonly ClientEvent[] = [
      { type: 'message', ...line, kind: 'text', text: evil },
      { type: 'message', ...line, kind: 'action', text: evil },
      { type: 'leave', ...common, reason: evil },
      { type: 'nick', room: evil, from: evil, to: evil, own: false, at },
      { type: 'notice', level: 'error', code: evil, text: evil },
    ];
    for (const event of events) {
      t.notMatch(formatText(event), HARMFUL);
      const json = formatRecord(event) ?? '';
      t.notMatch(json, HARMFUL);
      t.notMatch(json, /\n/);
      const shown = JSON.parse(json) as Record<string, unknown>;
      if (event.type === 'message' && !/\p{Cs}/u.test(evil)) t.equal(shown['text'], evil, 'exact');
    }
    const logged: ServerEvent = { type: 'leave', room: evil, nick: evil, reason: evil, at };
    t.notMatch(formatLogLine(logged), HARMFUL);
    t.notMatch(formatLogLine(logged), /\n/);
    const closed = { type: 'closed', code: 'kicked', reason: evil, undelivered: 0 } as const;
    t.notMatch(formatError(closedError(closed, 'host:5000')), HARMFUL);
    t.notMatch(formatError(new CliError(evil, { exitCode: 1 })), HARMFUL);
  }
});

t.test('what comes in is harmless before anything sees it', async (t) => {
  for (const evil of HOSTILE) {
    const id = new Uint8Array(8);
    const common = { room: evil, nick: evil, at: 1 };
    for (const record of [
      { type: 'message', ...common, seq: 1, id, kind: 'text', text: evil },
      { type: 'leave', ...common, reason: evil },
      { type: 'renamed', ...common, to: evil },
      { type: 'error', code: evil, reason: evil },
      { type: 'refused', code: evil, reason: evil },
      { type: 'rooms', rooms: [{ room: evil, members: 1, topic: evil }], total: 1 },
    ] as const) {
      const bytes = encodeServerRecord(record);
      const { record: read } = decodeServerRecord(bytes);
      if (read === undefined) continue;
      for (const value of Object.values(read)) {
        if (typeof value === 'string') t.notMatch(value, HARMFUL, record.type);
      }
      t.notMatch(JSON.stringify(read).replaceAll('\\n', ''), /\\u00[01]|\\u001b/);
    }
  }
});
