import t from 'tap';
import { DEFAULT_TRANSPORT_CONFIG } from '../../lib/transport/config.ts';
import { Cubic } from '../../lib/transport/cubic.ts';
import { DeliveryRate } from '../../lib/transport/delivery-rate.ts';
import { SentPacket } from '../../lib/transport/sent-packet.ts';
import { WindowedMax } from '../../lib/transport/windowed-max.ts';
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

t.test('when the flow that filled the queue has ended, the queue is soon gone', async (t) => {
  const forward = link({ mbit: 20, delayMs: 10, queueMs: 50 });
  const back = link({ mbit: 100, delayMs: 10, queueMs: 50 });
  const configs = [{}, { congestionControl: 'cubic' }] as const;
  const bottleneck = new Bottleneck({ seed: SEED, forward, back, configs }).connect().run(5_000);
  const [ours, theirs] = bottleneck.flows;
  bottleneck.measure(1_000);
  t.ok((ours?.medianSrtt ?? 0) > 45, `beside CUBIC ${ours?.medianSrtt} ms, seed ${SEED}`);
  if (theirs !== undefined) theirs.isBusy = false;
  bottleneck.run(2 * DEFAULT_TRANSPORT_CONFIG.minRttWindow);
  const [goodput = 0] = bottleneck.measure(1_000);
  t.ok((ours?.medianSrtt ?? 100) < 25, `alone ${ours?.medianSrtt} ms`);
  t.ok(goodput > 18, `${goodput} of 20 Mbit/s`);
});

t.test('two flows that begin together leave most of 75 ms of queue empty', async (t) => {
  const forward = link({ mbit: 20, delayMs: 10, queueMs: 75 });
  const back = link({ mbit: 100, delayMs: 10, queueMs: 75 });
  const bottleneck = new Bottleneck({ seed: SEED, forward, back, configs: [{}, {}] });
  const rates = bottleneck.connect().run(3_000).measure(5_000);
  for (const rate of rates)
    t.ok(rate > 6.5 && rate < 12.5, `${rates.join(', ')} Mbit/s, seed ${SEED}`);
  const srtt = bottleneck.flows[0]?.medianSrtt ?? 100;
  t.ok(srtt < 50, `${srtt} ms at 20 ms of RTT`);
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

t.test('CUBIC falls to 0.7 and is back at its old window after K seconds', async (t) => {
  const cubic = new Cubic(DEFAULT_TRANSPORT_CONFIG);
  const mss = DEFAULT_TRANSPORT_CONFIG.maxDatagramSize;
  const path = { srtt: 100 };
  const ack = (now: number, bytes: number): void =>
    cubic.onAcked(now, { bytes, sentTime: now - 1, appLimited: false }, path);
  ack(1, 90 * mss);
  t.equal(cubic.window, 100 * mss, 'slow start');
  cubic.onLost(2, { bytes: mss, sentTime: 1, persistent: false });
  t.equal(cubic.window, 70 * mss);
  // RFC 9438 figure 2: K = cbrt((100 - 70) / 0.4) = 4.2 s.
  let recovered = 0;
  for (let now = 10; recovered === 0 && now < 10_000; now += 10) {
    ack(now, cubic.window / 10);
    if (cubic.window >= 99 * mss) recovered = now;
  }
  t.ok(recovered > 2_500 && recovered < 4_400, `${recovered} ms`);
  cubic.onLost(10_000, { bytes: mss, sentTime: 9_999, persistent: true });
  t.equal(cubic.window, 2 * mss, 'persistent congestion starts over');
});

t.test(
  'delivery rate is of the slower of sending and acknowledging, and knows pauses',
  async (t) => {
    const rate = new DeliveryRate();
    const path = { minRtt: 10, latestRtt: 10, srtt: 10, inFlight: 0 };
    const send = (time: number, inFlight: number) => {
      const packet = Object.assign(new SentPacket(), { time, size: 1_000 });
      rate.stamp(packet, inFlight);
      return packet;
    };
    const [first, second] = [send(0, 0), send(10, 1_000)];
    rate.onAcked(20, first);
    t.match(rate.take(path), { rate: 1_000 / 20, isAppLimited: false, delivered: 1_000 });
    rate.onAcked(21, second);
    t.match(rate.take(path), { rate: 2_000 / 21 }, 'two packets since the first was sent');
    rate.onAppLimited(0);
    rate.onAcked(41, send(30, 0));
    t.match(rate.take(path), { rate: 1_000 / 11, isAppLimited: true });
    rate.onAcked(42, send(41, 0));
    t.equal(rate.take(path).rate, 0, 'shorter than a round trip says nothing');
  },
);

t.test('a windowed maximum falls to the next largest when the largest is too old', async (t) => {
  const max = new WindowedMax(10);
  for (const [at, value] of [
    [0, 9],
    [3, 7],
    [5, 8],
    [6, 1],
  ] as const) {
    max.update(at, value);
    t.equal(max.value, 9);
  }
  max.update(11, 2);
  t.equal(max.value, 8);
  max.update(16, 1);
  t.equal(max.value, 2);
});
