import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { compiled } from '../support/tui/compiled.ts';

const HOME = mkdtempSync(join(tmpdir(), 'udpchat-threads-'));
t.teardown(() => rmSync(HOME, { recursive: true }));

/** The command line, off a terminal, with what it has said so far. */
class Run {
  readonly child: ChildProcess;
  readonly exit: Promise<number | null>;
  text = '';

  constructor(t: Test, ...args: readonly string[]) {
    const env = { ...process.env, USER: 'ana', XDG_DATA_HOME: HOME };
    this.child = spawn(process.execPath, [compiled('cli/main.ts'), ...args], { env });
    t.teardown(() => this.child.kill('SIGKILL'));
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on('data', (chunk) => (this.text += String(chunk)));
    }
    this.exit = once(this.child, 'close').then(([code]) => code as number | null);
  }

  async seen(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.text);
      if (match !== null) return match;
      await Promise.race([once(this.child.stdout ?? this.child, 'data'), this.exit]);
    }
  }
}

t.test('a host of two threads takes lines, and stops when it is asked to', async (t) => {
  const host = new Run(t, 'serve', '0', '--bind', '127.0.0.1', '--threads', '2');
  const [, port = ''] = await host.seen(/listening on 127\.0\.0\.1:(\d+)/);
  const send = new Run(t, 'send', '127.0.0.1', port);
  send.child.stdin?.end('one\ntwo\n');
  t.equal(await send.exit, 0, send.text);
  t.match(host.text, /2 .*#lobby|#lobby.*2/);
  host.child.kill('SIGTERM');
  t.equal(await host.exit, 143);
  t.match(host.text, /a second signal stops at once/);
});

t.test('a second signal does not wait for who does not answer', async (t) => {
  const host = new Run(t, 'serve', '0', '--bind', '127.0.0.1', '--threads', '2');
  const [, port = ''] = await host.seen(/listening on 127\.0\.0\.1:(\d+)/);
  const tail = new Run(t, 'tail', '127.0.0.1', port);
  await host.seen(/ana/);
  tail.child.kill('SIGSTOP');
  // Something that is never acknowledged is on its way to it.
  const send = new Run(t, 'send', '127.0.0.1', port, '--nick', 'bob');
  send.child.stdin?.end('hi\n');
  t.equal(await send.exit, 0, send.text);
  const began = performance.now();
  host.child.kill('SIGTERM');
  await host.seen(/a second signal/);
  host.child.kill('SIGTERM');
  t.equal(await host.exit, 143);
  t.ok(performance.now() - began < 2_500, 'well before the three seconds are over');
});

t.test('what threads cannot do is said', async (t) => {
  for (const [args, text] of [
    [['--threads', '0'], /--threads/],
    [['--threads', 'many'], /--threads/],
    [['--threads', '2', '--trace', 'x.jsonl'], /--trace looks into one thread only \(leave --thr/],
  ] as const) {
    const run = new Run(t, 'serve', '0', ...args);
    t.equal(await run.exit, 2);
    t.match(run.text, text);
  }
});
