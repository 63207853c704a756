import { existsSync, readFileSync } from 'node:fs';
import t from 'tap';
import { SeededRandom } from '../../lib/base/random.ts';
import { deviations } from '../../lib/lab/distribution.ts';
import { Emulator } from '../../lib/lab/emulator.ts';
import { TimeHeap } from '../../lib/lab/heap.ts';
import { parseImpairment } from '../../lib/lab/netem-parser.ts';

/** Where iproute2 keeps its tables. */
const TC_FOLDERS = [
  '/usr/lib/tc',
  '/usr/lib64/tc',
  '/usr/lib/x86_64-linux-gnu/tc',
  '/usr/lib/aarch64-linux-gnu/tc',
];

interface Arrival {
  readonly at: number;
  readonly number: number;
}

function emulator(text: string, seed = 1): Emulator {
  const result = parseImpairment(text);
  if (!result.ok) throw new Error(result.error.message);
  return new Emulator({ impairment: result.impairment, random: new SeededRandom(seed) });
}

/** Offers `count` numbered datagrams, one every `everyMs`, and collects what comes out and when. */
function pass(
  link: Emulator,
  count: number,
  options: { everyMs: number; bytes?: number },
): Arrival[] {
  const arrivals: Arrival[] = [];
  const drain = (until: number): void => {
    for (let at = link.nextTimeout(); at <= until; at = link.nextTimeout()) {
      const bytes = link.poll(at);
      if (bytes === undefined) {
        if (link.nextTimeout() > at) continue; // a slot that had closed
        throw new Error('nextTimeout promised a datagram');
      }
      arrivals.push({ at, number: new DataView(bytes.buffer).getUint32(0) });
    }
  };
  for (let number = 0; number < count; number++) {
    const now = number * options.everyMs;
    drain(now);
    const bytes = new Uint8Array(options.bytes ?? 100);
    new DataView(bytes.buffer).setUint32(0, number);
    link.offer(now, bytes);
    bytes.fill(255); // the emulator must have its own copy
  }
  drain(Number.MAX_VALUE);
  return arrivals;
}

const numbers = (arrivals: Arrival[]): number[] => arrivals.map(({ number }) => number);
const count = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

t.test('a perfect link delivers at once, in order', async (t) => {
  const link = emulator('');
  t.equal(link.nextTimeout(), Infinity);
  const arrivals = pass(link, 50, { everyMs: 2 });
  t.same(
    arrivals,
    count(50).map((number) => ({ at: number * 2, number })),
  );
  t.match(link.counters, { offered: 50, delivered: 50, lost: 0 });
});

t.test('delay holds each datagram for exactly as long', async (t) => {
  const arrivals = pass(emulator('delay 100ms'), 20, { everyMs: 10 });
  t.same(
    arrivals,
    count(20).map((number) => ({ at: number * 10 + 100, number })),
  );
});

t.test('loss takes its share, and correlated loss comes in runs', async (t) => {
  const independent = emulator('loss 30%');
  const kept = new Set(numbers(pass(independent, 10_000, { everyMs: 1 })));
  t.ok(Math.abs(independent.counters.lost - 3000) < 150, `${independent.counters.lost} of 10000`);
  const bursty = emulator('loss gemodel 2% 10%');
  const survivors = new Set(numbers(pass(bursty, 10_000, { everyMs: 1 })));
  // Two-state chain: p/(p+r) of the time bad, runs of 1/r datagrams.
  t.ok(Math.abs(bursty.counters.lost / 10_000 - 1 / 6) < 0.04, `${bursty.counters.lost} of 10000`);
  t.ok(Math.abs(meanRun(kept) - 1 / 0.7) < 0.1, `independent runs of ${meanRun(kept)}`);
  t.ok(Math.abs(meanRun(survivors) - 10) < 2, `bursts of ${meanRun(survivors)}`);
});

t.test('jitter stays within its bounds and reorders, as netem does', async (t) => {
  const arrivals = pass(emulator('delay 100ms 20ms'), 2000, { everyMs: 1 });
  const delays = arrivals.map(({ at, number }) => at - number);
  t.ok(Math.min(...delays) >= 80 && Math.max(...delays) <= 120);
  t.not(
    numbers(arrivals).every((number, i) => number === i),
    true,
    'some overtook',
  );
  const mean = delays.reduce((sum, delay) => sum + delay, 0) / delays.length;
  t.ok(Math.abs(mean - 100) < 2, `mean ${mean}`);
  const small = pass(emulator('delay 1ms 50ms'), 500, { everyMs: 1 });
  t.ok(
    small.every(({ at, number }) => at >= number),
    'nothing arrives before it was sent',
  );
});

