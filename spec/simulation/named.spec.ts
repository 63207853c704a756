import t from 'tap';
import { SeededRandom } from '../../lib/base/random.ts';
import { ClientCore } from '../../lib/client/core.ts';
import type { ClientEvent, MessageEvent } from '../../lib/client/events.ts';
import { plaintext } from '../../lib/crypto/plaintext.ts';
import { HmacRetryTokens } from '../../lib/crypto/retry-tokens.ts';
import type { Checker } from '../../lib/lab/checker.ts';
import { parseImpairment } from '../../lib/lab/netem-parser.ts';
import { World, type WorldNode } from '../../lib/lab/world.ts';
import { ServerCore } from '../../lib/server/core.ts';

const EPOCH = 1_767_225_600_000;
const SERVER = { address: '10.0.0.1', port: 5000 };

/** A person at a keyboard in virtual time. */
interface Person {
  readonly node: WorldNode;
  readonly core: ClientCore;
  readonly events: ClientEvent[];
}

function chat(words: string, options: { seed?: number; checkers?: Checker[] } = {}) {
  const impairment = parseImpairment(words);
  if (!impairment.ok) throw new Error(impairment.error.message);
  const { seed = 1, checkers = [] } = options;
  const world = new World({ seed, impairment: impairment.impairment, checkers });
  const host = (): WorldNode => {
    const machine = new ServerCore({
      random: world.random.fork(),
      handshakes: plaintext,
      tokens: new HmacRetryTokens(new Uint8Array(32)),
      epoch: EPOCH,
    });
    return world.add({ name: 'server', address: SERVER, machine });
  };
  const join = (nick: string, number: number): Person => {
    const random = new SeededRandom(seed * 1000 + number);
    const handshakes = plaintext;
    const core = new ClientCore({ server: SERVER, nick, random, handshakes, epoch: EPOCH });
    const events: ClientEvent[] = [];
    const node = world.add({
      name: nick,
      address: { address: `10.0.0.${number}`, port: 6000 },
      machine: core,
      application: () => {
        const event = core.pollEvent();
        if (event !== undefined) events.push(event);
        return event !== undefined;
      },
    });
    world.act(node, (now) => core.start(now));
    return { node, core, events };
  };
  const say = (person: Person, text: string): void => {
    world.act(person.node, (now) => person.core.post(now, '#lobby', text));
  };
  return { world, host, join, say };
}

function linesOn({ events }: Person): string[] {
  return events.filter((e): e is MessageEvent => e.type === 'message').map(({ text }) => text);
}

function isOnline({ events }: Person): boolean {
  return events.some(({ type }) => type === 'welcome');
}

function saw({ events }: Person, type: string, nick: string): boolean {
  return events.some((event) => event.type === type && 'nick' in event && event.nick === nick);
}

t.test(
  '200 lines from each of two users arrive once, in order, at 30 % loss and 100 ms',
  async (t) => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const { world, host, join, say } = chat('loss 30% delay 100ms', { seed });
      host();
      const [ana, bob] = [join('ana', 2), join('bob', 3)];
      t.ok(
        world.settle(20_000, () => isOnline(ana) && isOnline(bob)),
        'both are in',
      );
      for (let i = 1; i <= 200; i++) {
        world.at(world.now + i * 100, () => say(ana, `ana ${i}`));
        world.at(world.now + i * 100, () => say(bob, `bob ${i}`));
      }
      const all = (person: Person): boolean => linesOn(person).length >= 400;
      t.ok(
        world.settle(60_000, () => all(ana) && all(bob)),
        `all there, ${world.now} ms`,
      );
      world.run(world.now + 10_000);
      t.same(linesOn(ana), linesOn(bob), 'the same on both screens');
      const numbered = (name: string): string[] =>
        Array.from({ length: 200 }, (_, i) => `${name} ${i + 1}`);
      t.same(
        linesOn(ana).filter((text) => text.startsWith('ana')),
        numbered('ana'),
      );
      t.same(
        linesOn(ana).filter((text) => text.startsWith('bob')),
        numbered('bob'),
      );
      t.equal(ana.core.pending + bob.core.pending, 0, 'a tick on every line');
    }
  },
);

