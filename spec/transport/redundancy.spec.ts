import t from 'tap';
import { randomFloat } from '../../lib/base/random.ts';
import type { TransportConfig } from '../../lib/transport/config.ts';
import { LossMeter } from '../../lib/transport/loss-meter.ts';
import { OutgoingMessage } from '../../lib/transport/outgoing-message.ts';
import { RedundancyBudget } from '../../lib/transport/redundancy-budget.ts';
import { SendChannel } from '../../lib/transport/send-channel.ts';
import type { ConnectionStats } from '../../lib/transport/stats.ts';
import { latencyUnderLoss } from '../bench/latency.ts';
import { Pair } from '../support/pair.ts';

/** A message of 100 bytes every `interval` ms for `count` times, on a link with `loss` 0..1. */
function thinFlow(options: {
  loss: number;
  count?: number;
  interval?: number;
  config?: Partial<TransportConfig>;
  extraDelay?: (now: number) => number;
}): ConnectionStats {
  const { loss, count = 600, interval = 100, config = {}, extraDelay = () => 0 } = options;
  const pair = new Pair({ seed: 3, delay: 10, config }).connect();
  pair.fate = ({ now }) => ({
    drop: randomFloat(pair.random) < loss,
    delay: 10 + extraDelay(now),
  });
  for (let i = 0; i < count; i++) {
    pair.connection.send(4, new Uint8Array(100));
    pair.run(interval);
  }
  pair.run(5_000);
  return pair.connection.stats(pair.now);
}

t.test('a clean path sees no copies, and one unlucky loss does not change that', async (t) => {
  t.equal(thinFlow({ loss: 0 }).copies, 0);
  const meter = new LossMeter(256);
  for (let i = 0; i < 255; i++) meter.onAcked();
  meter.onLost();
  t.ok(meter.rate > 0.0039 && meter.lowerBound < 0.005, `${meter.lowerBound}`);
});

t.test('more loss makes more copies, and the option turns them off', async (t) => {
  const some = thinFlow({ loss: 0.03 }).copies;
  const many = thinFlow({ loss: 0.2 }).copies;
  t.ok(some > 300 && some < 900, `${some} at 3 %`);
  t.ok(many > 1_400 && many < 2_100, `${many} at 20 %`);
  t.equal(thinFlow({ loss: 0.2, config: { copyThresholds: [] } }).copies, 0);
});

t.test('in a crowd each message gets a copy less, but one', async (t) => {
  const crowd = { loss: 0.1, interval: 2 };
  const copyFloor = { connection: 1_000, endpoint: 1_000 };
  const less = thinFlow({ ...crowd, config: { copyFloor } }).copies;
  const full = thinFlow({ ...crowd, config: { copyFloor, thinMaxMessages: 64 } }).copies;
  t.ok(less < 0.75 * full, `${less} against ${full}`);
  t.ok(less > 500, `${less} of 600`);
});

t.test('what must be sent again is copied again', async (t) => {
  const pair = new Pair({ seed: 6, delay: 10 }).connect();
  pair.fate = () => ({ drop: randomFloat(pair.random) < 0.2 });
  for (let i = 0; i < 300; i++) {
    pair.connection.send(4, new Uint8Array(20));
    pair.run(100);
  }
  let heard = 0;
  pair.fate = ({ to }) => ({ drop: to === 'server' && heard++ < 4 });
  const before = pair.connection.stats(pair.now);
  pair.connection.send(4, new Uint8Array(20));
  pair.run(100);
  const { copies, retransmits } = pair.connection.stats(pair.now);
  t.ok(retransmits > before.retransmits, 'the first four are lost');
  t.ok(copies - before.copies > 3, `${copies - before.copies} copies`);
});

