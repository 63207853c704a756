import t from 'tap';
import { decodeServerRecord } from '../../lib/chat/codec.ts';
import { CHAT_DEFAULTS, LOBBY } from '../../lib/chat/config.ts';
import type { ClientEvent } from '../../lib/client/events.ts';
import { ChatPump, type PumpClient } from '../support/chat-pump.ts';

/** Who is in the lobby as somebody's screen has it. */
function roster({ events }: PumpClient): string[] {
  const nicks = new Set<string>();
  const follow = (event: ClientEvent): void => {
    if (event.type === 'roster') {
      nicks.clear();
      for (const { nick } of event.users) nicks.add(nick);
    } else if (event.type === 'join') nicks.add(event.nick);
    else if (event.type === 'leave' || event.type === 'gone') nicks.delete(event.nick);
    else if (event.type === 'nick') {
      nicks.delete(event.from);
      nicks.add(event.to);
    }
  };
  for (const event of events) follow(event);
  return [...nicks].sort();
}

function crowd(pump: ChatPump, count: number): PumpClient[] {
  return Array.from({ length: count }, (_, i) => pump.join(`p${i}`));
}

t.test('a large room hears of comings and goings together, half a second later', async (t) => {
  const pump = new ChatPump({ seed: 1, chat: { promptMembers: 4 } });
  const [ana] = crowd(pump, 4);
  if (ana === undefined) throw new Error('nobody came');
  t.equal(ana.of('join').length, 3, 'a small one at once');
  const late = pump.join('late');
  const left = pump.join('left');
  pump.cut(left, 'left');
  late.session.away(pump.now, 'lunch');
  pump.run();
  t.equal(ana.of('join').length, 3);
  pump.advance(CHAT_DEFAULTS.newsInterval);
  t.match(ana.events.slice(-4), [
    { type: 'join', nick: 'late' },
    { type: 'join', nick: 'left' },
    { type: 'leave', nick: 'left', reason: 'was left' },
    { type: 'presence', nick: 'late', presence: 'away', reason: 'lunch' },
  ]);
  t.equal(late.of('join').length, 1, 'who came in hears nothing of what they saw');
  t.strictSame(roster(late), ['late', 'p0', 'p1', 'p2', 'p3']);
  t.equal(pump.hub.nextTimeout(), Infinity, 'and nothing is left to tell');
});

t.test('what N people who come in cost each member does not grow with N squared', async (t) => {
  const chat = { placeConnections: 1000, pendingPeers: 1000 };
  const pump = new ChatPump({ seed: 2, chat });
  crowd(pump, 40);
  pump.advance(CHAT_DEFAULTS.newsInterval);
  let records = 0;
  let pieces = 0;
  const people = Array.from({ length: 200 }, (_, i) => pump.client(`n${i}`));
  for (const person of people) pump.connect(person);
  pump.spy = (bytes): void => {
    const { record } = decodeServerRecord(bytes);
    if (record?.type === 'join' || record?.type === 'news') records++;
    if (record?.type === 'roster') pieces++;
  };
  pump.run();
  pump.advance(CHAT_DEFAULTS.newsInterval);
  t.equal(records, 240 * Math.ceil(200 / 64), 'a few records each');
  t.equal(pieces, 200, 'a roster each');
  const all = roster(people[0] as PumpClient);
  t.equal(all.length, 240);
  for (const person of people) t.strictSame(roster(person), all);
});

t.test('changes of nick and quick returns come out right for who came in meanwhile', async (t) => {
  for (let seed = 1; seed <= 30; seed++) {
    const pump = new ChatPump({ seed, chat: { promptMembers: 2, nickBurst: 100 } });
    const people = crowd(pump, 6);
    const [ana, bob, cy, dan] = people;
    if (!ana || !bob || !cy || !dan) throw new Error('nobody came');
    ana.session.changeNick(pump.now, 'anna');
    pump.cut(bob);
    pump.run(seed);
    pump.connect(bob);
    const early = pump.join('early');
    cy.session.changeNick(pump.now, 'p0');
    pump.run(seed);
    pump.cut(dan, 'left');
    const late = pump.join('late');
    pump.run();
    pump.advance(CHAT_DEFAULTS.newsInterval);
    const wanted = ['anna', 'p1', 'p0', 'p4', 'p5', 'early', 'late'].sort();
    for (const person of [ana, bob, cy, early, late]) {
      t.strictSame(roster(person), wanted, `seed ${seed}, ${person.session.nick}`);
    }
    t.notOk(
      bob.of('gone').some(({ nick }) => nick === 'p1'),
      'nobody hears of their own return',
    );
  }
});

