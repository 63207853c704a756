import t from 'tap';
import { SeededRandom } from '../../lib/base/random.ts';
import type { MessageEvent } from '../../lib/client/events.ts';
import { ChatLedger } from '../../lib/lab/chat-ledger.ts';
import { ConnectionChecker } from '../../lib/lab/connection-checker.ts';
import type { Impairment } from '../../lib/lab/impairment.ts';
import { Ledger } from '../../lib/lab/ledger.ts';
import { Mischief } from '../../lib/lab/mischief.ts';
import { runTransportScenario } from '../../lib/lab/transport-scenario.ts';
import { randomBottleneck, randomWeather } from '../../lib/lab/weather.ts';
import { World } from '../../lib/lab/world.ts';
import { Endpoint } from '../../lib/transport/endpoint.ts';
import type { Transmit } from '../../lib/transport/machine.ts';
import { worldPair } from '../support/world-pair.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

t.test('the ledger objects to a message that is lost, late, doubled or made up', async (t) => {
  const ledger = new Ledger();
  for (const text of ['1', '2', '3']) ledger.send('a to b', 4, bytes(text));
  ledger.receive('a to b', 4, bytes('1'));
  t.throws(() => ledger.receive('a to b', 4, bytes('3')), /invariant 2: .* overtook 1 others/);
  t.throws(() => ledger.receive('a to b', 4, bytes('1')), /invariant 1: .* came before/);
  t.throws(() => ledger.receive('b to a', 4, bytes('2')), /invariant 1: .* was not sent/);
  t.equal(ledger.missing, 2);
  ledger.send('a to b', 5, bytes('x'));
  ledger.send('a to b', 5, bytes('y'));
  ledger.receive('a to b', 5, bytes('y'));
  ledger.receive('a to b', 5, bytes('x'));
  t.throws(() => ledger.receive('a to b', 5, bytes('x')), /invariant 1/, 'unordered, but once');
  ledger.send('a to b', 3, bytes('maybe'));
  t.equal(ledger.missing, 2, 'what may be lost is not missed');
});

t.test(
  'the chat ledger objects when two screens differ, or a line is answered twice',
  async (t) => {
    const line = (seq: number, id: string, text: string): MessageEvent => ({
      type: 'message',
      room: '#lobby',
      seq,
      id,
      nick: 'ana',
      kind: 'text',
      text,
      at: 0,
      own: false,
      history: false,
    });
    const begin = () => {
      const ledger = new ChatLedger();
      for (const id of ['a', 'b', 'c']) ledger.typed(id, `text of ${id}`);
      const [ana, bob] = [ledger.screen('ana'), ledger.screen('bob')];
      ledger.show(ana, line(1, 'a', 'text of a'));
      return { ledger, ana, bob };
    };
    const { ledger, ana, bob } = begin();
    t.throws(() => ledger.show(bob, line(1, 'b', 'text of b')), /invariant 2: .* on other screens/);
    t.throws(() => ledger.show(begin().bob, line(1, 'a', 'forged')), /invariant 2|invariant 13/);
    t.throws(() => ledger.show(ana, line(1, 'a', 'text of a')), /invariant 2: .* follows line 1/);
    t.throws(() => ledger.show(ana, line(3, 'c', 'text of c')), /invariant 2: .* follows line 1/);
    t.throws(() => ledger.show(ana, line(2, 'a', 'text of a')), /invariant 1/, 'under two numbers');
    const accepted = { type: 'accepted', room: '#lobby', id: 'b', seq: 2, at: 0 } as const;
    t.throws(() => ledger.show(ana, accepted), /invariant 1: .* answered twice, or never typed/);
  },
);

/** A connected pair of endpoints in a world with a connection checker. */
function pair() {
  return worldPair(
    (connectionsOf) => new ConnectionChecker({ connectionsOf, receiveBudget: 1_000 }),
  );
}

t.test('a healthy pair passes the connection checker', async (t) => {
  const { world, connection } = pair();
  t.equal(connection.state, 'established');
  world.run(60_000);
  t.ok(world.steps > 100);
});

t.test('a packet number used again is noticed on the wire', async (t) => {
  const { world, a, b } = pair();
  const transmit = a.machine.pollTransmit.bind(a.machine);
  let last: Transmit | undefined;
  a.machine.pollTransmit = (now) => {
    const next = transmit(now);
    if (next !== undefined) last = { to: next.to, bytes: next.bytes.slice() };
    else if (last !== undefined) {
      const again = last;
      last = undefined;
      return again;
    }
    return next;
  };
  t.throws(() => world.run(10_000), /invariant 3: a: a packet number that is not the next/);
  t.ok(b.node.alive);
});