t.test('an idle room at 30 % loss each way is never taken for dead in ten minutes', async (t) => {
  const { world, host, join } = chat('loss 30% delay 100ms 20ms');
  host();
  const ana = join('ana', 2);
  world.run(600_000);
  t.notOk(ana.events.some((event) => event.type === 'status' && event.status === 'reconnecting'));
  t.equal(ana.events.filter(({ type }) => type === 'welcome').length, 1);
});

t.test('who is killed is gone within ten seconds, who quits leaves at once', async (t) => {
  const { world, host, join } = chat('delay 20ms');
  host();
  const [ana, bob, eve] = [join('ana', 2), join('bob', 3), join('eve', 4)];
  world.run(1_000);
  world.act(eve.node, (now) => eve.core.quit(now, 'bye'));
  world.kill(bob.node);
  world.run(1_100);
  t.ok(saw(ana, 'leave', 'eve'));
  t.ok(
    world.settle(10_000, () => saw(ana, 'gone', 'bob')),
    `gone after ${world.now - 1_000} ms`,
  );
  t.notOk(saw(ana, 'leave', 'bob'), 'the two are told apart');
  t.notOk(saw(ana, 'gone', 'eve'));
});

t.test(
  'a server that is killed for 20 s and started again gets the lines written meanwhile',
  async (t) => {
    const { world, host, join, say } = chat('delay 10ms loss 5%');
    const server = host();
    const [ana, bob] = [join('ana', 2), join('bob', 3)];
    t.ok(world.settle(5_000, () => isOnline(ana) && isOnline(bob)));
    say(ana, 'before');
    world.run(world.now + 2_000);
    world.kill(server);
    world.run(world.now + 10_000);
    say(ana, 'meanwhile');
    world.run(world.now + 10_000);
    t.ok(ana.events.some((event) => event.type === 'status' && event.status === 'reconnecting'));
    host();
    const back = (): boolean => linesOn(bob).includes('meanwhile') && ana.core.pending === 0;
    t.ok(world.settle(40_000, back), `back at ${world.now} ms`);
    world.run(world.now + 10_000);
    for (const person of [ana, bob]) t.same(linesOn(person), ['before', 'meanwhile']);
    t.equal(ana.core.nick, 'ana', 'the nick is kept');
  },
);

t.test('a laptop that sleeps for an hour comes back without losing its place', async (t) => {
  const { world, host, join, say } = chat('delay 10ms');
  host();
  const [ana, bob] = [join('ana', 2), join('bob', 3)];
  world.run(1_000);
  world.partition(bob.node, world.nodes[0] ?? bob.node);
  say(ana, 'good night');
  world.run(3_600_000);
  world.jumpClock(bob.node, 3_600_000);
  world.healAll();
  const caughtUp = (): boolean => linesOn(bob).includes('good night');
  t.ok(world.settle(40_000, caughtUp), `after ${world.now - 3_600_000} ms`);
  t.same(linesOn(bob), linesOn(ana));
});

t.test(
  'a first packet whose version was damaged on the way does not end the attempt',
  async (t) => {
    let damaged = 0;
    const vandal: Checker = {
      sent(world, { from, to, bytes }) {
        if (to?.name !== 'server' || ((bytes[0] ?? 0) & 0xb0) !== 0x80) return;
        const copy = bytes.slice();
        copy[4] = (copy[4] ?? 0) ^ 0x04;
        damaged++;
        world.inject(from, to, copy);
      },
    };
    const { world, host, join } = chat('delay 10ms', { checkers: [vandal] });
    host();
    const ana = join('ana', 2);
    t.ok(
      world.settle(5_000, () => isOnline(ana)),
      JSON.stringify(ana.events.at(-1)),
    );
    t.ok(damaged > 0);
  },
);

t.test('a paste of 1,000 lines goes through a 256 kbit link while others still talk', async (t) => {
  const { world, host, join, say } = chat('rate 256kbit delay 30ms limit 50');
  host();
  const [ana, bob] = [join('ana', 2), join('bob', 3)];
  world.run(2_000);
  for (let i = 1; i <= 999; i++) say(ana, `${i} ${'paste '.repeat(10)}`);
  say(bob, 'still here?');
  const started = world.now;
  t.ok(world.settle(10_000, () => linesOn(ana).includes('still here?')));
  t.ok(world.settle(120_000, () => linesOn(bob).length === 1_000 && ana.core.pending === 0));
  t.same(linesOn(bob), linesOn(ana), `took ${world.now - started} ms`);
});
