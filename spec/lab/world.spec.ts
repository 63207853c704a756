import t from 'tap';
import type { Checker } from '../../lib/lab/checker.ts';
import { parseImpairment } from '../../lib/lab/netem-parser.ts';
import { SimulationError, World, type WorldNode } from '../../lib/lab/world.ts';
import type { Address, Machine, Transmit } from '../../lib/transport/machine.ts';

/** Answers every datagram, one millisecond later if told to; sends what it is given. */
class Toy implements Machine {
  readonly received: { now: number; text: string }[] = [];
  readonly timeouts: number[] = [];
  readonly outbox: Transmit[] = [];
  deadline = Number.POSITIVE_INFINITY;
  echo = false;

  handleDatagram(now: number, from: Address, bytes: Uint8Array): void {
    this.received.push({ now, text: new TextDecoder().decode(bytes) });
    if (this.echo) this.outbox.push({ to: from, bytes });
  }

  handleTimeout(now: number): void {
    this.timeouts.push(now);
    this.deadline = Number.POSITIVE_INFINITY;
  }

  pollTransmit(): Transmit | undefined {
    return this.outbox.shift();
  }

  nextTimeout(): number {
    return this.deadline;
  }

  say(to: WorldNode, text: string): void {
    this.outbox.push({ to: to.address, bytes: new TextEncoder().encode(text) });
  }
}

function pair(words = '', seed = 1, checkers: Checker[] = []) {
  const result = parseImpairment(words);
  if (!result.ok) throw new Error(result.error.message);
  const world = new World({ seed, impairment: result.impairment, checkers });
  const [ana, bob] = [new Toy(), new Toy()];
  const a = world.add({ name: 'ana', address: { address: '10.0.0.1', port: 1 }, machine: ana });
  const b = world.add({ name: 'bob', address: { address: '10.0.0.2', port: 2 }, machine: bob });
  return { world, ana, bob, a, b };
}

t.test('a datagram arrives after the delay of its link and no wall clock passes', async (t) => {
  const { world, ana, bob, a, b } = pair('delay 100ms');
  bob.echo = true;
  world.act(a, () => ana.say(b, 'hi'));
  t.equal(world.inFlight, 1);
  world.run(3_600_000);
  t.same(bob.received, [{ now: 100, text: 'hi' }]);
  t.same(ana.received, [{ now: 200, text: 'hi' }]);
  t.equal(world.now, 3_600_000);
  t.equal(world.step(), false, 'nothing is due, ever');
});

t.test('a timeout runs exactly when the machine asked, in its own clock', async (t) => {
  const { world, bob } = pair();
  const late = new Toy();
  const address = { address: '10.0.0.3', port: 3 };
  const node = world.add({ name: 'late', address, machine: late, skewMs: 0.1 });
  world.act(node, () => {
    late.deadline = 33.3;
  });
  world.run(100);
  t.same(late.timeouts, [33.3]);
  t.same(bob.timeouts, []);
  world.act(node, (now) => {
    late.deadline = now + 1000;
  });
  world.jumpClock(node, 60_000);
  world.run(101);
  t.ok((late.timeouts[1] ?? 0) > 60_000, 'a clock that jumps makes its timers due');
});

t.test('a clock that runs fast has its timeouts early, one that runs slow late', async (t) => {
  for (const { driftPpm, at } of [
    { driftPpm: 1_000, at: 999.001 },
    { driftPpm: -1_000, at: 1_001.001 },
  ]) {
    const { world } = pair();
    const toy = new Toy();
    const address = { address: '10.0.0.3', port: 3 };
    const node = world.add({ name: 'toy', address, machine: toy, skewMs: 50, driftPpm });
    world.act(node, (now) => {
      t.equal(now, 50);
      toy.deadline = now + 1_000;
    });
    world.settle(2_000, () => toy.timeouts.length > 0);
    t.same(toy.timeouts, [1_050], 'when it asked, in its own clock');
    t.ok(Math.abs(world.now - at) < 0.001, `${world.now} ms in the world's`);
  }
});

t.test('a partition stops both ways until it heals', async (t) => {
  const { world, ana, bob, a, b } = pair('delay 1ms');
  world.partition(a, b);
  world.act(a, () => ana.say(b, 'lost'));
  world.act(b, () => bob.say(a, 'lost'));
  world.run(10);
  world.heal(a, b);
  world.act(a, () => ana.say(b, 'found'));
  world.run(20);
  t.same(ana.received, []);
  t.same(
    bob.received.map(({ text }) => text),
    ['found'],
  );
  t.match(world.trace.toString(), /ana -> bob 4 B partitioned\n/);
  t.match(world.trace.toString(), / 11\.000 {2}bob <- ana 5 B$/m);
});

