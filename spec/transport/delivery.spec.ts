import t from 'tap';
import { randomFloat } from '../../lib/base/random.ts';
import { TransportError } from '../../lib/transport/errors.ts';
import { Pair } from '../support/pair.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

const isMessage = ({ type }: { type: string }): boolean => type === 'message';

function lines(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `line ${i}`);
}

t.test('200 messages each way at 30 % loss arrive once and in order', async (t) => {
  for (const seed of [1, 2, 3, 4, 5]) {
    const pair = new Pair({ seed, delay: 100 });
    pair.fate = () => ({ drop: randomFloat(pair.random) < 0.3 });
    pair.connect();
    const want = lines(200);
    for (const text of want) {
      pair.connection.send(4, encode(text));
      pair.accepted?.send(4, encode(text));
    }
    const came = (side: 'client' | 'server'): boolean => pair.texts(side, 4).length === 200;
    t.ok(
      pair.run(120_000, () => came('client') && came('server')),
      `seed ${seed}`,
    );
    t.same(pair.texts('client', 4), want);
    t.same(pair.texts('server', 4), want);
    pair.run(5_000, () => pair.connection.inspect().bytesInFlight === 0);
    t.equal(pair.connection.inspect().bytesInFlight, 0);
  }
});

t.test('duplicates, reordering and corruption reach nobody', async (t) => {
  for (const seed of [1, 2, 3]) {
    const pair = new Pair({ seed, delay: 20 });
    pair.fate = ({ bytes }) => {
      const corrupt = randomFloat(pair.random) < 0.1;
      const flipped = bytes.slice();
      const at = Math.floor(randomFloat(pair.random) * bytes.length);
      flipped[at] = (flipped[at] ?? 0) ^ 0x10;
      return {
        drop: randomFloat(pair.random) < 0.1,
        copies: randomFloat(pair.random) < 0.2 ? 2 : 1,
        delay: 5 + 60 * randomFloat(pair.random),
        bytes: corrupt ? flipped : bytes,
      };
    };
    pair.connect();
    for (const text of lines(300)) pair.connection.send(0, encode(text));
    t.ok(
      pair.run(60_000, () => pair.texts('server', 0).length === 300),
      `seed ${seed}`,
    );
    t.same(pair.texts('server', 0), lines(300));
  }
});

t.test('a message of 1 MiB is put together from its parts, one byte more is refused', async (t) => {
  const pair = new Pair().connect();
  const bytes = Uint8Array.from({ length: 1_048_576 }, (_, i) => i * 7 + (i >> 8));
  pair.fate = () => ({ drop: randomFloat(pair.random) < 0.02 });
  pair.connection.send(0, bytes);
  t.ok(pair.run(60_000, () => pair.serverEvents.some(isMessage)));
  const message = pair.serverEvents.find((event) => event.type === 'message');
  t.ok(message?.type === 'message' && Buffer.from(message.bytes).equals(bytes));
  t.throws(() => pair.connection.send(0, new Uint8Array(1_048_577)), {
    code: 'ERR_MESSAGE_TOO_LONG',
  });
});

t.test('an empty message is a message', async (t) => {
  const pair = new Pair().connect();
  pair.connection.send(0, new Uint8Array(0));
  pair.connection.send(0, encode('after'));
  pair.run(1_000);
  t.same(pair.texts('server', 0), ['', 'after']);
});

t.test('a loss on one channel does not hold back another', async (t) => {
  const pair = new Pair({ delay: 50 }).connect();
  pair.run(500);
  pair.fate = ({ to }) => ({ drop: to === 'server' });
  pair.connection.send(4, encode('lost at first'));
  pair.flush();
  pair.fate = () => undefined;
  pair.connection.send(8, encode('swift'));
  pair.run(60);
  t.same(pair.texts('server', 8), ['swift']);
  t.same(pair.texts('server', 4), []);
  pair.run(500);
  t.same(pair.texts('server', 4), ['lost at first']);
});

t.test('an unordered channel delivers what is there, an unreliable one forgets', async (t) => {
  const pair = new Pair({ delay: 50 }).connect();
  pair.run(500);
  pair.fate = ({ to }) => ({ drop: to === 'server' });
  pair.connection.send(1, encode('a'));
  pair.connection.send(3, encode('typing'));
  pair.flush();
  pair.fate = () => undefined;
  pair.connection.send(1, encode('b'));
  pair.connection.send(3, encode('typing more'));
  pair.run(2_000);
  t.same(pair.texts('server', 1), ['b', 'a']);
  t.same(pair.texts('server', 3), ['typing more']);
});

