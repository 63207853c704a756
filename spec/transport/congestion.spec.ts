import t from 'tap';
import { Bottleneck, link } from '../support/bottleneck.ts';

const SEED = 3;

for (const [lossPercent, least] of [
  [0, 90],
  [1, 85],
  [5, 80],
] as const) {
  t.test(`bulk gets ${least} of 100 Mbit/s at ${lossPercent} % random loss`, async (t) => {
    const way = link({ mbit: 100, delayMs: 10, queueMs: 50, lossPercent });
    const bottleneck = new Bottleneck({ seed: SEED, forward: way, back: way, configs: [{}] });
    const [goodput = 0] = bottleneck.connect().measure(1_500);
    t.ok(goodput >= least, `${goodput} Mbit/s, seed ${SEED}`);
    const srtt = bottleneck.flows[0]?.medianSrtt ?? 0;
    t.ok(srtt < 25, `and does not hold the queue full: ${srtt} ms at 20 ms of RTT`);
  });
}

t.test('two flows share a bottleneck', async (t) => {
  const forward = link({ mbit: 20, delayMs: 10, queueMs: 50 });
  const back = link({ mbit: 100, delayMs: 10, queueMs: 50 });
  const bottleneck = new Bottleneck({ seed: SEED, forward, back, configs: [{}, {}] });
  bottleneck.connect().run(3_000);
  const [first = 0, second = 0] = bottleneck.measure(10_000);
  const share = first / (first + second);
  t.ok(share > 0.35 && share < 0.65, `${share} of ${first + second} Mbit/s, seed ${SEED}`);
  t.ok(first + second > 18, 'all of it');
});

t.test('a pipe that shrinks to a tenth gets a tenth of the window', async (t) => {
  const wide = link({ mbit: 100, delayMs: 10, queueMs: 50 });
  const bottleneck = new Bottleneck({ seed: SEED, forward: wide, back: wide, configs: [{}] });
  const connection = bottleneck.connect().run(500).flows[0]?.connection;
  const before = connection?.stats(0).cwnd ?? 0;
  bottleneck.forward.change(link({ mbit: 10, delayMs: 10, queueMs: 50 }));
  bottleneck.run(1_000);
  const after = connection?.stats(0).cwnd ?? 0;
  t.ok(after < before / 5, `${before} to ${after} bytes, seed ${SEED}`);
  const [goodput = 0] = bottleneck.measure(1_000);
  t.ok(goodput > 8, `${goodput} of 10 Mbit/s`);
});

t.test('a thin flow keeps a window of ten packets at 30 % loss', async (t) => {
  const way = link({ mbit: 1_000, delayMs: 50, queueMs: 50, lossPercent: 30 });
  const bottleneck = new Bottleneck({ seed: SEED, forward: way, back: way, configs: [{}] });
  const flow = bottleneck.connect().flows[0];
  t.ok(flow);
  if (flow === undefined) return;
  flow.isBusy = false;
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 4_000; i++) {
    flow.connection.send(4, new Uint8Array(100));
    bottleneck.run(5);
    least = Math.min(least, flow.connection.stats(0).cwnd);
  }
  t.ok(least >= 12_000, `at least ${least} bytes, seed ${SEED}`);
});
