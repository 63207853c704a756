import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { HOSTILE } from '../support/hostile.ts';
import { hostileHost } from '../support/tui/hostile-host.ts';
import { checkOwn, checkPlain } from '../support/tui/own-sequences.ts';
import { PtyScreen } from '../support/tui/pty.ts';

// Real programs on real terminals, one after the other.
t.setTimeout(240_000);

const FOLDER = mkdtempSync(join(tmpdir(), 'udpchat-spec-'));
const host = await hostileHost();
const TARGET = ['127.0.0.1', String(host.address()?.port)];
t.teardown(() => {
  host.close();
  rmSync(FOLDER, { recursive: true });
});

/** A command on a terminal of its own, against a host that says nothing but hostile strings. */
function victim(t: Test, args: readonly string[], rows = 40): PtyScreen {
  const env = { USER: 'ana', XDG_DATA_HOME: FOLDER, UDPCHAT_NICK: '', UDPCHAT_IDENTITY: '' };
  const screen = new PtyScreen({ args, columns: 160, rows, env });
  t.teardown(() => screen.kill());
  return screen;
}

/** Each has a word in it that is shown. */
const FIRST_WORDS = ['esc', 'clear', 'clipboard', 'paste', 'percent'];

t.test('tail, and tail --json', async (t) => {
  for (const more of [[], ['--json'], ['--since', '2h']]) {
    const screen = victim(t, ['tail', ...TARGET, ...more]);
    await screen.waitFor(() => screen.raw.includes(more[0] === '--since' ? 'percent' : 'the end'));
    screen.write('\x03');
    const raw = await screen.ended();
    for (const word of FIRST_WORDS) t.ok(raw.includes(word), word);
    checkPlain(t, raw);
  }
});

t.test('export, whose lines come in pages', async (t) => {
  for (const more of [[], ['--json']]) {
    const raw = await victim(t, ['export', ...TARGET, ...more]).ended();
    for (const word of FIRST_WORDS.slice(0, 4)) t.ok(raw.includes(word), word);
    checkPlain(t, raw);
  }
});

t.test('the chat line by line, with its questions and its answers', async (t) => {
  const screen = victim(t, ['join', ...TARGET, '--plain']);
  await screen.waitFor(() => screen.raw.includes('the end'));
  for (const line of ['/names', '/list', '/topic', '/room', '/urls', '/search esc', 'hello?']) {
    screen.enter(line);
  }
  await screen.waitFor(() => (screen.raw.match(/not sent/g) ?? []).length > 0);
  screen.enter('/quit');
  const raw = await screen.ended();
  for (const word of FIRST_WORDS) t.ok(raw.includes(word), word);
  checkPlain(t, raw);
});

t.test('the window', async (t) => {
  const screen = victim(t, ['join', ...TARGET]);
  await screen.waitFor(/the end/);
  screen.enter('hi all');
  for (const line of ['/names', '/list', '/topic', '/room', '/whois esc']) screen.enter(line);
  await screen.redraw();
  screen.write('\x031');
  await screen.redraw();
  checkOwn(t, screen.raw);
  t.ok(screen.isAlternate, 'still on its own screen');
  screen.enter('/quit');
});

t.test('errors: lines that are refused, and being turned away, put out and cut off', async (t) => {
  const said = victim(t, ['send', ...TARGET, '--timeout', '2']);
  said.enter('hi');
  said.write('\x04');
  const raw = await said.ended();
  t.match(raw, /not accepted: esc/);
  checkPlain(t, raw);
  const some = HOSTILE.flatMap((evil, i) =>
    /^(esc|clip|c1|carr|bidi|tags)/.test(evil) ? [i] : [],
  );
  for (const i of some.slice(0, 6)) {
    for (const fate of ['refused', 'kicked', 'dropped']) {
      const screen = victim(t, ['tail', ...TARGET, '--timeout', '1', '--nick', `${fate}-${i}`]);
      if (fate === 'dropped') {
        await screen.waitFor(() => screen.raw.includes('reconnecting: '));
        screen.write('\x03');
      }
      const end = await screen.ended();
      const [word = ''] = /^\w+/.exec(HOSTILE[i] ?? '') ?? [];
      t.ok(end.includes(word), `${fate}: ${word}`);
      checkPlain(t, end);
    }
  }
});
