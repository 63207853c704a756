import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import {
  addCounts,
  expectedDeliveries,
  LatencyHistogram,
  type LoadPlan,
  type LoadResult,
  linesDue,
  loadLine,
  loadLineTime,
  loadRoomSize,
  SeenLines,
} from '../../lib/lab/load.ts';
import { parseStat, processCpu } from '../../lib/lab/shell/process-cpu.ts';
import { ChatServer } from '../../lib/server/server.ts';
import { compiled } from '../support/tui/compiled.ts';

const PLAN: LoadPlan = { clients: 10, rooms: 4, rate: 2, seconds: 3, bytes: 64 };

t.test('clients take turns, and each writes rate times seconds lines', async (t) => {
  const at = (elapsed: number): number[] =>
    Array.from({ length: PLAN.clients }, (_, index) => linesDue(PLAN, index, elapsed));
  t.strictSame(at(1), [1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  t.strictSame(at(251), [1, 1, 1, 1, 1, 1, 0, 0, 0, 0]);
  t.strictSame(new Set(at(3000)), new Set([6]));
  t.strictSame(at(1e6), at(3000), 'and no more');
});

t.test('every accepted line is due once to each who is in its room', async (t) => {
  t.strictSame(
    [0, 1, 2, 3].map((room) => loadRoomSize(PLAN, room)),
    [3, 3, 2, 2],
  );
  const counts = addCounts([]);
  const some = { ...counts, accepted: [1, 0, 2, 0] };
  const others = { ...counts, accepted: [1, 0, 0, 5] };
  t.equal(expectedDeliveries(PLAN, addCounts([some, others])), 2 * 3 + 2 * 2 + 5 * 2);
});

t.test('a line carries when it was written; lines of others are not counted', async (t) => {
  const line = loadLine('loadab', 1234.5678, 64);
  t.equal(line.length, 64);
  t.equal(loadLineTime('loadab', line), 1234.568);
  t.equal(loadLineTime('loadcd', line), undefined);
  t.equal(loadLineTime('loadab', 'loadab hello'), undefined);
});

t.test('a line that comes twice is counted as such', async (t) => {
  const seen = new SeenLines();
  t.strictSame(
    [5, 7, 5].map((seq) => seen.see(seq)),
    [true, true, false],
  );
  t.strictSame([seen.count, seen.duplicates], [2, 1]);
});

t.test('percentiles are right within 2 %, across threads', async (t) => {
  const one = new LatencyHistogram();
  const two = new LatencyHistogram();
  t.equal(one.percentile(0.5), 0, 'of nothing');
  for (let ms = 1; ms <= 1000; ms++) (ms % 2 === 0 ? one : two).add(ms);
  one.merge(two.snapshot());
  for (const [share, ms] of [
    [0.5, 500],
    [0.99, 990],
    [1, 1000],
  ] as const) {
    const found = one.percentile(share);
    t.ok(found >= ms && found <= ms * 1.021, `${share}: ${found}`);
  }
});

t.test('the CPU of a process is its user and system time, whatever it is called', async (t) => {
  const rest = 'S 1 2 3 4 5 6 7 8 9 10 150 25 0 0 20 0';
  t.equal(parseStat(`4711 (node) ${rest}`), 1_750_000);
  t.equal(parseStat(`4711 (a) b) ${rest}`), 1_750_000);
  t.equal(parseStat('4711 (node) S'), undefined);
  t.equal(processCpu(2 ** 22 + 1), undefined, 'nobody');
});

/** What `udpchat lab load` printed, and its exit code. */
async function load(...args: string[]): Promise<{ out: string; err: string; exit: number }> {
  const child = spawn(process.execPath, [compiled('cli/main.ts'), 'lab', 'load', ...args]);
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk) => (out += String(chunk)));
  child.stderr.on('data', (chunk) => (err += String(chunk)));
  const [exit]: readonly unknown[] = await once(child, 'close');
  return { out, err, exit: Number(exit) };
}

t.test('real clients on a real host: nothing is lost, nothing comes twice', async (t) => {
  const server = new ChatServer();
  t.teardown(() => server.close());
  const { port } = await server.listen({ port: 0, address: '127.0.0.1' });
  const target = ['127.0.0.1', String(port)];
  const size = ['--clients', '12', '--rooms', '3', '--rate', '5', '--seconds', '1'];
  const pid = process.platform === 'linux' ? ['--pid', String(process.pid)] : [];
  const { out, exit } = await load(...target, ...size, ...pid, '--workers', '2', '--json');
  t.equal(exit, 0);
  const result: Partial<LoadResult> = JSON.parse(out);
  t.match(result, { posted: 60, accepted: 60, deliveries: 240, lost: 0, duplicates: 0 });
  if (pid.length > 0) t.ok(Number(result.hostCpuPerDelivery) >= 0, 'the CPU of the host is seen');
  const { p50 = 0, p99 = 0, max = 0 } = result.latency ?? {};
  t.ok(p50 > 0 && p50 <= p99 && p99 <= max);
  const folder = mkdtempSync(join(tmpdir(), 'udpchat-load-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const trace = join(folder, 'first.jsonl');
  t.equal((await load(...target, ...size, '--trace', trace)).exit, 0);
  const records = readFileSync(trace, 'utf8').trim().split('\n');
  const packets = records.filter((line) => line.includes('"type":"packet"'));
  t.ok(packets.length > 10, `${packets.length} packets`);
  const hellos = packets.filter((line) => /"event":"sent".*"packet":"handshake"/.test(line));
  t.ok(hellos.length > 0 && hellos.length < 12, 'of one client, not of twelve');
  t.match(records.at(-1), '"type":"end"');
  const alien = await load(...target, ...size, '--plaintext');
  t.match(
    alien,
    { out: '', err: /--plaintext on both ends/, exit: 4 },
    'who is not let in is said',
  );
});
