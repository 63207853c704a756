import t from 'tap';
import { Town, weather } from '../support/town.ts';

t.test(
  '200 lines of each of two people arrive once, in one order, through 30 % loss',
  async (t) => {
    const town = new Town(1, { impairment: 'loss 30% delay 100ms 20ms' });
    const people = [town.add('ana'), town.add('bob')];
    t.ok(town.world.settle(10_000, () => people.every(({ events }) => events.length > 2)));
    for (let i = 0; i < 200; i++) {
      for (const person of people) town.say(person, `${person.core.nick} ${i}`);
      town.wait(50);
    }
    const done = (): boolean => people.every(({ of }) => of('message').length === 400);
    t.ok(town.world.settle(60_000, done));
    const [ana, bob] = people.map(({ of }) =>
      of('message').map(({ seq, text }) => `${seq} ${text}`),
    );
    t.strictSame(ana, bob);
    for (const { core, of } of people) {
      const own = of('message').filter((line) => line.own);
      t.strictSame(
        own.map(({ text }) => text),
        Array.from({ length: 200 }, (_, i) => `${core.nick} ${i}`),
      );
      t.equal(of('accepted').length, 200);
      t.equal(core.pending, 0);
    }
  },
);

t.test('a cable pulled is seen as slow, then gone, and mended by itself', async (t) => {
  const town = new Town(2);
  const ana = town.add('ana');
  const bob = town.add('bob');
  town.wait(1000);
  t.notOk(bob.core.isUnheard);
  town.world.partition(bob.node, town.server.node);
  for (let waited = 0; waited < 20; waited += 4) {
    town.wait(4_000);
    t.ok(bob.core.isUnheard, `${waited + 4} s: another socket may find a way`);
  }
  t.match(ana.of('presence'), [{ nick: 'bob', presence: 'slow' }]);
  t.match(ana.of('gone'), [{ nick: 'bob', reason: 'no answer any more' }]);
  const lost = bob.of('status').map(({ status }) => status);
  t.strictSame(lost.slice(0, 4), ['connecting', 'online', 'slow', 'reconnecting']);
  town.say(ana, 'where are you?');
  town.say(bob, 'here');
  town.world.healAll();
  town.wait(20_000);
  t.match(
    bob.of('message').map(({ text }) => text),
    ['where are you?', 'here'],
  );
  t.match(bob.of('notice'), [{ code: 'back', text: 'back, 1 missed message' }]);
  t.equal(bob.of('status').at(-1)?.status, 'online');
  t.notOk(bob.core.isUnheard);
  t.equal(ana.of('join').length, 2, 'bob came, and came again');
});

t.test('a restart of the server is survived, with what was written meanwhile', async (t) => {
  const town = new Town(3);
  const ana = town.add('ana');
  const bob = town.add('bob');
  town.wait(1000);
  town.world.kill(town.server.node);
  town.wait(500);
  for (let i = 0; i < 5; i++) town.say(ana, `line ${i}`);
  town.wait(20_000);
  t.equal(ana.of('status').at(-1)?.status, 'reconnecting');
  t.ok(Number(ana.of('status').at(-1)?.attempt) > 1, 'it keeps trying');
  town.startServer();
  town.wait(25_000);
  const wanted = Array.from({ length: 5 }, (_, i) => `line ${i}`);
  for (const { of, core } of [ana, bob]) {
    t.strictSame(
      of('message').map(({ text }) => text),
      wanted,
    );
    t.equal(core.pending, 0);
    t.equal(of('welcome').length, 2);
  }
});

t.test('a server that stops tells everybody, and is found again', async (t) => {
  const town = new Town(4);
  const ana = town.add('ana');
  town.wait(1000);
  town.world.act(town.server.node, (now) => town.server.core.close(now));
  town.wait(200);
  t.match(ana.of('status').at(-1), {
    status: 'reconnecting',
    attempt: 1,
    detail: 'the server is shutting down',
  });
  t.ok(town.server.core.isDrained || town.world.settle(2000, () => town.server.core.isDrained));
  t.equal(town.log.at(-1)?.type, 'join', 'a shutdown is not a departure of each');
});

