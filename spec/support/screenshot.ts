// `npm run screenshot`: the picture in README.md, captured from a chat of four on real ptys, of
// whom one has a bad line.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { compiled } from './tui/compiled.ts';
import { PtyScreen } from './tui/pty.ts';
import { toSvg } from './tui/svg.ts';

const FILE = fileURLToPath(new URL('../../screenshot.svg', import.meta.url));
const TITLE = 'udpchat in a terminal: a chat over a line that loses a fifth of its packets';
const BAD_LINE = ['--impair', 'loss 20% delay 15ms 5ms', '--seed', '7'];
/** ms between two lines: people write so, and the panel of the link gets its bars. */
const PAUSE = 1100;
const folder = mkdtempSync(join(tmpdir(), 'udpchat-screenshot-'));

function home(name: string): Record<string, string> {
  const own = join(folder, name);
  return { USER: name, XDG_DATA_HOME: own, XDG_CONFIG_HOME: own, UDPCHAT_IDENTITY: '' };
}

async function startHost(): Promise<string> {
  const args = ['host', '0', '--headless', '--ephemeral', '--bind', '127.0.0.1'];
  const child = spawn(process.execPath, [compiled('cli/main.ts'), ...args], {
    env: { ...process.env, ...home('host') },
  });
  process.on('exit', () => child.kill('SIGKILL'));
  return new Promise((resolve) => {
    child.stdout.on('data', (chunk) => {
      const [, port] = /listening on 127\.0\.0\.1:(\d+)/.exec(String(chunk)) ?? [];
      if (port !== undefined) resolve(port);
    });
  });
}

async function enter(nick: string, port: string, more: readonly string[]): Promise<PtyScreen> {
  const args = ['127.0.0.1', port, '--nick', nick, ...more];
  const screen = new PtyScreen({ args, columns: 104, rows: 26, env: home(nick) });
  await screen.waitFor(/connected to #lobby/);
  return screen;
}

console.log('some twenty seconds: people write, and the link panel gets its bars');
const port = await startHost();
const bob = await enter('böb', port, []);
const cleo = await enter('cleo', port, []);
const ming = await enter('王小明', port, []);
const ana = await enter('ana', port, BAD_LINE);
bob.enter('/topic cables, coffee and packet loss');
ana.enter('/clear');
const talk: readonly (readonly [PtyScreen, string, RegExp])[] = [
  [bob, 'morning! who moved the long ethernet cable?', /ethernet cable/],
  [ana, 'behind the rack. i am on 20 % loss, do you see me?', /see me\? +✓/],
  [bob, 'every word 🚀', /every word/],
  [cleo, '/join #dev', /every word/],
  [ming, '我也看到了', /我也看到了/],
  [ana, '/join #dev', /#dev/],
  [ana, '/room #lobby', /┬ #lobby/],
  [cleo, 'ana: could you look at https://example.org/builds/1204 ?', /#dev +1!/],
  [bob, 'and `make check` is green again', /green again/],
  [ana, '/reply 2 nice to read that over this line', /over this line +✓/],
  [cleo, '/room #lobby', /over this line/],
  [cleo, '/react 1 👍', /👍/],
  [bob, 'coffee in five minutes, the usual place', /usual place/],
  [ana, 'on my way', /on my way +✓/],
];
for (const [who, line, wanted] of talk) {
  who.enter(line);
  await ana.waitFor(wanted);
  await sleep(PAUSE);
}
await ana.redraw();
writeFileSync(FILE, toSvg(ana, TITLE));
console.log(`${FILE}:\n${ana.text}`);
for (const screen of [ana, bob, cleo, ming]) screen.kill();
rmSync(folder, { recursive: true, force: true });
process.exit(0);