t.test('a message is acknowledged at once, its copies two at a time', async (t) => {
  const pair = new Pair({ seed: 6, delay: 10 }).connect();
  pair.fate = () => ({ drop: randomFloat(pair.random) < 0.2 });
  for (let i = 0; i < 300; i++) {
    pair.connection.send(4, new Uint8Array(20));
    pair.run(100);
  }
  const sent: number[] = [];
  const answers: number[] = [];
  pair.fate = ({ to, now }) => {
    (to === 'server' ? sent : answers).push(now - start);
    return {};
  };
  const start = pair.now;
  pair.connection.send(4, new Uint8Array(20));
  pair.run(35);
  t.same(
    [sent, answers],
    [
      [0, 5, 10, 15],
      [10, 20, 30],
    ],
    'seed 6',
  );
});

t.test('what two lost packets carried waits once to be sent again', async (t) => {
  const channel = new SendChannel({ number: 4, limit: 10_000, onGivenUp: () => {} });
  const bytes = new Uint8Array(20);
  const options = { channel: 4, bytes, fragmented: false, expiresAt: Number.POSITIVE_INFINITY };
  const message = new OutgoingMessage(options);
  channel.push(message);
  const take = (): boolean => {
    const piece = channel.next(0, 10_000);
    if (piece !== undefined) channel.took(piece, piece.length);
    return piece !== undefined;
  };
  t.ok(take());
  for (let round = 0; round < 2; round++) {
    channel.sendAgain(message);
    channel.sendAgain(message);
    t.same([take(), take()], [true, false]);
  }
});

t.test('a message too long to be chat is not copied', async (t) => {
  t.equal(thinFlow({ loss: 0.1, config: { bundleMaxBytes: 99 } }).copies, 0);
});

t.test('an unreliable message is never copied: each copy would be delivered', async (t) => {
  const pair = new Pair({ seed: 4, delay: 10 }).connect();
  pair.fate = () => ({ drop: randomFloat(pair.random) < 0.2 });
  for (let i = 0; i < 300; i++) {
    pair.connection.send(4, new Uint8Array(20));
    pair.connection.send(3, new TextEncoder().encode(`${i}`));
    pair.run(20);
  }
  const texts = pair.texts('server', 3);
  t.ok(pair.connection.stats(pair.now).copies > 100);
  t.equal(new Set(texts).size, texts.length);
});

t.test('copies stop while a queue grows, for then loss is congestion', async (t) => {
  const flow = { loss: 0.1, count: 100 };
  const growing = thinFlow({ ...flow, extraDelay: (now) => Math.max(0, (now - 1_000) / 50) });
  const steady = thinFlow(flow);
  t.ok(growing.copies < steady.copies / 2, `${growing.copies} against ${steady.copies}`);
});

t.test('copies cost no more than their budget', async (t) => {
  const copyFloor = { connection: 0.5, endpoint: 1_000 };
  const flow = { loss: 0.1, count: 2_000, interval: 5 };
  const { copies } = thinFlow({ ...flow, config: { copyFloor, copyShare: 0 } });
  const allowed = (0.5 * (2_000 * 5 + 5_000 + 250)) / 104;
  t.ok(copies > 0 && copies <= allowed, `${copies} of ${allowed}`);
});

t.test('a budget fills with a share of what is delivered, and forgets it again', async (t) => {
  const budget = new RedundancyBudget({ share: 0.25, floor: 1 });
  budget.take(0, 250);
  t.notOk(budget.has(0, 1));
  t.ok(budget.has(100, 99));
  budget.onDelivered(100, 1_000_000);
  t.ok(budget.has(200, 2_000), 'a quarter of 100 bytes a ms');
  budget.take(100_000, 250);
  t.notOk(budget.has(100_001, 2), 'back at the floor');
});

t.test('at 10 % loss p99 is below what any wait for a sign of loss could reach', async (t) => {
  const { p99, bound } = latencyUnderLoss({ loss: 0.1, delay: 10 });
  t.ok(p99 < bound, `${p99} ms, reactive bound ${bound} ms`);
});
