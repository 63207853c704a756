import t from 'tap';
import { randomFloat } from '../../lib/base/random.ts';
import { Pair } from '../support/pair.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Lengths of the messages that came on a channel. */
function lengths(pair: Pair, channel: number): number[] {
  return pair.serverEvents.flatMap((event) =>
    event.type === 'message' && event.channel === channel ? [event.bytes.length] : [],
  );
}

t.test('the longest messages follow each other without a stall on one channel', async (t) => {
  const pair = new Pair({ delay: 5 }).connect();
  const longest = new Uint8Array(1_048_576);
  for (let i = 0; i < 6; i++) pair.connection.send(0, longest);
  t.ok(pair.run(60_000, () => lengths(pair, 0).length === 6));
});

t.test('the more urgent channel is sent first, equals take turns', async (t) => {
  const pair = new Pair({ delay: 20 }).connect();
  pair.run(500);
  pair.connection.setPriority(8, 7);
  pair.connection.setPriority(12, 7);
  pair.connection.setPriority(16, 1);
  const block = new Uint8Array(1_000);
  for (let i = 0; i < 50; i++)
    for (const channel of [8, 12, 4, 16]) {
      pair.connection.send(channel, block);
    }
  pair.run(10_000);
  const order = pair.serverEvents.flatMap((event) =>
    event.type === 'message' ? [event.channel] : [],
  );
  t.same(
    order.slice(0, 50),
    Array.from({ length: 50 }, () => 16),
  );
  t.same(
    order.slice(50, 100),
    Array.from({ length: 50 }, () => 4),
  );
  const rest = order.slice(100);
  t.equal(rest.length, 100);
  for (let i = 0; i < 100; i += 2) {
    t.same(new Set(rest.slice(i, i + 2)), new Set([8, 12]), `turn ${i / 2}`);
  }
});

t.test('a priority that is none is refused', async (t) => {
  const pair = new Pair().connect();
  for (const wrong of [-1, 8, 1.5, Number.NaN]) {
    t.throws(() => pair.connection.setPriority(4, wrong), { code: 'ERR_CHANNEL' });
  }
});

t.test('a channel that is full says so for itself alone', async (t) => {
  const pair = new Pair({ delay: 1 }).connect();
  while (pair.connection.send(8, new Uint8Array(60_000))) {}
  t.ok(pair.connection.send(4, encode('room')), 'the other one has room');
  const isDrain = ({ type }: { type: string }): boolean => type === 'drain';
  t.ok(pair.run(30_000, () => pair.clientEvents.some(isDrain)));
  t.match(pair.clientEvents.filter(isDrain), [{ type: 'drain', channel: 8 }]);
});

t.test('a message whose lifetime is over before its turn is dropped without a word', async (t) => {
  const pair = new Pair({ delay: 20 }).connect();
  pair.run(500);
  for (const channel of [1, 2, 3]) {
    pair.fate = () => ({ drop: true });
    pair.connection.send(0, new Uint8Array(60_000));
    for (let i = 0; i < 20; i++) {
      pair.connection.send(channel, encode(`late ${i}`), { expiresAt: pair.now + 50 });
    }
    pair.connection.setPriority(channel, 7);
  }
  pair.run(100);
  pair.fate = () => undefined;
  for (const channel of [1, 2, 3]) pair.connection.send(channel, encode('in time'));
  pair.run(5_000);
  for (const channel of [1, 2, 3]) t.same(pair.texts('server', channel), ['in time']);
  const { givenUp, bytesQueued } = pair.connection.stats(pair.now);
  t.same([givenUp, bytesQueued], [60, 0]);
});

t.test('on a channel with gaps the next message waits for a lost one only so long', async (t) => {
  const pair = new Pair({ delay: 20 }).connect();
  pair.run(500);
  pair.connection.send(2, encode('first'), { expiresAt: pair.now + 30 });
  pair.fate = ({ to }) => ({ drop: to === 'server' });
  pair.connection.send(2, encode('lost'), { expiresAt: pair.now + 30 });
  pair.flush();
  pair.fate = () => undefined;
  pair.run(5);
  pair.connection.send(2, encode('next'), { expiresAt: pair.now + 30 });
  pair.connection.send(2, encode('for ever'));
  const sent = pair.now;
  t.ok(pair.run(5_000, () => pair.texts('server', 2).length === 2));
  t.same(pair.texts('server', 2), ['next', 'for ever']);
  t.ok(pair.now - sent < 120, `${pair.now - sent} ms`);
});

