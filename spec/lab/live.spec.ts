import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { parseSocketStats } from '../../lib/lab/live/socket-stats.ts';
import { LiveGround } from '../../lib/lab/shell/live/live-ground.ts';
import { SweepFolder } from '../../lib/lab/shell/sweep-folder.ts';
import { runSweep } from '../../lib/lab/shell/sweep-runner.ts';
import { SWEEP_DEFAULTS, type SweepPlan } from '../../lib/lab/sweep.ts';
import type { TraceEvent } from '../../lib/lab/tracing/event.ts';

const RUN = { window: 16, limitMs: 60_000, isTapped: true, seed: 7 } as const;
const DELAY = { ms: 20, jitterMs: 0, correlation: 0, distribution: 'uniform' } as const;

const ground = await LiveGround.open('socket');
t.teardown(() => ground.close());

t.test('on real sockets, an emulated network delays and loses what passes', async (t) => {
  const chat = { messages: 40, bytes: 100, intervalMs: 5 };
  const calm = await ground.run({ ...RUN, arq: 'modern', workload: chat }, { delay: DELAY });
  t.equal(calm.delivered, 40);
  t.equal(calm.latencies.length, 40);
  t.ok(Math.min(...calm.latencies) >= 20, `least ${Math.min(...calm.latencies)} ms`);
  t.ok(calm.stats.minRtt >= 40, `rtt ${calm.stats.minRtt} ms`);
  t.same(
    calm.packets.filter(({ fate }) => fate === 'lost'),
    [],
  );
  const loss = { model: 'random', percent: 30, correlation: 0 } as const;
  const bulk = { messages: 200, bytes: 1_000, intervalMs: 0 };
  const wild = await ground.run(
    { ...RUN, arq: 'selective-repeat', workload: bulk },
    { delay: DELAY, loss },
  );
  t.equal(wild.delivered, 200, 'one after the other, on the same ground');
  t.ok(wild.goodput > 0);
  t.ok(wild.stats.retransmits > 20, `${wild.stats.retransmits} sent again`);
  const sent = wild.packets.filter(({ event }) => event === 'sent');
  const lost = sent.filter(({ fate }) => fate === 'lost');
  const share = lost.length / sent.length;
  t.ok(share > 0.15 && share < 0.45, `${(share * 100).toFixed(1)} % of ${sent.length} lost`);
  const again = sent.some(({ messages }) => messages.some(({ transmission }) => transmission > 0));
  t.ok(again, 'repetitions are numbered');
});

t.test('kernel TCP carries the same work, in order', async (t) => {
  const workload = { messages: 50, bytes: 100, intervalMs: 2 };
  const run = await ground.run({ ...RUN, arq: 'tcp', workload }, {});
  t.equal(run.delivered, 50);
  t.equal(run.latencies.length, 50);
});

t.test('a run that is not over in its time says how far it came', async (t) => {
  const workload = { messages: 50, bytes: 100, intervalMs: 60_000 };
  const run = await ground.run({ ...RUN, arq: 'modern', workload, limitMs: 2_000 }, {});
  t.equal(run.delivered, 1);
});