t.test('of a very large room only some are named, and all are counted', async (t) => {
  const pump = new ChatPump({ seed: 3, chat: { promptMembers: 2, namedMembers: 5 } });
  const people = crowd(pump, 8);
  pump.advance(CHAT_DEFAULTS.newsInterval);
  const [ana, bob] = people;
  const last = people.at(-1);
  if (!ana || !bob || !last) throw new Error('nobody came');
  t.strictSame(roster(ana), ['p0', 'p1', 'p2', 'p3', 'p4']);
  t.equal(ana.of('roster').at(-1)?.total, 8);
  t.strictSame(roster(last), ['p0', 'p1', 'p2', 'p3', 'p4', 'p7'], 'and oneself');
  last.session.changeNick(pump.now, 'zoe');
  pump.run();
  t.match(last.of('nick').at(-1), { to: 'zoe', own: true });
  last.session.post(pump.now, LOBBY, 'hi', 'text');
  pump.cut(bob);
  pump.run();
  pump.advance(CHAT_DEFAULTS.newsInterval);
  t.match(ana.lines, ['hi'], 'who only counts speaks like anybody else');
  t.strictSame(roster(ana), ['p0', 'p2', 'p3', 'p4', 'p5'], 'a place that is free is taken');
  t.equal(ana.of('roster').at(-1)?.total, 7);
  t.notOk(
    ana.of('join').some(({ nick }) => nick === 'p5'),
    'by who was there already',
  );
  for (const person of people.slice(2)) pump.cut(person);
  pump.run();
  pump.advance(CHAT_DEFAULTS.newsInterval);
  t.strictSame(roster(ana), ['p0']);
  t.equal(ana.of('roster').at(-1)?.total, undefined, 'all are named again');
});

t.test('the role of who came in is the one they have by then', async (t) => {
  const pump = new ChatPump({ seed: 4, chat: { promptMembers: 1 } });
  const ana = pump.join('ana');
  const bob = pump.join('bob');
  pump.makeOwner(ana);
  pump.advance(CHAT_DEFAULTS.newsInterval);
  const cy = pump.join('cy');
  ana.session.post(pump.now, LOBBY, '', 'op', { to: 'cy' });
  pump.run();
  const dan = pump.join('dan');
  pump.advance(CHAT_DEFAULTS.newsInterval);
  for (const person of [bob, cy, dan]) {
    const late = pump.join(`x${person.session.nick}`);
    t.equal(
      late
        .of('roster')
        .at(-1)
        ?.users.find(({ nick }) => nick === 'cy')?.role,
      'op',
    );
  }
});

t.test('a room whose news pile up hears them at once', async (t) => {
  const pump = new ChatPump({ seed: 5, chat: { promptMembers: 1, newsMax: 3 } });
  const ana = pump.join('ana');
  crowd(pump, 3);
  t.equal(ana.of('join').length, 3);
});

t.test('a roster is never older than what is still to be told', async (t) => {
  const pump = new ChatPump({ seed: 6, chat: { promptMembers: 4 } });
  const [ana, bob, cy] = crowd(pump, 5);
  if (!ana || !bob || !cy) throw new Error('nobody came');
  pump.advance(CHAT_DEFAULTS.newsInterval);
  pump.loseSilently(ana);
  pump.connect(ana);
  pump.run();
  pump.cut(bob, 'left');
  pump.run();
  t.strictSame(roster(pump.join('late')), ['late', 'p0', 'p2', 'p3', 'p4']);
  pump.advance(CHAT_DEFAULTS.newsInterval);
  cy.session.away(pump.now, 'lunch');
  pump.run();
  pump.advance(CHAT_DEFAULTS.newsInterval);
  cy.session.changeNick(pump.now, 'cyra');
  pump.run();
  const newest = pump.join('newest');
  pump.advance(CHAT_DEFAULTS.newsInterval);
  t.match(newest.of('nick'), [{ from: 'p2', to: 'cyra' }]);
  const seen = newest
    .of('roster')
    .at(-1)
    ?.users.find(({ nick }) => nick === 'cyra');
  t.equal(seen?.presence, 'away', 'who has another nick is as they were');
});
