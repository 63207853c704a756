import t from 'tap';
import { CliError, closedError, formatError } from '../../cli/errors.ts';
import { formatLogLine } from '../../cli/log-line.ts';
import { formatRecord, formatText } from '../../cli/records.ts';
import { decodeServerRecord, encodeServerRecord } from '../../lib/chat/codec.ts';
import type { ClientEvent, ServerEvent } from '../../lib/index.ts';
import { HARMFUL, HOSTILE } from '../support/hostile.ts';
import { checkOwn } from '../support/tui/own-sequences.ts';
import { PtyScreen } from '../support/tui/pty.ts';

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
