import t from 'tap';
import { randomFloat } from '../../lib/base/random.ts';
import { plaintext } from '../../lib/crypto/plaintext.ts';
import { HmacRetryTokens } from '../../lib/crypto/retry-tokens.ts';
import { World } from '../../lib/lab/world.ts';
import type { Connection } from '../../lib/transport/connection.ts';
import { Endpoint } from '../../lib/transport/endpoint.ts';
import type { Address } from '../../lib/transport/machine.ts';
import { Forger } from '../support/forger.ts';
import { Pair } from '../support/pair.ts';

const SERVER = { address: '10.0.0.1', port: 5_000 };
const CLIENT = { address: '10.0.0.2', port: 40_000 };
const REBOUND = { address: '10.0.0.2', port: 51_234 };
const ELSEWHERE = { address: '192.168.7.7', port: 40_000 };
const STRANGER = { address: '10.0.0.66', port: 6_666 };

function connected(options: ConstructorParameters<typeof Pair>[0] = {}): Pair {
  const pair = new Pair(options).connect();
  pair.run(1_000);
  return pair;
}

/** Bytes of UDP payload that went to the client's side at `address`, and came from it. */
function traffic(pair: Pair, { address, port }: Address): { sent: number; received: number } {
  const sum = { sent: 0, received: 0 };
  for (const { to, client, bytes } of pair.wire) {
    if (client.address !== address || client.port !== port) continue;
    sum[to === 'client' ? 'sent' : 'received'] += bytes.length;
  }
  return sum;
}

t.test('a NAT that rebinds in the middle of a chat loses nothing, at 20 % loss', async (t) => {
  for (let seed = 1; seed <= 10; seed++) {
    const pair = connected({ seed });
    pair.fate = () => ({ drop: randomFloat(pair.random) < 0.2 });
    const lines = Array.from({ length: 60 }, (_, i) => `line ${i}`);
    for (const [i, line] of lines.entries()) {
      if (i === 20) pair.clientAddress = REBOUND;
      if (i === 40) pair.clientAddress = ELSEWHERE;
      pair.connection.send(0, new TextEncoder().encode(line));
      pair.accepted?.send(0, new TextEncoder().encode(line));
      pair.run(50);
    }
    pair.run(5_000);
    t.same(pair.texts('server', 0), lines, `seed ${seed}`);
    t.same(pair.texts('client', 0), lines, `seed ${seed}`);
    t.same(pair.accepted?.remote, ELSEWHERE);
    t.equal(pair.server.size, 1, 'the same connection');
  }
});

t.test('a client that only listens is found again by its next heartbeat', async (t) => {
  const pair = connected();
  pair.clientAddress = REBOUND;
  t.ok(pair.run(2_000, () => pair.accepted?.remote.port === REBOUND.port));
  pair.accepted?.send(4, new Uint8Array([1]));
  const start = pair.now;
  t.ok(pair.run(1_000, () => pair.clientEvents.some(({ type }) => type === 'message')));
  t.ok(pair.now - start <= 11, `${pair.now - start} ms with 10 ms one way`);
});

t.test(
  'until the new address is proven, everything but the challenge goes to the old',
  async (t) => {
    const pair = connected();
    const forger = new Forger(pair);
    pair.fate = ({ to }) => ({ drop: to === 'client' });
    pair.server.handleDatagram(pair.now, STRANGER, forger.packet([{ type: 'ping' }]));
    pair.accepted?.send(4, new Uint8Array(10_000));
    pair.wire.length = 0;
    pair.run(100);
    t.same(pair.accepted?.remote, CLIENT);
    const strange = pair.wire.filter(({ client }) => client.port === STRANGER.port);
    t.ok(strange.length > 0 && strange.every(({ bytes }) => bytes.length < 32));
    t.ok(traffic(pair, CLIENT).sent > 10_000);
  },
);

