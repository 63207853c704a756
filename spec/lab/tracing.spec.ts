import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { Experiment } from '../../lib/lab/experiment.ts';
import { TraceFile } from '../../lib/lab/shell/trace-file.ts';
import type { TraceEvent, TraceForm } from '../../lib/lab/tracing/event.ts';
import { TRACE_FORMS, traceForm } from '../../lib/lab/tracing/forms.ts';
import { ipPacket } from '../../lib/lab/tracing/ip-packet.ts';
import { RUN_HEAD, replay } from '../../lib/lab/tracing/replay.ts';
import { experimentOptions, type RunScenario } from '../../lib/lab/tracing/scenario.ts';
import { compiled } from '../support/tui/compiled.ts';

const SCENARIO: RunScenario = {
  seed: 7,
  arq: 'modern',
  window: 16,
  impairment: 'delay 20ms loss random 20% duplicate 3% corrupt 3%',
  workload: { messages: 30, bytes: 100, intervalMs: 20 },
  limitMs: 60_000,
  dropList: '3,7,7r1',
};
const HEAD = { program: 'udpchat 1.2.3', ...RUN_HEAD, scenario: { ...SCENARIO } };

function form(ending: string): TraceForm {
  const made = traceForm(`run${ending}`);
  if (made === undefined) throw new Error(ending);
  return made;
}

/** What happened in the run of the scenario, with the bytes of each packet copied. */
function run(): TraceEvent[] {
  const events: TraceEvent[] = [];
  const options = experimentOptions(SCENARIO);
  if (options === undefined) throw new Error('no scenario');
  const trace = (event: TraceEvent): void => {
    events.push(event.type === 'packet' ? { ...event, bytes: event.bytes.slice() } : event);
  };
  new Experiment({ ...options, trace }).run();
  return events;
}

const EVENTS = run();

/** The records of a trace of that run, the head first. */
function records(ending: string): Uint8Array[] {
  const made = form(ending);
  const parts = [made.begin(HEAD), ...EVENTS.map((event) => made.record(event)), made.end()];
  return parts.filter(({ length }) => length > 0);
}

/** Sum of 16-bit words with the carries folded in: 0xffff when a checksum is among them. */
function ones(words: Uint8Array): number {
  let sum = 0;
  for (const [i, byte] of words.entries()) sum += i % 2 === 0 ? byte << 8 : byte;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum;
}

t.test('datagrams get IP and UDP headers with right lengths and checksums', async (t) => {
  const pairs = [
    ['192.0.2.1', '198.51.100.7', 20],
    ['2001:db8::1', '2001:db8::2', 40],
  ] as const;
  for (const [from, to, header] of pairs) {
    for (const length of [0, 1, 2, 1199, 1200]) {
      const datagram = new Uint8Array(length).fill(0xa5);
      const packet = ipPacket(
        { address: from, port: 5000 },
        { address: to, port: 65_535 },
        datagram,
      );
      const view = new DataView(packet.buffer);
      t.equal(packet.length, header + 8 + length);
      t.equal(view.getUint16(header === 20 ? 2 : 4), header === 20 ? packet.length : 8 + length);
      t.same([view.getUint16(header), view.getUint16(header + 2)], [5000, 65_535]);
      t.equal(view.getUint16(header + 4), 8 + length);
      if (header === 20) t.equal(ones(packet.subarray(0, 20)), 0xffff, 'the checksum of IPv4');
      const addresses = packet.subarray(header === 20 ? 12 : 8, header);
      const pseudo = [...addresses, 0, 17, (8 + length) >> 8, (8 + length) & 0xff];
      t.equal(ones(new Uint8Array([...pseudo, ...packet.subarray(header)])), 0xffff, 'of UDP');
    }
  }
});

t.test('pcapng is a section, an interface for each end, and a block for each packet', async (t) => {
  const bytes = Buffer.concat(records('.pcapng'));
  const types: number[] = [];
  let last = 0n;
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUInt32LE(at + 4);
    t.equal(length % 4, 0);
    t.equal(bytes.readUInt32LE(at + length - 4), length, 'the length stands at both ends');
    types.push(bytes.readUInt32LE(at));
    if (types.at(-1) === 6) {
      const time =
        (BigInt(bytes.readUInt32LE(at + 12)) << 32n) | BigInt(bytes.readUInt32LE(at + 16));
      t.ok(time >= last, 'in the order of time');
      last = time;
    }
    at += length;
  }
  const packets = EVENTS.filter(({ type }) => type === 'packet').length;
  t.same(types.slice(0, 3), [0x0a0d_0d0a, 1, 1]);
  t.same(new Set(types.slice(3)), new Set([6]));
  t.equal(types.length, 3 + packets);
});

