import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { compiled } from '../support/tui/compiled.ts';
import { PtyScreen } from '../support/tui/pty.ts';

// Many processes, one after the other: on a busy machine they take more than tap's 30 s.
t.setTimeout(240_000);

const MAIN = compiled('cli/main.ts');
const FOLDER = mkdtempSync(join(tmpdir(), 'udpchat-spec-'));
t.teardown(() => rmSync(FOLDER, { recursive: true }));

/** Somebody's machine: their keys, and the hosts that they have met. */
function home(name: string): Record<string, string> {
  const folder = join(FOLDER, name);
  const none = { UDPCHAT_NICK: '', UDPCHAT_IDENTITY: '', UDPCHAT_PASSWORD_FILE: '' };
  return { USER: name, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder, ...none };
}

function start(env: Record<string, string>, args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [MAIN, ...args], { env: { ...process.env, ...env } });
}

interface Ended {
  readonly exit: number | null;
  readonly out: string;
  readonly err: string;
}

async function run(env: Record<string, string>, args: string[], input = ''): Promise<Ended> {
  const child = start(env, args);
  let [out, err] = ['', ''];
  child.stdout?.on('data', (chunk) => (out += String(chunk)));
  child.stderr?.on('data', (chunk) => (err += String(chunk)));
  child.stdin?.end(input);
  const [exit] = (await once(child, 'close')) as [number | null];
  return { exit, out, err };
}

/** A headless host; resolves with its port when it is ready. */
async function host(
  t: Test,
  { env = home('host'), port = '0', args = [] }: HostOptions,
): Promise<{ port: string; child: ChildProcess }> {
  const child = start(env, ['host', port, '--headless', '--bind', '127.0.0.1', ...args]);
  t.teardown(() => child.kill('SIGKILL'));
  const ready = new Promise<string>((resolve, reject) => {
    let out = '';
    child.stdout?.on('data', (chunk) => {
      out += String(chunk);
      const [, bound] = /listening on 127\.0\.0\.1:(\d+)/.exec(out) ?? [];
      if (bound !== undefined) resolve(bound);
    });
    child.once('exit', () => reject(new Error(`the host has ended: ${out}`)));
  });
  return { port: await ready, child };
}

interface HostOptions {
  readonly env?: Record<string, string>;
  readonly port?: string;
  readonly args?: readonly string[];
}

/** A file that only its owner can read. */
function secretFile(name: string, text: string): string {
  const path = join(FOLDER, name);
  writeFileSync(path, `${text}\n`, { mode: 0o600 });
  return path;
}

async function keyOf(name: string): Promise<string> {
  const { out } = await run(home(name), ['keys', '--json']);
  const [you = '{}'] = out.split('\n');
  return (JSON.parse(you) as { public: string }).public;
}