t.test('an address that is not proven gets at most three times what came from it', async (t) => {
  for (let seed = 1; seed <= 20; seed++) {
    const pair = connected({ seed });
    pair.wire.length = 0;
    pair.clientAddress = REBOUND;
    // What the client sends arrives, nothing reaches it: challenge after challenge is sent.
    pair.fate = ({ to }) => ({ drop: to === 'client' });
    let most = 0;
    for (let i = 0; i < 200; i++) {
      if (randomFloat(pair.random) < 0.1) pair.connection.send(4, new Uint8Array(5));
      pair.run(10);
      const { sent, received } = traffic(pair, REBOUND);
      if (received > 0) most = Math.max(most, sent / received);
    }
    t.ok(most > 0 && most <= 3, `${most.toFixed(2)} times (seed ${seed})`);
    t.same(pair.accepted?.remote, CLIENT);
  }
});

t.test('nor after one packet of the smallest size, however long nothing is heard', async (t) => {
  const pair = connected();
  const packet = new Forger(pair).packet([{ type: 'ping' }]);
  pair.wire.length = 0;
  pair.fate = ({ to }) => ({ drop: to === 'client' });
  pair.server.handleDatagram(pair.now, STRANGER, packet);
  pair.run(20_000);
  const { sent } = traffic(pair, STRANGER);
  t.ok(sent > 0 && sent <= 3 * packet.length, `${sent} B for ${packet.length} B`);
});

t.test('a client takes nothing from where its server is not', async (t) => {
  const pair = connected();
  pair.fate = ({ to }) => ({ drop: to === 'client' });
  pair.accepted?.send(4, new TextEncoder().encode('right'));
  pair.flush();
  const packet = pair.wire.at(-1)?.bytes ?? new Uint8Array(0);
  for (const from of [STRANGER, { ...SERVER, port: 5_001 }]) {
    pair.client.handleDatagram(pair.now, from, packet.slice());
  }
  pair.flush();
  t.same(pair.texts('client', 4), []);
  pair.client.handleDatagram(pair.now, SERVER, packet.slice());
  pair.flush();
  t.same(pair.texts('client', 4), ['right']);
});

t.test('nor does a server before it knows that its client is who it seems', async (t) => {
  const pair = new Pair();
  pair.fate = ({ to, bytes }) => ({ drop: to === 'server' && ((bytes[0] ?? 0) & 0x80) === 0 });
  pair.run(200);
  const packet = pair.wire.findLast(({ to, bytes }) => to === 'server' && bytes.length < 1_000);
  const deliver = (from: Address): void => {
    pair.server.handleDatagram(pair.now, from, packet?.bytes.slice() ?? new Uint8Array(0));
    pair.flush();
  };
  deliver(STRANGER);
  t.equal(pair.accepted, undefined);
  deliver(CLIENT);
  t.equal(pair.accepted?.state, 'established');
});

t.test('a packet that does not open, from a third address, moves nothing', async (t) => {
  const pair = connected();
  const packet = new Forger(pair).packet([{ type: 'ping' }]);
  packet[packet.length - 1] = (packet.at(-1) ?? 0) ^ 1;
  const { packetsRejected = 0 } = pair.accepted?.stats(pair.now) ?? {};
  pair.wire.length = 0;
  pair.server.handleDatagram(pair.now, STRANGER, packet);
  pair.flush();
  t.same(pair.wire, []);
  t.equal(pair.accepted?.stats(pair.now).packetsRejected, packetsRejected + 1);
});