t.test('qlog is JSON in each style, says who was there, and tells no text', async (t) => {
  const sequence = Buffer.concat(records('.sqlog')).toString();
  t.equal(sequence.split('\n').filter((line) => line !== '' && line[0] !== '\u001E').length, 0);
  const [head, scenario, ...events] = sequence
    .split('\u001E')
    .slice(1)
    .map((text): Record<string, unknown> => JSON.parse(text));
  t.match(head, {
    file_schema: 'urn:ietf:params:qlog:file:sequential',
    serialization_format: 'application/qlog+json-seq',
    trace: { vantage_point: { type: 'client' } },
  });
  t.match(scenario, { name: 'simulation:scenario', data: { details: SCENARIO } });
  const names = new Set(events.map(({ name }) => name));
  for (const name of [
    'udpchat:packet_sent',
    'udpchat:packet_received',
    'udpchat:packet_dropped',
    'quic:recovery_metrics_updated',
    'quic:packet_lost',
    'simulation:marker',
  ]) {
    t.ok(names.has(name), name);
  }
  const times = events.map(({ time }) => Number(time));
  t.ok(times.every((time, i) => time >= (times[i - 1] ?? 0)));
  const contained: unknown = JSON.parse(Buffer.concat(records('.qlog')).toString());
  t.match(contained, { file_schema: 'urn:ietf:params:qlog:file:contained' });
  t.same((contained as { traces: [{ events: unknown }] }).traces[0].events, [scenario, ...events]);
  const old: unknown = JSON.parse(Buffer.concat(records('.qvis.qlog')).toString());
  t.match(old, { qlog_version: '0.3', traces: [{ common_fields: { time_format: 'relative' } }] });
  t.match(JSON.stringify(old), /"transport:packet_sent".*"frame_type":"datagram"/);
});

for (const ending of Object.keys(TRACE_FORMS)) {
  t.test(`a run is made again from its ${ending}, wherever that was cut`, async (t) => {
    const parts = records(ending);
    const whole = Buffer.concat(parts);
    const read = (bytes: Uint8Array): unknown => replay(bytes, form(ending));
    t.match(read(whole), { outcome: 'identical', same: parts.length, scenario: SCENARIO });
    for (const count of [1, 2, Math.floor(parts.length / 2), parts.length - 1]) {
      const at = Buffer.concat(parts.slice(0, count)).length;
      t.match(read(whole.subarray(0, at)), { outcome: 'cut', same: count });
      t.match(read(whole.subarray(0, at + 1)), { outcome: 'cut', same: count }, 'and a bit more');
    }
    const wrong = new Uint8Array(whole);
    const at = Buffer.concat(parts.slice(0, 9)).length + 9;
    wrong[at] = (wrong[at] ?? 0) ^ 1;
    t.match(read(wrong), { outcome: 'differs', same: 9 });
    t.match(read(Buffer.concat([whole, whole])), { outcome: 'differs', same: parts.length });
    t.equal(read(whole.subarray(0, 20)), 'no trace');
    t.equal(read(new Uint8Array(0)), 'no trace');
    const other = form(ending);
    const live = Buffer.concat([other.begin({ program: 'udpchat', vantages: ['client'] })]);
    t.equal(read(live), 'no scenario');
  });
}

t.test(
  'the same run writes the same bytes, and the other end opens what was not harmed',
  async (t) => {
    t.same(run(), EVENTS);
    const arrived = EVENTS.flatMap((event) =>
      event.type === 'packet' && event.event === 'received' ? [event.view.type] : [],
    );
    t.ok(arrived.includes('short') && arrived.includes('sealed'), 'some were corrupted');
  },
);

t.test('a full disk ends a trace and nothing else, and what is there is whole', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'udpchat-trace-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'run.jsonl');
  const why: string[] = [];
  const onEnd = (text: string): void => void why.push(text);
  const options = { form: form('.jsonl'), head: HEAD, onEnd };
  const file = new TraceFile({ path, ...options, bytesMax: 10_000 });
  for (const event of EVENTS) file.take(event);
  file.close();
  t.same(why, ['it has reached 10000 bytes']);
  const lines = readFileSync(path, 'utf8').split('\n');
  t.equal(lines.pop(), '', 'the last line is whole');
  t.ok(lines.every((line) => JSON.parse(line) !== null));
  t.ok(statSync(path).size > 9_000);
  t.equal(statSync(path).mode & 0o077, 0, 'for its owner alone');
  if (process.platform === 'linux') {
    const full = new TraceFile({ path: '/dev/full', ...options, form: form('.pcapng') });
    for (const event of EVENTS) full.take(event);
    full.close();
    t.match(why[1], /ENOSPC/);
    t.equal(why.length, 2, 'said once');
  }
  t.throws(() => new TraceFile({ path: join(folder, 'no', 'x'), ...options }), { code: 'ENOENT' });
});

t.test('lab replay says whether a run came out the same, and exits 1 when not', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'udpchat-replay-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const main = compiled('cli/main.ts');
  const lab = (...args: readonly string[]): { status: number | null; out: string } => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [main, 'lab', ...args], {
      encoding: 'utf8',
    });
    return { status, out: stdout + stderr };
  };
  const path = join(folder, 'run.jsonl');
  const made = ['--impair', 'wifi loss 20%', '--seed', '9', '--messages', '20', '--drop-list', '3'];
  t.equal(lab('run', ...made, '--json', '--trace', path).status, 0);
  t.match(lab('replay', path), {
    status: 0,
    out: /: identical, \d+ records \(modern, .*seed 9\)\n$/,
  });
  const whole = readFileSync(path, 'utf8');
  writeFileSync(path, whole.slice(0, whole.length / 2));
  t.match(lab('replay', path), { status: 0, out: /cut short behind record \d+; identical as far/ });
  writeFileSync(path, whole.replace('"number":4,', '"number":5,'));
  t.match(lab('replay', path), {
    status: 1,
    out: /differs at record \d+: packet 4 sent by the (?:client|server) at /,
  });
  writeFileSync(path, 'no trace\n');
  t.match(lab('replay', path), { status: 2, out: /is no trace of that form/ });
  t.match(lab('replay', join(folder, 'none.jsonl')), {
    status: 1,
    out: /cannot read .*no such file/,
  });
});
