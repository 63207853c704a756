import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import t from 'tap';
import { ChatClient, ChatServer, type ClientEvent } from '../lib/index.ts';

const execute = promisify(execFile);
const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const example = (name: string): string => at(`../dist/examples/${name}.js`);

t.before(async () => {
  await execute(process.execPath, [at('support/ensure.mjs')]);
});

t.test('the run loop of a sans-IO core carries a call and its answer, and ends', async (t) => {
  const { stdout } = await execute(process.execPath, [example('run-loop')], { timeout: 20_000 });
  t.equal(stdout, 'HELLO\n');
});

t.test('the lossy link brings every message back, in order, and ends', async (t) => {
  const { stdout } = await execute(process.execPath, [example('lossy-link')], { timeout: 60_000 });
  const lines = stdout.trim().split('\n');
  t.same(
    lines.slice(0, 20),
    Array.from({ length: 20 }, (_, i) => `message ${i + 1} came back`),
  );
  t.match(lines[20], /^lost \d+ % out, \d+ % in; rtt \d+ ms$/);
});

t.test('the echo bot answers who calls it, aloud and in private', async (t) => {
  const server = new ChatServer();
  const { port } = await server.listen({ port: 0, address: '127.0.0.1' });
  const bot = spawn(process.execPath, [example('echo-bot'), '127.0.0.1', `${port}`, 'parrot']);
  t.teardown(async () => {
    bot.kill('SIGKILL');
    await server.close();
  });
  const [line] = await once(createInterface(bot.stdout), 'line');
  t.equal(line, 'here as parrot');

  const ana = new ChatClient({ host: '127.0.0.1', port, nick: 'ana' });
  const answers: string[] = [];
  const answered = new Promise<void>((resolve) => {
    ana.on('event', (event: ClientEvent) => {
      if (event.type === 'welcome') ana.post('#lobby', 'parrot: pretty bird');
      if (event.type !== 'message' || event.nick !== 'parrot') return;
      answers.push(`${event.room} ${event.text}`);
      if (answers.length === 1) ana.direct('parrot', 'psst');
      else resolve();
    });
  });
  await answered;
  t.same(answers, ['#lobby ana: pretty bird', '@parrot psst']);
  ana.quit();
  await ana.closed;
  bot.kill('SIGTERM');
  const [code] = await once(bot, 'exit');
  t.equal(code, 0, 'it leaves when told to');
});

t.test("the README's transport in 15 lines does what it says", async (t) => {
  const readme = await readFile(at('../README.md'), 'utf8');
  const code = /```js\n(.*?)```/s.exec(readme)?.[1] ?? '';
  t.ok(code.trim().split('\n').length <= 17, 'it is that short');
  const args = ['--input-type=module', '--eval', code];
  const { stdout } = await execute(process.execPath, args, { cwd: at('..'), timeout: 20_000 });
  t.equal(stdout, 'hello true\n');
});