t.test('nobody there is known within the timeout, or at once from a hint', async (t) => {
  const town = new Town(5);
  town.world.kill(town.server.node);
  const ana = town.add('ana', { config: { connectTimeout: 3000 } });
  town.wait(2999);
  t.equal(ana.of('closed').length, 0);
  town.wait(2);
  t.match(ana.events.at(-1), { type: 'closed', code: 'unreachable', reason: 'no answer' });
  const bob = town.add('bob');
  town.wait(1);
  town.world.act(bob.node, (now) => bob.core.handleUnreachable(now));
  t.match(bob.events.at(-1), { type: 'closed', code: 'unreachable' });
  town.wait(60_000);
  t.equal(bob.core.nextTimeout(), Infinity, 'nothing is left armed');
});

t.test('a first try goes on for as long as it may, beyond one handshake', async (t) => {
  const town = new Town(5);
  const ana = town.add('ana', { config: { connectTimeout: 20_000 } });
  town.world.partition(ana.node, town.server.node);
  town.wait(12_000);
  t.equal(ana.of('closed').length, 0);
  town.world.healAll();
  town.wait(3_000);
  t.equal(ana.of('status').at(-1)?.status, 'online');
});

t.test('a taken nick ends a first try, but not a return', async (t) => {
  const town = new Town(6);
  const ana = town.add('ana');
  town.wait(500);
  const second = town.add('Ana');
  town.wait(500);
  t.match(second.events.at(-1), { type: 'closed', code: 'nick-taken' });
  town.world.partition(ana.node, town.server.node);
  town.wait(15_000);
  const thief = town.add('ANA');
  town.wait(500);
  t.equal(thief.of('welcome').length, 1, 'who is gone has no nick');
  town.world.healAll();
  town.wait(20_000);
  t.match(ana.of('notice').at(-1), { level: 'error', code: 'nick-taken' });
  t.equal(ana.of('closed').length, 0);
  town.world.act(thief.node, (now) => thief.core.quit(now));
  town.wait(20_000);
  t.equal(ana.of('status').at(-1)?.status, 'online');
  t.equal(ana.core.nick, 'ana');
});

t.test('quitting is at once, or waits for the answers, or gives up in time', async (t) => {
  const town = new Town(7);
  const [ana, bob, cy] = [town.add('ana'), town.add('bob'), town.add('cy')];
  town.wait(500);
  town.say(bob, 'last words');
  town.world.act(bob.node, (now) => bob.core.quit(now, 'bye', { flush: true }));
  t.equal(bob.of('closed').length, 0);
  town.wait(500);
  t.match(bob.of('closed'), [{ code: 'quit', undelivered: 0 }]);
  t.match(ana.of('leave'), [{ nick: 'bob', reason: 'bye' }]);
  town.world.partition(cy.node, town.server.node);
  town.say(cy, 'into the void');
  town.world.act(cy.node, (now) => cy.core.quit(now, '', { flush: true }));
  town.wait(9_000);
  t.equal(cy.of('closed').length, 0);
  town.wait(1_001);
  t.match(cy.of('closed'), [{ code: 'quit', undelivered: 1 }]);
  town.world.act(ana.node, (now) => ana.core.quit(now));
  t.match(ana.events.at(-1), { type: 'closed', code: 'quit' });
  town.wait(60_000);
  t.ok([ana, bob, cy].every(({ core }) => core.isDrained && core.nextTimeout() === Infinity));
});

t.test('who does not read is let go, and costs the others nothing', async (t) => {
  const town = new Town(8, {
    chat: { lineRate: 1e6, lineBurst: 1e6, byteRate: 1e9, byteBurst: 1e9 },
  });
  const fast = { lineRate: 1e5, lineBurst: 1e5, byteRate: 1e9, byteBurst: 1e9 };
  const ana = town.add('ana', { config: fast });
  const bob = town.add('bob');
  town.wait(500);
  // Only what goes to bob is lost: he is heard, so he is not dead, and his queue grows.
  town.world.impair(town.server.node, bob.node, weather('rate 8kbit'));
  const text = 'x'.repeat(16_000);
  // More than the transport holds back for one peer, 8 MiB.
  for (let i = 0; i < 600; i++) {
    town.say(ana, text);
    town.wait(20);
  }
  town.wait(5_000);
  t.match(ana.of('gone'), [{ nick: 'bob', reason: 'too slow to follow' }]);
  t.equal(ana.of('message').length, 600);
});
