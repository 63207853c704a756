import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { compiled } from '../../support/tui/compiled.ts';
import { checkRestored } from '../../support/tui/open.ts';
import { PtyScreen } from '../../support/tui/pty.ts';

// Sixty steps of three processes: on a busy machine they take more than tap's 30 s.
t.setTimeout(240_000);

const FOLDER = mkdtempSync(join(tmpdir(), 'udpchat-session-'));
t.teardown(() => rmSync(FOLDER, { recursive: true, force: true }));

/** Somebody's machine: their keys, their settings, their editor. */
function home(name: string): Record<string, string> {
  const folder = join(FOLDER, name);
  const none = { UDPCHAT_NICK: '', UDPCHAT_IDENTITY: '', UDPCHAT_PASSWORD_FILE: '' };
  const editor = { VISUAL: '', EDITOR: join(FOLDER, 'editor') };
  return { USER: name, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder, ...none, ...editor };
}

/** A headless host that keeps what was said; resolves when it is ready. */
async function host(t: Test, port: string): Promise<{ port: string; child: ChildProcess }> {
  const args = ['host', port, '--headless', '--bind', '127.0.0.1', '--data', join(FOLDER, 'data')];
  const child = spawn(process.execPath, [compiled('cli/main.ts'), ...args], {
    env: { ...process.env, ...home('host') },
  });
  t.teardown(() => child.kill('SIGKILL'));
  const ready = new Promise<string>((resolve, reject) => {
    let out = '';
    child.stdout?.on('data', (chunk) => {
      out += String(chunk);
      const [, bound] = /listening on 127\.0\.0\.1:(\d+)/.exec(out) ?? [];
      if (bound !== undefined) resolve(bound);
    });
    child.stderr?.on('data', (chunk) => (out += String(chunk)));
    child.once('exit', () => reject(new Error(`the host has ended: ${out}`)));
  });
  return { port: await ready, child };
}

