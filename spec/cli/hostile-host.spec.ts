import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { connect } from '../../lib/index.ts';
import { HARMFUL, HOSTILE } from '../support/hostile.ts';
import { sayAll } from '../support/tui/hostile-guest.ts';
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

/** A TCP port that nobody has. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Each has a word in it that is shown. */
const FIRST_WORDS = ['esc', 'clear', 'clipboard', 'paste', 'percent'];

t.test('tail writes nothing that a terminal acts on, nor does it as JSON', async (t) => {
  for (const more of [[], ['--json'], ['--since', '1']]) {
    const screen = victim(t, ['tail', ...TARGET, ...more]);
    const last = more[0] === '--since' ? 'kitty' : 'the end';
    await screen.waitFor(() => screen.raw.includes(last));
    for (const word of FIRST_WORDS.slice(0, 4)) t.ok(screen.raw.includes(word), word);
    checkPlain(t, screen.raw);
  }
});

t.test('nor does export, whose lines come in pages', async (t) => {
  for (const more of [[], ['--json']]) {
    const raw = await victim(t, ['export', ...TARGET, ...more]).ended();
    for (const word of FIRST_WORDS.slice(0, 4)) t.ok(raw.includes(word), word);
    checkPlain(t, raw);
  }
});

t.test('nor does the chat line by line, with questions and their answers', async (t) => {
  const screen = victim(t, ['join', ...TARGET, '--nick', 'ana', '--plain']);
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

t.test('the window writes no sequence that is not its own', async (t) => {
  const screen = victim(t, ['join', ...TARGET, '--nick', 'ana']);
  await screen.waitFor(/the end/);
  screen.enter('hi all');
  for (const line of ['/names', '/list', '/topic', '/room', '/whois esc']) screen.enter(line);
  await screen.redraw();
  screen.write('\x1b1');
  await screen.redraw();
  checkOwn(t, screen.raw);
  t.ok(screen.isAlternate, 'still on its own screen');
  screen.enter('/quit');
});

t.test('nor do errors: lines refused, being turned away, put out and cut off', async (t) => {
  const said = victim(t, ['send', ...TARGET, '--timeout', '2']);
  said.enter('hi');
  said.write('\x04');
  const raw = await said.ended();
  t.match(raw, /not accepted: esc/);
  checkPlain(t, raw);
  const some = HOSTILE.flatMap((evil, i) =>
    /^(esc|clip|c1|carr|bidi|tags)/.test(evil) ? [i] : [],
  );
  for (const i of some.slice(0, 3)) {
    for (const fate of ['refused', 'kicked', 'dropped']) {
      const screen = victim(t, ['tail', ...TARGET, '--timeout', '1', '--nick', `${fate}-${i}`]);
      const isOver = (): boolean => /shell done\r|reconnecting: .*\r/.test(screen.raw);
      await screen.waitFor(isOver);
      const end = screen.raw;
      screen.kill();
      const [word = ''] = /^\w+/.exec(HOSTILE[i] ?? '') ?? [];
      t.ok(end.includes(word), `${fate}: ${word}`);
      checkPlain(t, end);
    }
  }
});

t.test("nor do a host's log and its metrics, when a guest says nothing else", async (t) => {
  for (const form of ['pretty', 'json']) {
    const metrics = `127.0.0.1:${await freePort()}`;
    const args = ['host', '0', '--headless', '--bind', '127.0.0.1', '--log', form];
    const screen = victim(t, [...args, '--metrics', metrics]);
    await screen.waitFor(() => /127\.0\.0\.1:\d+;/.test(screen.raw));
    const [, port = ''] = /listening on 127\.0\.0\.1:(\d+);/.exec(screen.raw) ?? [];
    await sayAll(() => connect({ port: Number(port), host: '127.0.0.1' }));
    await screen.waitFor(() => screen.raw.includes('the end'));
    checkPlain(t, screen.raw);
    for (const word of ['join', 'refused', 'rejected', 'leave']) t.ok(screen.raw.includes(word));
    const text = await (await fetch(`http://${metrics}/metrics`)).text();
    t.match(text, /udpchat_refused_total\{code="nick-invalid"\} \d/);
    t.notMatch(text, HARMFUL);
    t.notOk(
      HOSTILE.some((evil) => text.includes(evil)),
      'no label is of a guest',
    );
    screen.kill();
  }
});
