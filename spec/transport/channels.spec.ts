import t from 'tap';
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
