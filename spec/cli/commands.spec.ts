import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import {
  chmodSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { exitCodeOf, formatError } from '../../cli/errors.ts';
import { run } from '../../cli/run.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const BUILD = `${ROOT}/.tap/spec-cli`;
const MAIN = `${BUILD}/cli/main.js`;

// Many processes, one after the other: on a busy machine they take more than tap's 30 s.
t.setTimeout(240_000);

// Compiled once: to do it anew for each run takes most of a minute.
const compiler = fileURLToPath(import.meta.resolve('typescript/bin/tsc'));
const emit = ['-p', 'tsconfig.build.json', '--noCheck', '--declaration', 'false'];
execFileSync(process.execPath, [compiler, ...emit, '--outDir', BUILD], { cwd: ROOT });

/** Where keys lie, and the hosts that were met. */
const HOME = mkdtempSync(join(tmpdir(), 'udpchat-spec-'));
t.teardown(() => rmSync(HOME, { recursive: true }));

/** What a host says when it is ready. */
const LISTENING =
  /^listening on 127\.0\.0\.1:\d+; key SHA256:\S{43}; join with: udpchat 127\.0\.0\.1 \d+$/;

/** A run of the command line, off a terminal. */
class Run {
  readonly child: ChildProcess;
  readonly exit: Promise<number | null>;
  out = '';
  err = '';

  constructor(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const own = { USER: 'ana', UDPCHAT_NICK: '', UDPCHAT_IDENTITY: '', XDG_DATA_HOME: HOME };
    this.child = spawn(process.execPath, [MAIN, ...args], {
      env: { ...process.env, ...own, ...env },
    });
    this.child.stdout?.on('data', (chunk) => (this.out += String(chunk)));
    this.child.stderr?.on('data', (chunk) => (this.err += String(chunk)));
    this.exit = once(this.child, 'close').then(([code]) => code as number | null);
  }

  /** How it ended by itself. */
  async end(): Promise<{ exit: number | null; out: string }> {
    const exit = await this.exit;
    return { exit, out: this.out };
  }

  /** Gives it its whole input. */
  input(text: string): this {
    this.child.stdin?.end(text);
    return this;
  }

  /** Resolves when stdout has what `pattern` asks for. */
  async seen(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.out);
      if (match !== null) return match;
      if (this.child.stdout === null) throw new Error('no stdout');
      const more = once(this.child.stdout, 'data').then(() => true);
      const isMore = await Promise.race([more, this.exit.then(() => false)]);
      if (!isMore) throw new Error(`ended without ${pattern}: ${this.out}${this.err}`);
    }
  }

  interrupt(): Promise<number | null> {
    this.child.kill('SIGINT');
    return this.exit;
  }
}

/** A headless host on a free port, interrupted at the end of the test. */
async function startHost(t: Test, ...args: string[]): Promise<{ host: Run; port: string }> {
  const host = new Run(['host', '0', '--headless', '--bind', '127.0.0.1', ...args]);
  t.teardown(() => host.child.kill('SIGKILL'));
  const [, port = ''] = await host.seen(/listening on 127\.0\.0\.1:(\d+)/);
  // The port may have been another host's before; its key is the same, since HOME is.
  await new Run(['trust', '--replace', '127.0.0.1', port]).exit;
  return { host, port };
}

t.test('help and version are data: on stdout, exit 0', async (t) => {
  for (const [args, text] of [
    [[], /udpchat host 5000/],
    [['send', '-h'], /--one(?:.|\n)*130 interrupted/],
    [['--version'], /^\d+\.\d+\.\d+\n$/],
  ] as const) {
    const { exit, out } = await new Run(args).end();
    t.equal(exit, 0);
    t.match(out, text);
  }
});