t.test('a correlation of delays makes no neighbours alike, as in netem', async (t) => {
  for (const text of ['delay 100ms 20ms 50%', 'delay 100ms 20ms 50% distribution normal']) {
    const delays: number[] = [];
    for (const { at, number } of pass(emulator(text), 5000, { everyMs: 1 })) {
      delays[number] = at - number - 100;
    }
    const squares = delays.reduce((sum, delay) => sum + delay * delay, 0);
    const products = delays.reduce((sum, delay, i) => sum + delay * (delays[i - 1] ?? 0), 0);
    t.ok(Math.abs(products / squares) < 0.06, `${text}: ${products / squares}`);
    const spread = Math.sqrt(squares / delays.length);
    const whole = text.includes('normal') ? 20 : 20 / Math.sqrt(3);
    t.ok(Math.abs(spread - whole) < 0.6, `${text}: as wide as without, ${spread} ms`);
  }
});

t.test("the distributions are tc's own tables, where tc is installed", async (t) => {
  for (const name of ['normal', 'pareto', 'paretonormal'] as const) {
    const file = TC_FOLDERS.map((folder) => `${folder}/${name}.dist`).find(existsSync);
    if (file === undefined) {
      t.pass('no tc here');
      continue;
    }
    const lines = readFileSync(file, 'utf8').split('\n');
    const entries = lines
      .filter((line) => !line.startsWith('#'))
      .join(' ')
      .trim()
      .split(/\s+/);
    // The ends of a table are a matter of rounding.
    const wrong = entries.slice(16, -16).filter((entry, i) => {
      const ours = deviations(name, (i + 16.5) / entries.length);
      return Math.abs(Number(entry) / 8192 - ours) > 0.03;
    });
    t.same(wrong, [], `${name}, ${entries.length} entries`);
  }
});

t.test('the distributions have mean 0, deviation 1 and their own shape', async (t) => {
  const steps = 100_000;
  for (const name of ['normal', 'pareto', 'paretonormal'] as const) {
    const values = count(steps).map((i) => deviations(name, i / steps));
    const mean = values.reduce((a, b) => a + b) / steps;
    t.ok(Math.abs(mean) < 0.1, `${name}: mean ${mean}`);
    t.ok(
      values.every((value, i) => i === 0 || value >= (values[i - 1] ?? 0)),
      `${name} ascends`,
    );
    t.ok(Math.abs(values.at(-1) ?? 0) <= 4, `${name} is clipped where tc clips`);
  }
  t.ok(Math.abs(deviations('normal', 0.8413) - 1) < 0.01, 'one deviation at 84 %');
  t.ok(Math.abs(deviations('normal', 0.5)) < 0.01);
  t.ok(deviations('pareto', 0.01) > -0.7, 'Pareto has no lower tail');
});

t.test('duplicates arrive beside their originals', async (t) => {
  const link = emulator('duplicate 20% delay 5ms');
  const arrivals = pass(link, 1000, { everyMs: 1 });
  t.equal(arrivals.length, 1000 + link.counters.duplicated);
  t.ok(Math.abs(link.counters.duplicated - 200) < 50);
  t.equal(new Set(numbers(arrivals)).size, 1000);
});

t.test('corruption flips one bit of its own copy', async (t) => {
  const link = emulator('corrupt 100%');
  const sent = new Uint8Array(100);
  link.offer(0, sent);
  const received = link.poll(0) ?? new Uint8Array();
  const bits = received.reduce((sum, byte) => sum + byte.toString(2).replaceAll('0', '').length, 0);
  t.equal(bits, 1);
  t.ok(sent.every((byte) => byte === 0));
  link.offer(0, new Uint8Array());
  t.equal(link.poll(0)?.length, 0, 'an empty datagram has no bit to flip');
});

t.test('reorder sends some ahead of the delayed ones, one in a gap at most', async (t) => {
  const link = emulator('delay 10ms reorder 100% gap 5');
  const arrivals = pass(link, 100, { everyMs: 1 });
  const express = arrivals.filter(({ at, number }) => at === number).map(({ number }) => number);
  t.same(
    express,
    count(20).map((i) => i * 5 + 4),
  );
  t.equal(link.counters.reordered, 20);
});

