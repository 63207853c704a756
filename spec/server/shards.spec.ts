import t from 'tap';
import { shardOfAddress, shardOfDatagram, shardOfId } from '../../lib/transport/shard-routing.ts';
import { type Person, Town } from '../support/town.ts';

/** The texts that somebody has seen, in order. */
function textsOf({ of }: Person): string[] {
  return of('message').map(({ text }) => text);
}

t.test('people on two shards see one order, each line once', async (t) => {
  for (let seed = 1; seed <= 4; seed++) {
    const town = new Town(seed, { shards: 2, impairment: 'loss 10% delay 20ms 5ms' });
    const people = ['ana', 'bob', 'cy', 'dee', 'eli', 'fay'].map((nick) => town.add(nick));
    const isIn = ({ of }: Person): boolean => of('joined').length > 0;
    t.ok(
      town.world.settle(10_000, () => people.every(isIn)),
      `seed ${seed}`,
    );
    for (let i = 0; i < 10; i++) {
      for (const person of people) town.say(person, `${person.core.nick} ${i}`);
      town.wait(30);
    }
    t.ok(town.world.settle(30_000, () => people.every((person) => textsOf(person).length === 60)));
    for (const person of people) t.strictSame(textsOf(person), textsOf(people[0] ?? person));
    const shards = [...town.server.machine.connections].map(({ id }) => shardOfId(id, 2));
    t.strictSame(new Set(shards), new Set([0, 1]), 'both have some');
  }
});

t.test('a shard that dies takes nobody and nothing with it', async (t) => {
  for (let seed = 1; seed <= 6; seed++) {
    const town = new Town(seed, { shards: 2 });
    const people = ['ana', 'bob', 'cy', 'dee'].map((nick) => town.add(nick));
    town.wait(2_000);
    for (let i = 0; i < 20; i++) {
      for (const person of people) town.say(person, `${person.core.nick} ${i}`);
      if (i === 5 || i === 12) {
        town.world.act(town.server.node, (now) => town.server.killThread(now));
      }
      town.wait(100);
    }
    t.ok(
      town.world.settle(30_000, () => people.every((person) => textsOf(person).length === 80)),
      `seed ${seed}`,
    );
    for (const person of people) {
      t.strictSame(textsOf(person), textsOf(people[0] ?? person));
      t.equal(person.core.pending, 0);
      const departures = [...person.of('gone'), ...person.of('leave')];
      t.strictSame(departures, [], 'nobody hears of it');
    }
    const back = people.filter(({ of }) => of('status').some((s) => s.status === 'reconnecting'));
    t.ok(back.length > 0, `seed ${seed}: somebody was cut off`);
  }
});

t.test('who does not come back after the death of a shard is gone a minute later', async (t) => {
  const town = new Town(3, { shards: 2 });
  const people = ['ana', 'bob', 'cy', 'dee', 'eli', 'fay'].map((nick) => town.add(nick));
  town.wait(2_000);
  for (let i = 0; i < 6; i++) {
    town.world.act(town.server.node, (now) => town.server.killThread(now));
    const [, ...others] = people;
    for (const { node } of others) if (i === 0) town.world.kill(node);
    town.wait(300);
  }
  town.wait(50_000);
  t.equal(town.server.core.memberCount, 6, 'their places are kept');
  town.wait(30_000);
  t.equal(town.server.core.memberCount, 1);
  t.equal(people[0]?.of('gone').length, 5);
});

t.test('a server with shards is drained when each of them is', async (t) => {
  const town = new Town(4, { shards: 3 });
  const people = ['ana', 'bob', 'cy'].map((nick) => town.add(nick));
  town.wait(2_000);
  const { core, node } = town.server;
  t.notOk(core.isDrained);
  town.world.act(node, (now) => core.close(now));
  t.ok(town.world.settle(2_000, () => core.isDrained));
  for (const { of } of people) t.match(of('status').at(-1), { status: 'reconnecting' });
});

t.test('datagrams say by their connection id whose they are, if they have one', async (t) => {
  t.equal(shardOfId(0x02_00_00_01, 4), 2);
  t.equal(shardOfId(0x07_ff_ff_ff, 4), 3, 'of a run with more shards');
  const short = Uint8Array.of(0x50, 5, 0, 0, 0, 9, 9);
  t.equal(shardOfDatagram(short, 4), 1);
  t.equal(shardOfDatagram(Uint8Array.of(0x40, 5, 0, 0, 0), 4), undefined, 'toward a client');
  const long = Uint8Array.of(0xd0, 0x75, 0x64, 0x70, 0x02, 4, 3, 0, 0, 0);
  t.equal(shardOfDatagram(long, 4), 3);
  t.equal(shardOfDatagram(long.with(5, 0), 4), undefined, 'an Initial has no id yet');
  t.equal(shardOfDatagram(new Uint8Array(0), 4), undefined);
  const counts = [0, 0, 0, 0];
  for (let port = 40_000; port < 44_000; port++) {
    const shard = shardOfAddress({ address: '192.0.2.7', port }, 4);
    counts[shard] = (counts[shard] ?? 0) + 1;
  }
  t.ok(
    counts.every((count) => count > 800 && count < 1200),
    `newcomers spread evenly: ${counts.join(' ')}`,
  );
});
