import t from 'tap';
import { Town } from '../support/town.ts';

for (const shards of [1, 2]) {
  t.test(`a server of ${shards} that stops answers what was said, then tells all`, async (t) => {
    const town = new Town(1, { shards, diskDelay: 400 });
    const ana = town.add('ana');
    const bob = town.add('bob');
    town.wait(2_000);
    for (const text of ['one', 'two', 'three']) town.say(ana, text);
    town.wait(250);
    const { core, node } = town.server;
    town.world.act(node, (now) => core.close(now));
    town.say(ana, 'too late');
    const cy = town.add('cy');
    t.ok(
      town.world.settle(2_000, () => core.isDrained),
      'soon',
    );
    town.wait(20);
    t.equal(ana.of('accepted').length, 3);
    t.equal(ana.core.pending, 1, 'what came too late is for the next server');
    t.strictSame(
      bob.of('message').map(({ text }) => text),
      ['one', 'two', 'three'],
    );
    for (const { of } of [ana, bob]) {
      t.match(of('status').at(-1), {
        status: 'reconnecting',
        detail: 'the server is shutting down',
      });
    }
    t.equal(cy.of('welcome').length, 0, 'nobody new comes in');
    t.equal(ana.of('gone').length + ana.of('leave').length, 0, 'nobody hears of the others going');
  });
}

t.test(
  'who does not acknowledge holds a stop up for three seconds, and only for themselves',
  async (t) => {
    const town = new Town(2);
    const ana = town.add('ana');
    const bob = town.add('bob');
    town.wait(2_000);
    const { core, node } = town.server;
    town.world.partition(bob.node, node);
    town.say(ana, 'hi');
    town.wait(100);
    town.world.act(node, (now) => core.close(now));
    town.wait(100);
    t.match(ana.of('status').at(-1), { status: 'reconnecting' }, 'ana is told at once');
    town.wait(2_700);
    t.notOk(core.isDrained, 'bob may still come');
    town.world.heal(bob.node, node);
    t.ok(town.world.settle(1_000, () => core.isDrained));
    t.strictSame(
      bob.of('message').map(({ text }) => text),
      ['hi'],
      'and has got what was on its way',
    );
  },
);

t.test('a disk that does not answer holds a stop up for three seconds', async (t) => {
  const town = new Town(3, { diskDelay: 60_000 });
  const ana = town.add('ana');
  town.wait(2_000);
  const { core, node } = town.server;
  town.say(ana, 'never answered');
  town.wait(100);
  town.world.act(node, (now) => core.close(now));
  town.wait(2_800);
  t.match(ana.of('status').at(-1), { status: 'online' });
  town.wait(300);
  t.match(ana.of('status').at(-1), { status: 'reconnecting' });
  t.ok(town.world.settle(1_000, () => core.isDrained));
});