t.test(
  '--keylog appends keys where only their owner reads; --trace says what it cannot',
  async (t) => {
    const keys = join(HOME, 'chat.keys');
    const trace = join(HOME, 'chat.pcapng');
    const { port } = await startHost(t, '--ephemeral', '--keylog', keys, '--trace', trace);
    const send = (...flags: string[]): Run =>
      new Run(['send', '127.0.0.1', port, ...flags]).input('hi\n');
    t.equal(await send('--trace', join(HOME, 'send.jsonl')).exit, 0);
    t.match(
      readFileSync(join(HOME, 'send.jsonl'), 'utf8'),
      /"type":"trace"(?:.|\n)*\{"type":"end"\}\n$/,
    );
    t.equal(await send().exit, 0);
    t.equal(statSync(keys).mode & 0o077, 0);
    t.equal(statSync(trace).mode & 0o077, 0);
    const lines = readFileSync(keys, 'utf8').trimEnd().split('\n');
    t.equal(lines.length, 4, 'two directions of two connections');
    for (const line of lines) {
      t.match(line, /^UDPCHAT_(?:CLIENT|SERVER)_KEY_0 [\da-f]{24} [\da-f]{88}$/);
    }
    writeFileSync(keys, '', { mode: 0o644 });
    chmodSync(keys, 0o644);
    const open = send('--keylog', keys);
    t.equal(await open.exit, 4);
    t.match(open.err, /can be read by others: keys do not go there \(chmod 600/);
    const lost = send('--trace', join(HOME, 'no', 'where.qlog'));
    t.equal(await lost.exit, 1);
    t.match(lost.err, /^udpchat: cannot write the trace to .*no such file.*\(name a file/);
    const nameless = send('--trace', 'trace.txt');
    t.equal(await nameless.exit, 2);
    t.match(nameless.err, /says no form \(let it end in one of \.pcapng, /);
    if (process.platform !== 'linux') return;
    // A link, for a form is picked by the name's ending.
    symlinkSync('/dev/full', join(HOME, 'full.jsonl'));
    const full = send('--trace', join(HOME, 'full.jsonl'));
    t.equal(await full.exit, 0, 'the chat goes on');
    t.match(full.err, /^udpchat: the trace in .*full\.jsonl ends here: ENOSPC/);
  },
);

t.test('a slip is one line on stderr with a hint, exit 2', async (t) => {
  const slips: readonly (readonly [string[], RegExp])[] = [
    [['lab', 'swep'], /no command "lab swep" \(did you mean sweep\?\)/],
    [['lab', 'moon'], /no command "lab moon" \(there are run, replay, .*load\)/],
    [['hots', '5000'], /no command "hots" \(did you mean host\?/],
    [['tail', 'x', '--jsn'], /no flag --jsn \(did you mean --json\?\)/],
    [['send'], /too few arguments \(usage: udpchat send HOST/],
    [['host', '5000', '--json'], /host has no flag --json/],
    [['host', '70000'], /"70000" is not a port/],
    [['send', '127.0.0.1:1', '2'], /two ports: 1 and 2/],
    [['tail', '127.0.0.1', '--nick', 'a b'], /a nick has no spaces/],
    [['tail', '127.0.0.1', '--nick'], /--nick needs a value/],
    [['send', 'x', '--impair', 'los 30%'], /--impair: .*los/],
    [['send', 'x', '--timeout', 'soon'], /--timeout soon makes no sense/],
  ];
  for (const [args, line] of slips) {
    const error: unknown = await run(args).catch((reason: unknown) => reason);
    t.equal(exitCodeOf(error), 2, args.join(' '));
    t.match(formatError(error), line);
    t.notMatch(formatError(error), /\n/, 'one line');
  }
  const real = new Run(['hots']).input('');
  t.equal(await real.exit, 2);
  t.equal(real.out, '');
  t.match(real.err, /^udpchat: there is no command "hots" \(.*\)\n$/);
});

t.test(
  'send exits 0 once all is accepted; tail shows it as JSON; the log has no text',
  async (t) => {
    const { host, port } = await startHost(t);
    const tail = new Run(['tail', `127.0.0.1:${port}`, '--json']);
    t.teardown(() => tail.child.kill('SIGKILL'));
    await host.seen(/join .*nick=ana/);
    const send = new Run(['send', '127.0.0.1', port]).input('one\r\n\ntwo');
    t.equal(await send.exit, 0, send.err);
    t.equal(send.out + send.err, '', 'silent');
    const block = new Run(['send', '127.0.0.1', port, '--one', '--nick', 'bob']).input('a\nb\n');
    t.equal(await block.exit, 0, block.err);
    await tail.seen(/"bob"[^\n]*\n[^\n]*"bob"[^\n]*\n[^\n]*leave/);
    const records = tail.out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; nick: string; text?: string; at: string });
    t.strictSame(
      records.map(({ type, nick, text }) => [type, nick, text].filter(Boolean)),
      [
        ['join', 'ana-2'],
        ['message', 'ana-2', 'one'],
        ['message', 'ana-2', 'two'],
        ['leave', 'ana-2'],
        ['join', 'bob'],
        ['message', 'bob', 'a\nb'],
        ['leave', 'bob'],
      ],
      'a nick that nobody chose gives way',
    );
    t.match(records[1]?.at, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    t.match(records[1], { room: '#lobby', seq: 1 });
    const stranger = ['--identity', join(HOME, 'stranger'), '--nick', 'ANA'];
    const taken = new Run(['send', '127.0.0.1', port, ...stranger]).input('x');
    t.equal(await taken.exit, 1);
    t.match(taken.err, /the nick ANA is taken \(choose another with --nick\)/);
    const elsewhere = new Run(['send', '127.0.0.1', port, '--room', '#ci']).input('x');
    t.equal(await elsewhere.exit, 0, 'a room is made by joining it');
    t.equal(await tail.interrupt(), 130);
    t.equal(await host.interrupt(), 130);
    const lines = host.out.trimEnd().split('\n');
    t.match(lines[0], LISTENING);
    t.match(lines[1], /^\S+Z join room=#lobby nick=ana address=127\.0\.0\.1:\d+$/);
    t.match(lines[2], /refused .*code=nick-yours/);
    t.match(lines[4], /message room=#lobby seq=1 nick=ana-2 bytes=3/);
    t.equal(host.err, '');
  },
);

t.test('what is sent through 30 % loss is accepted all the same', async (t) => {
  const { port } = await startHost(t, '--impair', 'loss 15% delay 10ms', '--seed', '1');
  const lines = Array.from({ length: 50 }, (_, i) => `line ${i}`);
  const bad = ['--impair', 'loss 15% delay 10ms 5ms', '--seed', '2'];
  const send = new Run(['send', '127.0.0.1', port, ...bad]).input(lines.join('\n'));
  t.equal(await send.exit, 0, send.err);
  t.match(send.err, /impaired: .*--seed 2/);
  const tail = new Run(['tail', '127.0.0.1', port, '--history', '1000']);
  t.teardown(() => tail.child.kill('SIGKILL'));
  await tail.seen(/line 49\n/);
  t.strictSame(tail.out.match(/line \d+/g), lines);
});

t.test('a taken port is exit 1, a dead one exit 3 within the timeout', async (t) => {
  const { port } = await startHost(t);
  const second = new Run(['host', port, '--headless', '--bind', '127.0.0.1']);
  t.equal(await second.exit, 1);
  t.match(second.err, /already in use \(try another port: udpchat host \d+\)/);
  const silent = createSocket('udp4').bind(0, '127.0.0.1');
  await once(silent, 'listening');
  t.teardown(() => silent.close());
  const { port: deaf } = silent.address();
  const unheard = new Run(['send', '127.0.0.1', String(deaf), '--timeout', '0.5']).input('x');
  t.equal(await unheard.exit, 3);
  t.match(unheard.err, /cannot reach 127\.0\.0\.1:\d+: no answer \(/);
  const unknown = new Run(['tail', 'no.such.host.invalid']);
  t.equal(await unknown.exit, 3);
  t.match(unknown.err, /no address is known/);
});

t.test('why lines are not accepted is told once, not with each of them: exit 6', async (t) => {
  const { port } = await startHost(t);
  const long = `${'x'.repeat(20_000)}\n`;
  const send = new Run(['send', '127.0.0.1', port]).input(long.repeat(3));
  t.equal(await send.exit, 6);
  t.equal(send.err.match(/not accepted: a message has at most 16384 bytes/g)?.length, 1);
  t.match(send.err, /3 messages were not delivered/);
});

t.test('lines that a vanished server never accepted are told: exit 6', async (t) => {
  const { host, port } = await startHost(t);
  const send = new Run(['send', '127.0.0.1', port, '--timeout', '1']);
  send.child.stdin?.write('heard\n');
  await host.seen(/message .*nick=ana/);
  host.child.kill('SIGKILL');
  await host.exit;
  send.input('into the void\n');
  t.equal(await send.exit, 6);
  // The answer to the first line may have died with the server.
  t.match(send.err, /(1 message was|2 messages were) not delivered/);
});

t.test('what a host did not accept is kept with --data, and said once the next time', async (t) => {
  const { host, port } = await startHost(t);
  const data = mkdtempSync(join(tmpdir(), 'udpchat-spec-'));
  t.teardown(() => rmSync(data, { recursive: true }));
  const args = ['send', '127.0.0.1', port, '--data', data, '--timeout', '4'];
  const first = new Run(args);
  first.child.stdin?.write('one\n');
  await host.seen(/message room=\S+ seq=1 /);
  const other = new Run(args);
  t.equal(await other.exit, 1);
  t.match(other.err, /another udpchat keeps its messages in .* \(choose another folder/);
  host.child.kill('SIGSTOP');
  t.equal(await first.input('two\nthree\n').exit, 6);
  t.match(first.err, /2 messages were not delivered \(kept, and sent when you are here again/);
  host.child.kill('SIGCONT');
  t.equal(await new Run(args).input('four\n').exit, 0);
  const { out } = await new Run(['export', '127.0.0.1', port, '--json']).end();
  t.strictSame(
    out
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { text: string }).text),
    ['one', 'two', 'three', 'four'],
  );
});

t.test('a host keeps what is said in its folder, and lets no other host at it', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'udpchat-data-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  const first = await startHost(t, '--data', dir);
  const send = new Run(['send', '127.0.0.1', first.port]).input('kept');
  t.equal(await send.exit, 0, send.err);
  const other = new Run(['host', '0', '--headless', '--bind', '127.0.0.1', '--data', dir]);
  t.equal(await other.exit, 1);
  t.match(other.err, /another udpchat is hosting from .* \(choose another folder with --data/);
  first.host.child.kill('SIGKILL');
  await first.host.exit;
  const second = await startHost(t, '--data', dir);
  const tail = new Run(['tail', '127.0.0.1', second.port, '--json']);
  t.teardown(() => tail.child.kill('SIGKILL'));
  await tail.seen(/"seq":1,.*"text":"kept"/);
  t.equal(await second.host.interrupt(), 130);
});

t.test('a room is made by sending to it, and followed or exported from anywhere', async (t) => {
  const { port } = await startHost(t);
  const at = ['127.0.0.1', port, '--room', '#ci'];
  t.equal(await new Run(['send', ...at]).input('one\ntwo\nthree\n').exit, 0);
  const seqs = (out: string): unknown[] =>
    out
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { seq?: number }).seq);
  const all = await new Run(['export', ...at, '--json']).end();
  t.equal(all.exit, 0);
  t.strictSame(seqs(all.out), [1, 2, 3]);
  const tail = new Run(['tail', ...at, '--json', '--since', '1']);
  await tail.seen(/"seq":3/);
  t.equal(await new Run(['send', ...at, '--nick', 'bot']).input('four\n').exit, 0);
  await tail.seen(/"seq":4/);
  await tail.interrupt();
  const shown = seqs(tail.out).filter((seq) => seq !== undefined);
  t.strictSame(shown, [2, 3, 4], 'each once, in order');
  const empty = await new Run(['export', '127.0.0.1', port, '--room', '#empty']).end();
  t.strictSame(empty, { exit: 0, out: '' });
});

t.test('--plain: /goto shows a part of the past, and the present goes on', async (t) => {
  const { port } = await startHost(t);
  const ana = new Run(['join', '127.0.0.1', port, '--nick', 'ana', '--plain']);
  await ana.seen(/connected/);
  const lines = Array.from({ length: 30 }, (_, i) => `line ${i}.`);
  ana.child.stdin?.write(`${lines.join('\n')}\n`);
  await ana.seen(/<ana> line 29\./);
  const before = ana.out.length;
  ana.child.stdin?.write('/goto top\n');
  await ana.seen(/\d+ more after these; \/goto HH:MM leads on/);
  const shown = ana.out.slice(before);
  t.match(shown, /-- \w{3} \w{3} \d+ \d{4}\n[\s\S]*<ana> line 0\.[\s\S]*<ana> line 15\./);
  t.notMatch(shown, /line 25/);
  ana.child.stdin?.write('/goto end\nand on\n');
  await ana.seen(/<ana> and on/);
  t.equal(ana.out.match(/line 0\./g)?.length, 2, 'said, and shown once');
  await ana.interrupt();
});

t.test('whoever hosts has the say; who is banned is out under any nick: exit 5', async (t) => {
  const { port } = await startHost(t);
  const home = mkdtempSync(join(tmpdir(), 'udpchat-spec-'));
  t.teardown(() => rmSync(home, { recursive: true }));
  const stranger = { XDG_DATA_HOME: home };
  const owner = new Run(['join', '127.0.0.1', port, '--nick', 'ana', '--plain']);
  await owner.seen(/connected/);
  const bob = new Run(['tail', '127.0.0.1', port, '--nick', 'bob'], stranger);
  await owner.seen(/bob joined/);
  const other = new Run(['join', '127.0.0.1', port, '--nick', 'bobby', '--plain'], stranger);
  await other.seen(/connected/);
  other.child.stdin?.write('/kick ana mutiny\n');
  await other.seen(/only operators may do that/);
  owner.child.stdin?.write('/ban bob spam\n');
  t.equal(await bob.exit, 5);
  t.match(bob.err, /banned by ana: spam/);
  t.equal(await new Run(['tail', '127.0.0.1', port, '--nick', 'rob'], stranger).exit, 5);
  await owner.interrupt();
  other.child.kill();
  await other.exit;
});