t.test(
  'a packet overtaken by newer ones, or a right answer from elsewhere, moves nothing',
  async (t) => {
    const pair = connected();
    const forger = new Forger(pair);
    forger.send([{ type: 'ping' }], 2_000);
    pair.wire.length = 0;
    pair.server.handleDatagram(pair.now, STRANGER, forger.packet([{ type: 'ping' }], 1_999));
    pair.flush();
    t.equal(traffic(pair, STRANGER).sent, 0, 'an old packet is no reason to ask');
    pair.server.handleDatagram(pair.now, STRANGER, forger.packet([{ type: 'ping' }], 2_001));
    pair.flush();
    const challenge = pair.wire.find(({ client }) => client.port === STRANGER.port)?.bytes;
    const data = challenge?.slice(-12, -4) ?? new Uint8Array(8);
    forger.send([{ type: 'pathResponse', data }], 1_998);
    t.same(pair.accepted?.remote, CLIENT, 'answered from the old address');
    const other = { address: '10.0.0.67', port: 1 };
    pair.server.handleDatagram(
      pair.now,
      other,
      forger.packet([{ type: 'pathResponse', data }], 1_997),
    );
    t.same(pair.accepted?.remote, CLIENT, 'answered from a third');
    const wrong = forger.packet([{ type: 'pathResponse', data: new Uint8Array(8) }], 1_996);
    pair.server.handleDatagram(pair.now, STRANGER, wrong);
    t.same(pair.accepted?.remote, CLIENT, 'a wrong answer');
    const right = forger.packet([{ type: 'pathResponse', data }], 1_995);
    pair.server.handleDatagram(pair.now, STRANGER, right);
    t.same(pair.accepted?.remote, STRANGER);
  },
);

t.test('another port keeps what was measured, another address begins anew', async (t) => {
  const pair = connected();
  const { accepted } = pair;
  for (let i = 0; i < 20; i++) accepted?.send(4, new Uint8Array(60_000));
  pair.run(3_000);
  const before = accepted?.stats(pair.now);
  const wide = before?.cwnd ?? 0;
  t.ok(wide > 20_000, `${wide}`);
  pair.clientAddress = REBOUND;
  t.ok(pair.run(2_000, () => accepted?.remote.port === REBOUND.port));
  t.equal(accepted?.stats(pair.now).cwnd, wide);
  t.equal(accepted?.stats(pair.now).srtt, before?.srtt);
  pair.clientAddress = ELSEWHERE;
  t.ok(pair.run(2_000, () => accepted?.remote.address === ELSEWHERE.address));
  t.equal(accepted?.stats(pair.now).srtt, 100, 'the first guess on private addresses');
  t.equal(accepted?.stats(pair.now).lossOut, 0);
  t.ok((accepted?.stats(pair.now).cwnd ?? 0) < wide);
});

t.test('ICMP that says nobody is there does not end a connection that stands', async (t) => {
  const pair = connected();
  for (let i = 0; i < 100; i++) pair.client.handleUnreachable();
  pair.run(1_000);
  t.equal(pair.connection.state, 'established');
});

t.test('two clients whose NAT deals out the same ports anew both keep their place', async (t) => {
  const world = new World({ seed: 1 });
  const server = new Endpoint({
    random: world.random.fork(),
    handshakes: plaintext,
    tokens: new HmacRetryTokens(new Uint8Array(32)),
  });
  const host = world.add({ name: 'server', address: SERVER, machine: server });
  const join = (port: number) => {
    const machine = new Endpoint({ random: world.random.fork(), handshakes: plaintext });
    const address = { address: '10.0.0.2', port };
    const node = world.add({ name: `port ${port}`, address, machine });
    let connection: Connection | undefined;
    world.act(node, (now) => {
      connection = machine.connect(now, SERVER);
    });
    return { node, machine, state: () => connection?.state };
  };
  const [ana, bob] = [join(1), join(2)];
  world.run(1_000);
  world.partition(ana.node, host);
  world.move(ana.node, { address: '10.0.0.2', port: 3 });
  world.move(bob.node, { address: '10.0.0.2', port: 1 });
  const ports = (): number[] =>
    [...server.connections].map(({ remote }) => remote.port).sort((a, b) => a - b);
  t.ok(
    world.settle(2_000, () => ports().join() === '1,1'),
    'one proved it, one was there before',
  );
  world.heal(ana.node, host);
  t.ok(world.settle(2_000, () => ports().join() === '1,3'));
  world.run(world.now + 20_000);
  t.same([ana.state(), bob.state()], ['established', 'established']);
  t.same(ports(), [1, 3]);
});