t.test('--authorized-keys lets in the keys in the file, and nobody else: exit 4', async (t) => {
  const known = secretFile('known', `# the team\n${await keyOf('ana')} ana@laptop`);
  const { port } = await host(t, { args: ['--authorized-keys', known] });
  const send = ['send', '127.0.0.1', port];
  t.match(await run(home('ana'), send, 'hi\n'), { exit: 0 });
  const bob = await run(home('bob'), send, 'hi\n');
  t.equal(bob.exit, 4);
  t.match(bob.err, /lets only known keys in \(send the key that "udpchat keys" shows/);
  const { out } = await run(home('ana'), ['export', '127.0.0.1', port]);
  t.match(out, /<ana> hi\n$/);
  t.notMatch(out, /bob/);
});

t.test('an invitation in a file, or on stdin, lets one in, who needs none later', async (t) => {
  const { port } = await host(t, { args: ['--invite-only'] });
  const send = ['send', '127.0.0.1', port];
  const alien = await run(home('bob'), send, 'hi\n');
  t.equal(alien.exit, 4);
  t.match(alien.err, /by invitation only \(put yours into a file/);
  const first = await run(home('host'), ['invite', port, '--expires', '1']);
  t.match(first.out, /^udpchat-invitation-\S{51}\n$/, 'nothing else on stdout');
  t.match(first.err, /good once, until \d{4}-\S+Z, for port \d+ of the host with the key SHA256:/);
  const file = secretFile('invitation', first.out.trim());
  t.match(await run(home('bob'), [...send, '--invitation-file', file], 'one\n'), { exit: 0 });
  t.match(await run(home('bob'), send, 'two\n'), { exit: 0 });
  const cy = await run(home('cy'), [...send, '--invitation-file', file], 'mine too\n');
  t.equal(cy.exit, 4);
  t.match(cy.err, /was used; ask for another one/);
  const second = await run(home('host'), ['invite', port]);
  const piped = `${second.out}three\n`;
  t.match(await run(home('cy'), [...send, '--invitation-file', '-'], piped), { exit: 0 });
  const { out } = await run(home('bob'), ['export', '127.0.0.1', port]);
  t.match(out, /<bob> one\n.*<bob> two\n.*<cy> three\n$/s);
});

t.test('an invitation is good once, whatever chats the host has and forgets', async (t) => {
  const args = ['--invite-only', '--ephemeral'];
  const [first, other] = [await host(t, { args }), await host(t, { args })];
  const { port } = first;
  const { out } = await run(home('host'), ['invite', port]);
  const invitation = ['--invitation-file', secretFile('once', out.trim())];
  const enter = (name: string, at: string): Promise<Ended> =>
    run(home(name), ['send', '127.0.0.1', at, ...invitation], 'hi\n');
  t.match(await enter('gus', port), { exit: 0 });
  const elsewhere = await enter('hal', other.port);
  t.equal(elsewhere.exit, 4);
  t.match(elsewhere.err, /invitation is to the chat on port \d+; this one is on \d+/);
  first.child.kill('SIGKILL');
  await once(first.child, 'exit');
  await host(t, { port, args });
  const later = await enter('hal', port);
  t.equal(later.exit, 4);
  t.match(later.err, /from before this host was started; ask for another one/);
  const again = await run(home('host'), ['invite', port]);
  writeFileSync(invitation[1] ?? '', again.out);
  t.match(await enter('hal', port), { exit: 0 });
});

/** Joins on a real terminal, where a secret is asked for. */
async function ask(
  t: Test,
  name: string,
  port: string,
  form: readonly string[] = ['--plain'],
): Promise<PtyScreen> {
  const args = ['join', '127.0.0.1', port, '--nick', name, ...form];
  const screen = new PtyScreen({ args, env: home(name), columns: 120 });
  t.teardown(() => screen.kill());
  return screen;
}

t.test('a password is asked for on a terminal, and nothing of it is shown', async (t) => {
  const { port } = await host(t, { args: ['--password-file', secretFile('door', 'open sesame')] });
  const screen = await ask(t, 'dora', port);
  await screen.waitFor(/this chat has a password\. password for 127\.0\.0\.1:\d+: /);
  t.match(screen.text, /first time at 127\.0\.0\.1:\d+; its key is SHA256:\S{43}/, 'told before');
  screen.enter('guess who');
  await screen.waitFor(/wrong password\. password for/);
  screen.enter('open sesame');
  await screen.waitFor(/connected to #lobby/);
  screen.enter('/quit');
  const raw = await screen.ended();
  t.match(raw, /exit 0\r\n/);
  t.notMatch(raw, /guess who|sesame/);
  t.match(raw, /[^-]echo\b/, 'the terminal shows again what is typed');
});

t.test('the window gives the terminal away to ask, with the key of the host', async (t) => {
  const { port } = await host(t, { args: ['--password-file', secretFile('gate', 'open sesame')] });
  const screen = await ask(t, 'gil', port, []);
  await screen.waitFor(/this chat has a password\. password for 127\.0\.0\.1:\d+: /);
  t.match(screen.text, /first time at 127\.0\.0\.1:\d+; its key is SHA256:\S{43}/);
  screen.enter('guess who');
  await screen.waitFor(/wrong password\. password for/);
  screen.enter('open sesame');
  await screen.waitFor(/1 online/);
  screen.enter('/quit');
  const raw = await screen.ended();
  t.match(raw, /exit 0\r\n/);
  t.notMatch(raw, /guess who|sesame/);
});

t.test('a host that turned somebody away is known to them, and cannot be replaced', async (t) => {
  const door = ['--password-file', secretFile('first', 'open sesame')];
  const guess = ['--password-file', secretFile('guess', 'guess')];
  const first = await host(t, { args: [...door, '--ephemeral'] });
  const { port } = first;
  const enter = ['send', '127.0.0.1', port, ...guess];
  const turnedAway = await run(home('ida'), enter, 'hi\n');
  t.equal(turnedAway.exit, 4);
  t.match(turnedAway.err, /first time at .*; its key is SHA256:.*\n.*wrong password/);
  first.child.kill('SIGKILL');
  await once(first.child, 'exit');
  await host(t, { env: home('impostor'), port, args: ['--ephemeral'] });
  const replaced = await run(home('ida'), enter, 'hi\n');
  t.equal(replaced.exit, 4);
  t.match(replaced.err, /has changed: not connected/);
});

t.test('a host without encryption says so, and names no key that it does not prove', async (t) => {
  const child = start(home('host'), ['host', '0', '--headless', '--plaintext', '--ephemeral']);
  t.teardown(() => child.kill('SIGKILL'));
  const [line] = (await once(child.stdout ?? child, 'data')) as [Buffer];
  t.match(String(line), /; NOT ENCRYPTED; join with: udpchat \S+ \d+ --plaintext\n/);
  t.notMatch(String(line), /SHA256/);
});

t.test('so is an invitation', async (t) => {
  const { port } = await host(t, { args: ['--invite-only'] });
  const { out } = await run(home('host'), ['invite', port]);
  const screen = await ask(t, 'emil', port);
  await screen.waitFor(/by invitation only\. invitation for 127\.0\.0\.1:\d+: /);
  screen.enter(out.trim());
  await screen.waitFor(/connected to #lobby/);
  screen.enter('/quit');
  const raw = await screen.ended();
  t.match(raw, /exit 0\r\n/);
  t.notMatch(raw, /udpchat-invitation-/);
});

t.test('a host that comes back with another key is told of in full: exit 4', async (t) => {
  const first = await host(t, { args: ['--ephemeral'] });
  const { port } = first;
  const tail = start(home('fred'), ['tail', '127.0.0.1', port]);
  t.teardown(() => tail.kill('SIGKILL'));
  let err = '';
  tail.stderr?.on('data', (chunk) => (err += String(chunk)));
  const isIn = run(home('fred'), ['send', '127.0.0.1', port], 'are you there?\n');
  await once(tail.stdout ?? tail, 'data');
  t.match(await isIn, { exit: 0 });
  first.child.kill('SIGKILL');
  await once(first.child, 'exit');
  await host(t, { env: home('impostor'), port, args: ['--ephemeral'] });
  const [exit] = (await once(tail, 'close')) as [number | null];
  t.equal(exit, 4);
  t.match(err, /the key of 127\.0\.0\.1:\d+ has changed: not connected/);
  t.match(err, /it was {2}SHA256:\S{43} .*known_hosts, line \d+/);
  t.match(err, /it is {3}SHA256:\S{43}/);
  t.match(err, /udpchat trust --replace 127\.0\.0\.1:\d+/);
});
