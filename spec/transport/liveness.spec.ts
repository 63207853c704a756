import t from 'tap';
import { randomFloat, SeededRandom } from '../../lib/base/random.ts';
import { DEFAULT_TRANSPORT_CONFIG } from '../../lib/transport/config.ts';
import type { ConnectionEvent } from '../../lib/transport/connection-event.ts';
import { Liveness } from '../../lib/transport/liveness.ts';
import { ProbePace } from '../../lib/transport/probe-pace.ts';
import { Pair } from '../support/pair.ts';

const has = (events: readonly ConnectionEvent[], state: 'alive' | 'suspect'): boolean =>
  events.some((event) => event.type === 'liveness' && event.state === state);

const closed = (events: readonly ConnectionEvent[]): ConnectionEvent | undefined =>
  events.find(({ type }) => type === 'closed');

t.test('a peer that falls silent is suspect after 2.5 s and dead after about 5.5 s', async (t) => {
  const pair = new Pair({ delay: 1 }).connect();
  pair.run(5_000);
  const lastHeard = pair.connection.inspect().lastHeard;
  pair.fate = () => ({ drop: true });
  t.ok(pair.run(10_000, () => has(pair.clientEvents, 'suspect')));
  const suspectAfter = pair.now - lastHeard;
  t.ok(suspectAfter >= 2_500 && suspectAfter < 3_600, `suspect after ${suspectAfter} ms`);
  t.equal(closed(pair.clientEvents), undefined, 'suspicion is no verdict');
  t.ok(pair.run(10_000, () => closed(pair.clientEvents) !== undefined));
  const deadAfter = pair.now - pair.connection.inspect().lastHeard;
  t.ok(deadAfter >= 5_500 && deadAfter <= 6_500, `dead after ${deadAfter} ms`);
  t.match(closed(pair.clientEvents), { close: { by: 'timeout' } });
});

t.test('a short outage makes a peer suspect and then alive again', async (t) => {
  const pair = new Pair({ delay: 5 }).connect();
  pair.fate = () => ({ drop: true });
  pair.run(4_000);
  t.ok(has(pair.clientEvents, 'suspect'));
  pair.fate = () => undefined;
  t.ok(pair.run(2_000, () => has(pair.clientEvents, 'alive') && has(pair.serverEvents, 'alive')));
  pair.connection.send(0, new Uint8Array([1]));
  t.ok(pair.run(1_000, () => pair.serverEvents.some(({ type }) => type === 'message')));
});

t.test('nobody dies of 30 % loss each way: 12 idle hours', async (t) => {
  for (const seed of [1, 2, 3, 4]) {
    const pair = new Pair({ seed, delay: 20 });
    pair.fate = () => ({ drop: randomFloat(pair.random) < 0.3 });
    pair.connect();
    for (let hour = 0; hour < 3; hour++) {
      pair.run(3_600_000);
      pair.wire.length = 0;
    }
    t.equal(closed(pair.clientEvents), undefined, `seed ${seed}`);
    t.equal(closed(pair.serverEvents), undefined, `seed ${seed}`);
  }
});

t.test('an idle connection costs a heartbeat of the client in 1.5 s, and its answer', async (t) => {
  const pair = new Pair({ delay: 1 }).connect();
  pair.run(5_000);
  pair.wire.length = 0;
  pair.run(60_000);
  t.ok(pair.wire.length >= 72 && pair.wire.length <= 92, `${pair.wire.length} datagrams`);
  t.ok(pair.wire.every(({ bytes }) => bytes.length < 40));
});

t.test('a server whose client does not beat does so itself', async (t) => {
  const never = { private: 1e9, public: 1e9 };
  const pair = new Pair({
    delay: 1,
    config: { heartbeatInterval: never },
    serverConfig: {},
  }).connect();
  pair.run(60_000);
  t.notOk(has(pair.serverEvents, 'suspect') && has(pair.clientEvents, 'suspect'));
  t.equal(closed(pair.serverEvents), undefined);
  t.equal(closed(pair.clientEvents), undefined);
});

t.test('a process that slept suspects anew instead of declaring its peer dead', async (t) => {
  const pair = new Pair({ delay: 1 }).connect();
  pair.run(3_000);
  pair.now += 3_600_000;
  pair.client.handleTimeout(pair.now);
  t.equal(closed(pair.clientEvents), undefined);
  t.ok(pair.connection.isOpen);
  pair.run(1_000);
  t.equal(closed(pair.clientEvents), undefined);
  t.equal(pair.connection.inspect().liveness, 'alive');
});

