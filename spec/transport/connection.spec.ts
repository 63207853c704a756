import t from 'tap';
import { randomFloat } from '../../lib/base/random.ts';
import { Pair } from '../support/pair.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

t.test('a connection stands after two round trips, and both sides say so', async (t) => {
  const pair = new Pair({ delay: 10 }).connect();
  t.equal(pair.connection.state, 'established');
  t.ok(pair.now <= 1_051, `at ${pair.now}`);
});

t.test('200 messages each way at 30 % loss arrive once and in order', async (t) => {
  for (const seed of [1, 2, 3, 4, 5]) {
    const pair = new Pair({ seed, delay: 100 });
    pair.fate = () => ({ drop: randomFloat(pair.random) < 0.3 });
    pair.connect();
    const want = Array.from({ length: 200 }, (_, i) => `line ${i}`);
    for (const text of want) {
      pair.connection.send(4, encode(text));
      pair.accepted?.send(4, encode(text));
    }
    const done = () => pair.texts('client', 4).length === 200 && pair.texts('server', 4).length === 200;
    t.ok(pair.run(120_000, done), `seed ${seed}: all came by ${pair.now}`);
    t.same(pair.texts('client', 4), want);
    t.same(pair.texts('server', 4), want);
    pair.run(5_000, () => pair.connection.inspect().bytesInFlight === 0);
    t.equal(pair.connection.inspect().bytesInFlight, 0);
  }
});

t.test('a message of 64 KiB is put together from its parts', async (t) => {
  const pair = new Pair().connect();
  const bytes = Uint8Array.from({ length: 65_536 }, (_, i) => i * 7);
  pair.fate = () => ({ drop: randomFloat(pair.random) < 0.1 });
  pair.connection.send(0, bytes);
  t.ok(pair.run(20_000, () => pair.serverEvents.some(({ type }) => type === 'message')));
  const message = pair.serverEvents.find((event) => event.type === 'message');
  t.ok(message?.type === 'message' && Buffer.from(message.bytes).equals(bytes));
});