t.test('bytes in flight that do not add up are noticed', async (t) => {
  const { world, connection } = pair();
  const inspect = connection.inspect.bind(connection);
  connection.inspect = () => ({ ...inspect(), bytesInFlight: 7 });
  t.throws(() => world.run(10_000), /invariant 5: .* 7 B in flight, \d+ B unresolved/);
});

t.test('a peer that is taken for dead too early, or never, is noticed', async (t) => {
  const early = pair();
  const inspect = early.connection.inspect.bind(early.connection);
  early.connection.inspect = () => ({ ...inspect(), liveness: 'dead' });
  t.throws(() => early.world.run(10_000), /invariant 18: .* dead, but heard/);
  const never = pair();
  const real = never.connection.inspect.bind(never.connection);
  never.connection.inspect = () => ({ ...real(), lastHeard: -60_000 });
  t.throws(() => never.world.run(10_000), /invariant 18: .* suspect for \d+/);
});

t.test('more unread messages than the budget are noticed', async (t) => {
  const { world, a, connection } = pair();
  const inspect = connection.inspect.bind(connection);
  connection.inspect = () => ({ ...inspect(), bufferedReceiveBytes: 1_001 });
  t.throws(() => world.act(a.node, () => connection.send(0, bytes('x'))) ?? world.run(5_000), {
    message: /invariant 10: .* holds 1001 B/,
  });
});

t.test('a packet that nobody can read is noticed on the wire', async (t) => {
  const { world, a } = pair();
  const transmit = a.machine.pollTransmit.bind(a.machine);
  a.machine.pollTransmit = (now) => {
    const next = transmit(now);
    // 0xff begins no frame; it stands in front of the tag.
    if (next !== undefined) next.bytes[next.bytes.length - 5] = 0xff;
    return next;
  };
  t.throws(() => world.run(10_000), /invariant 14: sent a frame that cannot be read/);
});

t.test('what never arrives though all faults healed is noticed', async (t) => {
  const { receive } = Ledger.prototype;
  t.teardown(() => {
    Ledger.prototype.receive = receive;
  });
  let withheld = 0;
  Ledger.prototype.receive = function (this: Ledger, flow, channel, message) {
    if (channel === 1 && withheld++ === 0) return;
    receive.call(this, flow, channel, message);
  };
  const run = () => runTransportScenario({ seed: 1, impairment: {} });
  t.throws(run, /invariant 17: 1 missing, 0 unsent, 2 of 2 up/);
});

t.test('an endpoint that is not done after close is noticed', async (t) => {
  t.intercept(Endpoint.prototype, 'isDrained', { get: () => false, configurable: true });
  const run = () => runTransportScenario({ seed: 1, impairment: {}, messages: 1 });
  t.throws(run, /invariant 20: 2 endpoints are not drained/);
});

const percentOf = (loss: Impairment['loss']): number =>
  loss?.model === 'random' ? loss.percent : 0;

t.test('random weather stays within its limits and mischief within its share', async (t) => {
  const random = new SeededRandom(1);
  for (let i = 0; i < 500; i++) {
    const { loss, delay } = randomWeather(random);
    const share = loss?.model === 'gemodel' ? (100 * loss.p) / (loss.p + loss.r) : percentOf(loss);
    if (share > 30.001 || (delay?.ms ?? 0) > 150) t.fail(JSON.stringify({ loss, delay }));
  }
  for (let i = 0; i < 500; i++) {
    const { rate = 0, limit = 0 } = randomBottleneck(random);
    if (rate < 256_000 || rate > 20e6 || limit < 10 || limit > 200) t.fail(`${rate} ${limit}`);
  }
  const { node } = pair().a;
  const mischief = new Mischief({ random, percent: 10 });
  const world = new World({ seed: 1 });
  for (let i = 0; i < 1_000; i++) mischief.sent(world, { from: node, to: node, bytes: bytes('x') });
  let planned = 0;
  node.machine.pollTransmit = () => undefined;
  world.inject = () => {
    planned++;
  };
  world.run(60_000);
  t.ok(Math.abs(planned - 100) < 40, `${planned} of 1000`);
});