t.test('a killed node is silent, and another may come up at its address', async (t) => {
  const { world, ana, bob, a, b } = pair('delay 5ms');
  world.act(a, () => ana.say(b, 'to nobody'));
  world.kill(b);
  world.run(10);
  t.same(bob.received, []);
  t.equal(b.alive, false);
  t.throws(() => world.act(b, () => {}), /bob is not up/);
  const again = new Toy();
  world.add({ name: 'bob2', address: b.address, machine: again });
  t.throws(() => world.add({ name: 'x', address: b.address, machine: again }), /is taken/);
  world.act(a, () => ana.say(b, 'to the new one'));
  world.run(20);
  t.same(
    again.received.map(({ text }) => text),
    ['to the new one'],
  );
});

t.test('the weather may differ by direction and change at any time', async (t) => {
  const { world, ana, bob, a, b } = pair();
  world.impair(a, b, { delay: { ms: 7, jitterMs: 0, correlation: 0, distribution: 'uniform' } });
  bob.echo = true;
  world.act(a, () => ana.say(b, '1'));
  world.run(10);
  t.same(ana.received, [{ now: 7, text: '1' }]);
  world.impairAll({ loss: { model: 'random', percent: 100, correlation: 0 } });
  world.act(a, () => ana.say(b, '2'));
  world.run(20);
  t.equal(bob.received.length, 1);
  t.match(world.trace.toString(), /ana -> bob 1 B lost$/);
});

t.test('the same seed gives the same trace, another seed another', async (t) => {
  const run = (seed: number): string => {
    const { world, ana, bob, a, b } = pair('delay 10ms 5ms loss 20% duplicate 5%', seed);
    bob.echo = true;
    for (let i = 0; i < 50; i++) world.at(i, () => world.act(a, () => ana.say(b, `line ${i}`)));
    world.run(1000);
    return `${world.trace.hash} ${world.trace.toString()}`;
  };
  t.equal(run(5), run(5));
  t.not(run(5), run(6));
  t.not(run(5).slice(0, 16), run(6).slice(0, 16));
});

t.test('a failing checker stops the run with seed, time and trace', async (t) => {
  let seen = 0;
  const checker: Checker = {
    received: (_, { from, to, bytes }) => {
      t.same([from.name, to?.name, bytes.length], ['ana', 'bob', 5]);
    },
    sent: () => seen++,
    stepped: (world, touched) => {
      if ([...touched].some(({ name }) => name === 'bob'))
        throw new Error(`no reply wanted at ${world.now}`);
    },
  };
  const { world, ana, a, b } = pair('delay 9ms', 42, [checker]);
  world.act(a, () => ana.say(b, 'hello'));
  try {
    world.run(100);
    t.fail('it must not pass');
  } catch (error) {
    if (!(error instanceof SimulationError)) throw error;
    t.match(error.message, 'no reply wanted at 9 (seed 42, at 9.000 ms)');
    t.match(error.trace, /0\.000 {2}ana -> bob 5 B\n +9\.000 {2}bob <- ana 5 B/);
    t.equal(error.seed, 42);
  }
  t.equal(seen, 1);
});

t.test('a machine that loops is stopped by a named bound', async (t) => {
  const ping = pair();
  ping.ana.echo = true;
  ping.bob.echo = true;
  ping.world.act(ping.a, () => ping.ana.say(ping.b, 'ping'));
  t.throws(() => ping.world.run(1), /endless loop: time no longer passes/);

  const stuck = pair();
  stuck.bob.handleTimeout = () => {};
  stuck.world.act(stuck.b, () => {
    stuck.bob.deadline = 5;
  });
  t.throws(() => stuck.world.run(10), /bob: a timer in the past/);

  const flood = pair();
  flood.ana.pollTransmit = () => ({ to: flood.b.address, bytes: new Uint8Array(1) });
  t.throws(() => flood.world.act(flood.a, () => {}), /ana: endless transmits/);
});

t.test('settle stops as soon as the condition holds and says when it never does', async (t) => {
  const { world, ana, bob, a, b } = pair('delay 50ms');
  world.act(a, () => ana.say(b, 'hi'));
  t.equal(
    world.settle(1000, () => bob.received.length > 0),
    true,
  );
  t.equal(world.now, 50);
  t.equal(
    world.settle(1000, () => bob.received.length > 1),
    false,
  );
  t.equal(world.now, 1050);
});

t.test('an injected datagram is taken for one of its sender', async (t) => {
  const { world, bob, a, b } = pair();
  world.inject(a, b, new TextEncoder().encode('forged'));
  world.run(1);
  t.same(
    bob.received.map(({ text }) => text),
    ['forged'],
  );
});