t.test('a packet longer than the MTU vanishes, headers of IPv4 and UDP included', async (t) => {
  const link = emulator('mtu 1400');
  t.equal(link.offer(0, new Uint8Array(1_373)), 'dropped');
  t.equal(link.offer(0, new Uint8Array(1_372)), 'passed');
  t.equal(link.poll(0)?.length, 1_372);
  t.equal(link.counters.dropped, 1);
});

t.test('rate serialises: a queue builds, order stays, the limit drops the tail', async (t) => {
  const arrivals = pass(emulator('rate 800kbit'), 10, { everyMs: 0, bytes: 1000 });
  t.same(
    arrivals,
    count(10).map((number) => ({ at: (number + 1) * 10, number })),
  );
  const idle = pass(emulator('rate 800kbit delay 100ms'), 3, { everyMs: 500, bytes: 1000 });
  t.same(
    idle,
    count(3).map((number) => ({ at: number * 500 + 110, number })),
  );
  const link = emulator('rate 800kbit limit 4');
  t.same(numbers(pass(link, 10, { everyMs: 0, bytes: 1000 })), [0, 1, 2, 3]);
  t.equal(link.counters.dropped, 6);
  const jittered = pass(emulator('rate 8mbit delay 50ms 40ms'), 500, { everyMs: 1 });
  t.same(numbers(jittered), count(500), 'jitter behind a rate does not reorder');
});

t.test('the same seed gives the same fate, another seed another', async (t) => {
  const words = 'loss 20% 30% delay 50ms 20ms distribution pareto duplicate 5% corrupt 5%';
  const first = pass(emulator(words, 7), 500, { everyMs: 3 });
  t.same(pass(emulator(words, 7), 500, { everyMs: 3 }), first);
  t.notSame(pass(emulator(words, 8), 500, { everyMs: 3 }), first);
});

t.test('changing the weather leaves what is under way alone', async (t) => {
  const link = emulator('delay 100ms');
  link.offer(0, new Uint8Array([1]));
  link.change({});
  link.offer(10, new Uint8Array([2]));
  t.same(link.poll(10), new Uint8Array([2]));
  t.equal(link.poll(10), undefined);
  t.equal(link.nextTimeout(), 100);
  t.same(link.poll(100), new Uint8Array([1]));
  t.equal(link.size, 0);
});

t.test('a heap returns what is due first, and ties in the order they came', async (t) => {
  const heap = new TimeHeap<number>();
  const random = new SeededRandom(3);
  const model: [number, number][] = [];
  const check = (): void => {
    model.sort(([a, i], [b, j]) => a - b || i - j);
    t.equal(heap.earliest, model[0]?.[0] ?? Infinity);
    t.equal(heap.pop(), model.shift()?.[1]);
  };
  for (let i = 0; i < 500; i++) {
    const at = random.uint32() % 50;
    heap.push(at, i);
    model.push([at, i]);
    if (random.uint32() % 3 === 0) check();
  }
  while (model.length > 0) check();
  check();
  t.equal(heap.size, 0);
});

function meanRun(survivors: Set<number>): number {
  let [runs, lost] = [0, 0];
  for (let i = 0; i < 10_000; i++) {
    if (survivors.has(i)) continue;
    lost++;
    if (i === 0 || survivors.has(i - 1)) runs++;
  }
  return lost / runs;
}

t.test('the four-state model loses what its stationary distribution says, in bursts', async (t) => {
  // p13 = 5 %, p31 = 25 %, p32 = 25 %, p23 = 50 %, p14 = 2 %: solved by hand.
  const total = 100_000;
  const link = emulator('loss state 5% 25% 25% 50% 2%');
  const received = new Set(numbers(pass(link, total, { everyMs: 1 })));
  const [gap, burst] = [1, (0.05 / 0.25) * (0.25 / 0.5)];
  const [lostInBurst, alone] = [0.05 / 0.25, 0.02];
  const expected = (lostInBurst + alone) / (gap + burst + lostInBurst + alone);
  const share = 1 - received.size / total;
  t.ok(Math.abs(share - expected) < 0.01, `${share} for ${expected}`);
});

t.test('slots let datagrams out in batches of so many at most', async (t) => {
  const arrivals = pass(emulator('delay 1ms slot 20ms packets 5'), 200, { everyMs: 1 });
  t.equal(arrivals.length, 200);
  const batches = new Map<number, number>();
  for (const { at } of arrivals) batches.set(at, (batches.get(at) ?? 0) + 1);
  t.ok(Math.max(...batches.values()) <= 5, JSON.stringify([...batches.values()]));
  const times = [...batches.keys()];
  t.ok(times.slice(2).every((at, i) => at - (times[i + 1] ?? 0) >= 20));
});