async function enter(t: Test, name: string, port: string): Promise<PtyScreen> {
  const args = ['127.0.0.1', port, '--nick', name];
  const screen = new PtyScreen({ args, columns: 100, rows: 30, env: home(name) });
  t.teardown(() => screen.kill());
  await screen.waitFor(/connected to #lobby/);
  return screen;
}

/** What was painted bit by bit is what is painted at once, and all borders are straight. */
async function checkWhole(t: Test, screen: PtyScreen, step: string): Promise<void> {
  let isWhole = false;
  // Something may happen meanwhile, above all to the figures of the link: then it is tried again.
  for (let tries = 0; tries < 5 && !isWhole; tries++) {
    const before = screen.text;
    await screen.redraw();
    isWhole = screen.text === before;
  }
  t.ok(isWhole, `${step}: nothing is left of what was there before`);
  const left = screen.column(0);
  if (left.startsWith('┌')) t.match(left, /^┌│+├│+└$/, `${step}: straight`);
}

/** What somebody does, and what their screen shows then. */
type Step = readonly [who: 'ana' | 'bob', does: string | (() => unknown), wanted: RegExp];

t.test('sixty steps of an evening, on real terminals, with a host that dies', async (t) => {
  writeFileSync(join(FOLDER, 'editor'), '#!/bin/sh\necho "from the editor" > "$1"\n', {
    mode: 0o700,
  });
  const first = await host(t, '0');
  const people = { ana: await enter(t, 'ana', first.port), bob: await enter(t, 'bob', first.port) };
  const { ana } = people;
  const paste = (lines: readonly string[]): string => `\x1b[200~${lines.join('\r')}\x1b[201~`;
  const steps: readonly Step[] = [
    ['ana', '', /● @?~?bob/],
    ['ana', 'hi bob\r', /ana +hi bob +✓/],
    ['bob', '', /ana +hi bob/],
    ['bob', 'hi ana\r', /bob +hi ana +✓/],
    ['ana', '', /bob +hi ana/],
    // the editor
    ['ana', 'helo world', /> helo world/],
    ['ana', '\x1bb\x02\x02l', /> hello world/],
    ['ana', '\x05\x17there', /> hello there/],
    ['ana', '\x19', /> hello thereworld/],
    ['ana', '\x1f', /> hello there +│/],
    ['ana', '\x15', /> +│/],
    ['ana', '\x19\r', /hello there +✓/],
    ['ana', '\x1b[A', /> hello there/],
    ['ana', '\x03', /> +│/],
    ['ana', '\x12hi b', /sent: hi b/],
    ['ana', '\r', /> hi bob/],
    ['ana', '\x03one\x1b\rtwo', /> one +│\n│ {2}two/],
    ['ana', '\r', /one +│[\s\S]*two +✓/],
    ['ana', '\x18\x05', /> from the editor/],
    ['ana', '\r', /from the editor +✓/],
    // paste
    ['ana', paste(['a', 'b', 'c', 'd', 'e', 'f']), /send 6 lines\?/],
    ['ana', '\x05', /> a +│\n│ {2}b/],
    ['ana', '\x03', /> +│/],
    ['ana', paste(Array.from({ length: 9 }, (_, i) => `block ${i}`)), /send 9 lines\?/],
    ['ana', '\x0b', /block 8 +✓/],
    ['bob', '', /block 0[\s\S]*block 8/],
    // completion
    ['ana', 'b\t', /> bob: /],
    ['ana', '\x15/to\t', /> \/topic /],
    ['ana', 'cables and coffee\r', /#lobby · cables and coffee/],
    ['bob', '', /ana set the topic/],
    ['ana', ':rock\t', /> 🚀/],
    ['ana', '\r', /🚀 +✓/],
    ['ana', '/set li\t', /> \/set link/],
    ['ana', '\x15', /> +│/],
    // answering
    ['bob', 'has anyone seen the long cable?\r', /long cable\? +✓/],
    ['ana', '\x1b[1;3A', /r reply · e edit/],
    ['ana', 'r', /> \/reply #\d+ /],
    ['ana', 'behind the rack\r', /╭ bob: has anyone[\s\S]*behind the rack +✓/],
    ['bob', '/react 1 👍\r', /👍 1|👍 {2}1/],
    ['ana', '/edit behind the other rack\r', /behind the other rack \(edited\)/],
    ['bob', '', /other rack \(edited\)/],
    ['ana', '/search rack\r', /1 message has "rack"|"rack":/],
    ['ana', '\x13cable', /search: cable/],
    ['ana', '\x03', /> +│/],
    // rooms
    ['ana', '/join #dev\r', /┬ #dev/],
    ['ana', 'anyone here?\r', /anyone here\? +✓/],
    ['bob', '/join #dev\r', /anyone here\?/],
    ['ana', '\x1b1', /┬ #lobby · cables/],
    ['bob', 'ana: look here\r', /look here +✓/],
    ['ana', '', /#dev +1!/],
    ['ana', '\x1ba', /┬ #dev[\s\S]*look here/],
    // the screen
    ['ana', '\x1b[5~\x1b[5~', /./],
    ['ana', () => ana.resizeTo(60, 20), /┌ #dev/],
    ['ana', () => ana.resizeTo(20, 5), /#dev/],
    ['ana', () => ana.resizeTo(100, 30), /┬ #dev/],
    ['ana', '\x1b[12~', /^(?![\s\S]*┤ *link)[\s\S]*$/],
    ['ana', '\x1a', /> +│/],
  ];
  let count = 0;
  const walk = async (who: 'ana' | 'bob', does: Step[1], wanted: RegExp): Promise<void> => {
    const step = `step ${++count}`;
    if (typeof does === 'string') people[who].write(does);
    else await does();
    await people[who].waitFor(wanted);
    await checkWhole(t, people[who], step);
  };
  for (const [who, does, wanted] of steps) await walk(who, does, wanted);
  // the host dies, and comes back
  first.child.kill('SIGKILL');
  await walk('ana', '', /reconnecting/);
  await walk('ana', 'said in the dark\r', /said in the dark +…/);
  await host(t, first.port);
  await walk('ana', '', /said in the dark +✓/);
  await walk('bob', '', /said in the dark/);
  t.ok(count >= 60, `${count} steps`);
  ana.write('/quit\r');
  await checkRestored(t, ana, 0);
  people.bob.write('\x03\x03');
  await checkRestored(t, people.bob, 0);
});