t.test(
  'a long message that is late is not sent to its end, and frees all its credit',
  async (t) => {
    for (const channel of [1, 2]) {
      // A pair's link has no limit, and a model of it soon allows a message in its lifetime.
      const pair = new Pair({ delay: 20, config: { congestionControl: 'newreno' } }).connect();
      pair.run(500);
      const sizeBefore = pair.sizes.server;
      for (let i = 0; i < 12; i++) {
        pair.connection.send(channel, new Uint8Array(1_048_576), { expiresAt: pair.now + 60 });
        pair.run(200);
      }
      pair.connection.send(channel, encode('end'));
      t.ok(pair.run(2_000, () => pair.texts('server', channel).at(-1) === 'end'));
      t.equal(lengths(pair, channel).length, 1, 'none of the long ones');
      t.ok(pair.sizes.server - sizeBefore < 4 * 1_048_576);
      t.equal(pair.accepted?.inspect().bufferedReceiveBytes, 0, 'nothing half done is kept');
      pair.run(1_000);
      t.equal(pair.connection.stats(pair.now).bytesQueued, 0);
    }
  },
);

t.test('with lifetimes and loss, order holds and each message comes at most once', async (t) => {
  for (const seed of [1, 2, 3, 4, 5, 6]) {
    const pair = new Pair({ seed, delay: 30 });
    pair.fate = () => ({ drop: randomFloat(pair.random) < 0.3 });
    pair.connect();
    for (let i = 0; i < 400; i++) {
      const options = { expiresAt: pair.now + 20 + 100 * randomFloat(pair.random) };
      pair.connection.send(2, encode(`${i}`.padStart(4)), options);
      pair.connection.send(1, encode(`${i}`), options);
      pair.run(10);
    }
    pair.connection.send(2, encode('last'));
    t.ok(
      pair.run(20_000, () => pair.texts('server', 2).at(-1) === 'last'),
      `seed ${seed}`,
    );
    const ordered = pair.texts('server', 2);
    t.same(ordered, [...new Set(ordered)].sort(), `seed ${seed}`);
    t.ok(ordered.length > 200 && ordered.length < 401, `seed ${seed}: ${ordered.length} came`);
    const unordered = pair.texts('server', 1);
    t.equal(new Set(unordered).size, unordered.length);
    pair.run(20_000, () => pair.connection.stats(pair.now).bytesQueued === 0);
    t.equal(pair.connection.stats(pair.now).bytesQueued, 0);
  }
});

t.test('a lifetime on a channel that promises every message is refused', async (t) => {
  const pair = new Pair().connect();
  t.throws(() => pair.connection.send(4, encode('x'), { expiresAt: pair.now + 1 }), {
    code: 'ERR_CHANNEL',
  });
});

t.test('an orderly end does not wait for what nobody waits for any more', async (t) => {
  const pair = new Pair({ delay: 20 }).connect();
  pair.run(500);
  pair.fate = ({ to }) => ({ drop: to === 'server' });
  for (let i = 0; i < 100; i++) {
    pair.connection.send(2, new Uint8Array(5_000), { expiresAt: pair.now + 100 });
  }
  pair.connection.end(pair.now, { code: 256, reason: 'bye' });
  pair.run(150);
  pair.fate = () => undefined;
  const isClosed = ({ type }: { type: string }): boolean => type === 'closed';
  const start = pair.now;
  t.ok(pair.run(9_000, () => pair.serverEvents.some(isClosed)));
  t.ok(pair.now - start < 1_000, `${pair.now - start} ms`);
});

t.test('a channel that is paused stops its sender and no other, and loses nothing', async (t) => {
  const pair = new Pair({ delay: 5 }).connect();
  const paused = [8, 12];
  for (const channel of paused) pair.accepted?.setPaused(channel, true);
  const block = new Uint8Array(60_000);
  for (let i = 0; i < 60; i++) {
    for (const channel of paused) pair.connection.send(channel, block);
    for (let j = 0; j < 5; j++) pair.connection.send(4, encode(`${i * 5 + j}`));
    pair.run(100);
  }
  for (let i = 0; i < 12; i++) {
    pair.connection.send(16, new Uint8Array(1_048_576));
    pair.run(2_000);
  }
  for (const channel of paused) t.equal(lengths(pair, channel).length, 0);
  t.equal(lengths(pair, 16).length, 12, 'even the longest messages find room');
  t.equal(pair.texts('server', 4).length, 300);
  const held = pair.accepted?.inspect().bufferedReceiveBytes ?? 0;
  t.ok(held > 3_000_000 && held <= 2 * 2_097_408, `${held} bytes held, two windows at most`);
  for (const channel of paused) pair.accepted?.setPaused(channel, false);
  t.ok(pair.run(60_000, () => paused.every((channel) => lengths(pair, channel).length === 60)));
});

t.test('messages keep their order over pauses, and a close ends every pause', async (t) => {
  const pair = new Pair({ delay: 5 }).connect();
  for (let i = 0; i < 50; i++) {
    pair.connection.send(4, encode(`${i}`));
    if (i % 7 === 0) pair.accepted?.setPaused(4, i % 2 === 0);
    pair.run(4);
  }
  pair.accepted?.setPaused(4, true);
  pair.connection.send(4, encode('50'));
  pair.connection.end(pair.now, { code: 0, reason: '' });
  pair.run(2_000);
  const numbers = Array.from({ length: 51 }, (_, i) => `${i}`);
  t.same(pair.texts('server', 4), numbers);
  t.equal(pair.serverEvents.at(-1)?.type, 'closed');
});