t.test('a trace of a run on real sockets has both ends, and what was lost', async (t) => {
  const workload = { messages: 30, bytes: 100, intervalMs: 5 };
  const loss = { model: 'random', percent: 30, correlation: 0 } as const;
  let events: readonly TraceEvent[] = [];
  const onTrace = (all: readonly TraceEvent[]): void => {
    events = all;
  };
  await ground.run({ ...RUN, arq: 'modern', workload }, { delay: DELAY, loss }, { onTrace });
  const packets = events.flatMap((event) => (event.type === 'packet' ? [event] : []));
  const by = (vantage: string, event: string) =>
    packets.filter((packet) => packet.vantage === vantage && packet.event === event);
  for (const [one, two] of [
    ['client', 'server'],
    ['server', 'client'],
  ] as const) {
    const [sent, received] = [by(one, 'sent'), by(two, 'received')];
    const lost = sent.filter(({ fate }) => fate === 'lost').length;
    t.ok(lost > 0 && received.length > 0, `${lost} of ${sent.length} of the ${one}`);
    t.ok(sent.length - lost >= received.length - 1, 'what arrived was not lost');
    t.same(new Set(sent.map(({ to }) => to.port)), new Set(received.map(({ to }) => to.port)));
    t.same(
      new Set(sent.map(({ from }) => from.port)),
      new Set(received.map(({ from }) => from.port)),
    );
  }
  t.ok(packets.some(({ view }) => view.frames.some(({ type }) => type === 'message')));
  const delivered = events.flatMap((event) => (event.type === 'delivered' ? [event.message] : []));
  t.same(
    delivered,
    Array.from({ length: 30 }, (_, i) => i),
  );
  t.ok(
    events.every(({ at }, i) => at >= (events[i - 1]?.at ?? 0)),
    'in the order of time',
  );
});

t.test('a sweep on real sockets goes on where it was stopped', async (t) => {
  const path = mkdtempSync(join(tmpdir(), 'udpchat-live-'));
  t.teardown(() => rmSync(path, { recursive: true, force: true }));
  const plan: SweepPlan = {
    ...SWEEP_DEFAULTS,
    seed: 7,
    ground: 'socket',
    losses: [0],
    delays: [10],
    arqs: ['modern', 'selective-repeat'],
    reps: 1,
    impairment: { rate: 10_000_000 },
    bulk: { messages: 50, bytes: 1_000, intervalMs: 0 },
    chat: { messages: 5, bytes: 100, intervalMs: 5 },
  };
  const abort = new AbortController();
  const onProgress = ({ done }: { done: number }): void => {
    if (done === 1) abort.abort();
  };
  const folder = SweepFolder.open(path, plan);
  t.notOk(await runSweep({ folder, onProgress, signal: abort.signal }));
  t.ok(await runSweep({ folder: SweepFolder.open(path, plan) }));
  const whole = SweepFolder.open(path, plan);
  t.equal(whole.results.length, 2);
  for (const { rtt, goodput, undelivered, detail } of whole.results) {
    t.equal(undelivered, 0);
    t.ok(rtt >= 20 && goodput > 0, `${rtt} ms, ${goodput} bit/s`);
    t.ok((detail?.bulk.length ?? 0) > 50, 'packets, for the plots of a run');
  }
  whole.writeReport({ version: '0', command: 'a spec', machine: 'any' });
  t.match(readFileSync(join(path, 'report.html'), 'utf8'), /"ground":"socket"/);
});

t.test('what ss prints of a TCP socket is read', async (t) => {
  const text =
    'ESTAB 0 0 10.203.0.1:54298 10.203.0.2:32907 cubic wscale:10,10 rto:204 rtt:50.2/1.166 ' +
    'mss:1448 cwnd:14 segs_out:25 unacked:2 retrans:0/3 minrtt:50.1 snd_wnd:201728';
  t.match(parseSocketStats(text), {
    arq: 'tcp',
    srtt: 50.2,
    minRtt: 50.1,
    rto: 204,
    cwnd: 14 * 1448,
    bytesInFlight: 2 * 1448,
    packetsSent: 25,
    retransmits: 3,
  });
  t.equal(parseSocketStats('').rto, 0);
});

t.test('an experiment that is interrupted ends at once, and the ground with it', async (t) => {
  const workload = { messages: 50, bytes: 100, intervalMs: 60_000 };
  const abort = new AbortController();
  let traced = 0;
  const onProgress = (): void => abort.abort();
  const run = ground.run(
    { ...RUN, arq: 'modern', workload },
    {},
    { signal: abort.signal, onProgress, onTrace: (all) => (traced = all.length) },
  );
  await t.rejects(run, /interrupted/);
  t.ok(traced > 0, 'a trace goes as far as the run came');
});
