import t from 'tap';
import { randomFloat } from '../../lib/base/random.ts';
import { KeyPhases } from '../../lib/transport/key-phases.ts';
import { Pair } from '../support/pair.ts';

const TEXT = new TextEncoder();

/** Keeps both sides talking for a while; returns what the server read. */
function talk(pair: Pair, lines: number, every = 20): string[] {
  for (let i = 0; i < lines; i++) {
    if (pair.connection.isOpen) pair.connection.send(4, TEXT.encode(`line ${i}`));
    if (pair.accepted?.isOpen) pair.accepted.send(8, TEXT.encode(`answer ${i}`));
    pair.run(every);
  }
  pair.run(2_000);
  return pair.texts('server', 4);
}

function updates(pair: Pair): { client: number; server: number } {
  return {
    client: pair.connection.inspect().keyUpdates,
    server: pair.accepted?.inspect().keyUpdates ?? 0,
  };
}

t.test(
  'encrypted, both sides know each other, and nothing of what is said can be read',
  async (t) => {
    const pair = new Pair({ handshakes: 'noise' }).connect();
    const lines = talk(pair, 20);
    t.equal(lines.length, 20);
    t.equal(pair.connection.peerKey?.length, 32);
    t.equal(pair.accepted?.peerKey?.length, 32);
    const wire = Buffer.concat(pair.wire.map(({ bytes }) => bytes));
    t.notOk(wire.includes('line 3'));
    const keys = [pair.connection.peerKey, pair.accepted?.peerKey];
    t.notOk(
      keys.some((key) => key !== undefined && wire.includes(Buffer.from(key))),
      'nor who they are',
    );
  },
);

t.test('keys change by count, on both sides together, and no line is lost', async (t) => {
  const pair = new Pair({ handshakes: 'noise', config: { rekeyPackets: 10 } }).connect();
  const lines = talk(pair, 200);
  t.equal(lines.length, 200);
  const { client, server } = updates(pair);
  t.equal(client, server);
  t.ok(client >= 10, `${client} updates`);
  t.equal(pair.accepted?.stats(pair.now).packetsRejected, 0);
  t.equal(pair.connection.stats(pair.now).packetsRejected, 0);
});

t.test('keys change after an hour, however little was said', async (t) => {
  const pair = new Pair({ handshakes: 'noise' }).connect();
  pair.run(3_599_000);
  t.same(updates(pair), { client: 0, server: 0 });
  pair.run(10_000);
  t.same(updates(pair), { client: 1, server: 1 });
});

t.test('a change of keys survives loss, reordering and copies', async (t) => {
  for (let seed = 1; seed <= 20; seed++) {
    const pair = new Pair({ seed, handshakes: 'noise', config: { rekeyPackets: 5 } }).connect();
    pair.fate = () => ({
      drop: randomFloat(pair.random) < 0.3,
      delay: 5 + randomFloat(pair.random) * 60,
      copies: randomFloat(pair.random) < 0.1 ? 2 : 1,
    });
    const lines = talk(pair, 100);
    pair.run(20_000, () => pair.texts('server', 4).length === 100);
    t.same(
      pair.texts('server', 4),
      Array.from({ length: 100 }, (_, i) => `line ${i}`),
      `seed ${seed}, ${lines.length} lines in time`,
    );
    t.ok(updates(pair).client >= 3, `seed ${seed}`);
    t.equal(pair.connection.state, 'established');
  }
});

/** A protection that says which generation it is, in place of keeping a secret. */
function generation(number: number): ConstructorParameters<typeof KeyPhases>[0]['protection'] {
  return {
    tagLength: 1,
    seal: (packet, _, end) => {
      packet[end] = number;
    },
    open: (packet, headerLength) =>
      packet.at(-1) === number ? packet.subarray(headerLength, -1) : undefined,
    next: () => generation(number + 1),
  };
}

t.test(
  'no second update before the first is acknowledged; old keys go after three PTOs',
  async (t) => {
    const { config } = { config: { rekeyPackets: 2, rekeyInterval: 3_600_000 } };
    const keys = new KeyPhases({ now: 0, protection: generation(0), config: config as never });
    let number = 0;
    const seal = (): number => {
      const packet = new Uint8Array(2);
      keys.seal(packet, 0, 1, number++);
      return packet[1] ?? -1;
    };
    const open = (now: number, from: number, keyPhase: 0 | 1, received: number): boolean =>
      keys.open(
        now,
        new Uint8Array([0, from]),
        { keyPhase, headerLength: 0, number: received },
        10,
      ) !== undefined;
    t.same([seal(), seal(), seal()], [0, 0, 0]);
    keys.refresh(1);
    t.equal(seal(), 0, 'nothing is acknowledged');
    keys.onAcked(0);
    keys.refresh(2);
    t.same([seal(), keys.phase], [1, 1]);
    t.ok(open(3, 0, 0, 5), 'the peer has not followed yet');
    keys.onAcked(2);
    for (let i = 0; i < 5; i++) keys.refresh(4 + i);
    t.equal(seal(), 1, 'an ack of the last phase confirms nothing');
    t.ok(open(10, 1, 1, 9), 'the peer follows');
    t.ok(open(20, 0, 0, 7), 'late, with the old keys');
    t.notOk(open(20, 0, 0, 11), 'old keys above new ones');
    keys.onAcked(number - 1);
    keys.refresh(39);
    t.equal(keys.updates, 1);
    t.notOk(open(41, 0, 0, 8), 'the old keys are gone');
    keys.refresh(41);
    t.same([seal(), keys.phase], [2, 0]);
  },
);

t.test('the peer begins: its first packet of the next phase turns ours', async (t) => {
  const keys = new KeyPhases({
    now: 0,
    protection: generation(0),
    config: { rekeyPackets: 100, rekeyInterval: 100 } as never,
  });
  const open = (from: number, keyPhase: 0 | 1, number: number): boolean =>
    keys.open(0, new Uint8Array([0, from]), { keyPhase, headerLength: 0, number }, 10) !==
    undefined;
  t.ok(open(0, 0, 3));
  t.notOk(open(0, 1, 4), 'a bit that was flipped, or forged, turns nothing');
  t.equal(keys.phase, 0);
  t.ok(open(1, 1, 5));
  t.equal(keys.phase, 1);
  t.ok(open(0, 0, 4));
});