t.test('a reader that stops reading stops the writer, and nothing is lost', async (t) => {
  const pair = new Pair({ delay: 1 }).connect();
  pair.reads = false;
  const block = new Uint8Array(60_000);
  let sent = 0;
  for (let i = 0; i < 200; i++) {
    if (!pair.connection.send(0, block)) pair.run(200);
    sent++;
    if (pair.connection.stats(pair.now).bytesQueued > 1_200_000) break;
  }
  pair.run(5_000);
  const held = pair.accepted?.inspect().bufferedReceiveBytes ?? 0;
  t.ok(held > 1_000_000 && held <= 2 * 1024 * 1024 + 256, `${held} bytes held`);
  pair.reads = true;
  t.ok(pair.run(20_000, () => pair.serverEvents.filter(isMessage).length === sent));
});

t.test(
  'send says when to wait, drain when to go on, and ignoring it ends in an error',
  async (t) => {
    const pair = new Pair().connect();
    const block = new Uint8Array(10_000);
    while (pair.connection.send(0, block)) {}
    t.ok(pair.run(60_000, () => pair.clientEvents.some(({ type }) => type === 'drain')));
    t.throws(
      () => {
        for (let i = 0; i < 1_000; i++) pair.connection.send(0, block);
      },
      { code: 'ERR_SEND_BUFFER_FULL' },
    );
    const total = pair.connection.stats(pair.now).bytesQueued;
    t.ok(
      pair.run(120_000, () => pair.connection.stats(pair.now).bytesQueued === 0),
      `${total}`,
    );
  },
);

t.test('an orderly end delivers everything first, then both sides know', async (t) => {
  const pair = new Pair({ delay: 30 });
  pair.fate = () => ({ drop: randomFloat(pair.random) < 0.2 });
  pair.connect();
  for (const text of lines(50)) pair.connection.send(0, encode(text));
  pair.connection.end(pair.now, { code: 256, reason: 'bye' });
  t.throws(() => pair.connection.send(0, encode('late')), TransportError);
  const isClosed = ({ type }: { type: string }): boolean => type === 'closed';
  t.ok(pair.run(20_000, () => pair.serverEvents.some(isClosed)));
  t.same(pair.texts('server', 0), lines(50));
  const last = { type: 'closed', close: { by: 'peer', code: 256, reason: 'bye' } };
  t.match(pair.serverEvents.at(-1), last);
  t.match(pair.clientEvents.at(-1), { type: 'closed', close: { by: 'local' } });
});

t.test('after a close nothing stays armed, in flight or in the table', async (t) => {
  const pair = new Pair().connect();
  pair.connection.send(0, encode('x'));
  pair.connection.close(pair.now, { code: 0, reason: 'x'.repeat(500) });
  pair.run(60_000);
  t.equal(pair.client.nextTimeout(), Number.POSITIVE_INFINITY);
  t.equal(pair.server.nextTimeout(), Number.POSITIVE_INFINITY);
  t.ok(pair.client.isDrained && pair.server.isDrained);
  t.equal(pair.server.size, 0);
  const close = pair.serverEvents.find(({ type }) => type === 'closed');
  t.ok(close?.type === 'closed' && close.close.reason.length === 128, 'the reason is cut');
});

t.test('a client that begins anew at its address ends its old connection', async (t) => {
  const pair = new Pair().connect();
  const old = pair.accepted;
  const again = pair.client.connect(pair.now, { address: '10.0.0.1', port: 5_000 });
  t.ok(pair.run(5_000, () => again.state === 'established' && pair.accepted !== old));
  pair.run(100);
  t.equal(pair.server.size, 1);
  t.match(
    pair.serverEvents.filter(({ type }) => type === 'closed'),
    [{ close: { by: 'error' } }],
  );
});

t.test('the same seed makes the same datagrams at the same times', async (t) => {
  const trace = (seed: number): string => {
    const pair = new Pair({ seed });
    pair.fate = () => ({ drop: randomFloat(pair.random) < 0.2 });
    pair.connect();
    for (const text of lines(100)) pair.connection.send(4, encode(text));
    pair.run(20_000);
    return pair.wire.map(({ at, bytes }) => `${at} ${Buffer.from(bytes).toString('hex')}`).join();
  };
  t.equal(trace(5), trace(5));
  t.not(trace(5), trace(6));
});

t.test(
  'an unreliable message leaves the send buffer once, and an end waits for others',
  async (t) => {
    const pair = new Pair().connect();
    for (let i = 0; i < 20; i++) pair.connection.send(3, new Uint8Array(100));
    pair.run(1_000);
    t.equal(pair.connection.stats(pair.now).bytesQueued, 0);
    pair.fate = ({ to, now }) => ({ drop: to === 'server' && now < 2_500 });
    pair.connection.send(4, encode('last words'));
    pair.connection.end(pair.now, { code: 0x100, reason: 'bye' });
    t.ok(pair.run(10_000, () => pair.texts('server', 4).length === 1));
  },
);