t.test('a process that slept while it suspected its peer probes it anew', async (t) => {
  const pair = new Pair({ delay: 1 }).connect();
  pair.run(3_000);
  pair.fate = () => ({ drop: true });
  t.ok(pair.run(5_000, () => has(pair.clientEvents, 'suspect')));
  const { lastHeard } = pair.connection.inspect();
  pair.now += 60_000;
  const awake = pair.now;
  pair.client.handleTimeout(pair.now);
  t.equal(pair.connection.inspect().lastHeard, lastHeard, 'it was not heard meanwhile');
  t.ok(pair.run(10_000, () => closed(pair.clientEvents) !== undefined));
  t.ok(pair.now - awake >= 3_000, `dead ${pair.now - awake} ms after waking`);
});

t.test('probes that left late, because the process got no time, kill nobody', async (t) => {
  const starvedUntil = (seconds: number, lateness: number): Pair => {
    const pair = new Pair({ delay: 1 }).connect();
    pair.run(3_000);
    pair.fate = () => ({ drop: true });
    t.ok(pair.run(5_000, () => has(pair.clientEvents, 'suspect')));
    const end = pair.now + seconds * 1_000;
    while (pair.now < end && closed(pair.clientEvents) === undefined) {
      pair.now = Math.max(pair.client.nextTimeout() + lateness, pair.now + 1);
      pair.client.handleTimeout(pair.now);
      pair.flush();
    }
    return pair;
  };
  t.equal(closed(starvedUntil(60, 200).clientEvents), undefined, 'a turn each 350 ms');
  t.match(closed(starvedUntil(60, 20).clientEvents), { close: { by: 'timeout' } }, 'a little late');
});

t.test(
  'an answer read after a sleep neither spoils the RTT nor puts off the verdict',
  async (t) => {
    const pair = new Pair({ delay: 1 }).connect();
    pair.run(3_000);
    pair.connection.send(4, new Uint8Array(1));
    pair.flush();
    pair.now += 7_000;
    pair.run(50);
    const { srtt, rttvar } = pair.connection.stats(pair.now);
    t.ok(srtt + 4 * rttvar < 200, `srtt ${srtt} ms, rttvar ${rttvar} ms`);
    pair.fate = () => ({ drop: true });
    t.ok(pair.run(45_000, () => closed(pair.clientEvents) !== undefined));
  },
);

/** When probes leave for peers that fell silent within one heartbeat, and when all are dead, ms. */
function massDeath(peers: number): { probesAt: number[]; over: number } {
  const config = DEFAULT_TRANSPORT_CONFIG;
  const random = new SeededRandom(peers);
  const pace = new ProbePace(config.suspectProbeRate);
  const common = { config, random, pace, path: 'private', side: 'server' } as const;
  const silent = Array.from({ length: peers }, () => {
    return new Liveness({ ...common, now: randomFloat(random) * 1_500 });
  });
  const probesAt: number[] = [];
  let now = 0;
  for (;;) {
    const next = Math.min(...silent.map(({ deadline }) => deadline));
    if (next === Number.POSITIVE_INFINITY) return { probesAt, over: now };
    now = Math.max(now, next);
    for (const one of silent) {
      if (one.deadline > now) continue;
      const action = one.handleTimeout(now, 20);
      if (action === 'probe') probesAt.push(now);
    }
  }
}

t.test(
  'of 2,000 peers that fall silent at once no more than 2,000 a second are probed',
  async (t) => {
    const { probesAt, over } = massDeath(2_000);
    t.equal(probesAt.length, 2_000 * 19, 'each got its probes, the first apart');
    let most = 0;
    for (let from = 0, to = 0; to < probesAt.length; to++) {
      while ((probesAt[to] ?? 0) - (probesAt[from] ?? 0) >= 1_000) from++;
      most = Math.max(most, to - from + 1);
    }
    t.ok(most <= DEFAULT_TRANSPORT_CONFIG.suspectProbeRate + 1, `${most} in a second`);
    t.ok(over < 26_000, `all are dead after ${over} ms`);
  },
);

t.test('of 200 each is found dead as soon as one alone', async (t) => {
  const [one, many] = [massDeath(1).over, massDeath(200).over];
  t.ok(many < 1_500 + 6_500, `${many} ms, one alone ${one} ms`);
});
