import t from 'tap';
import { encodeClientRecord } from '../../lib/chat/codec.ts';
import { LOBBY } from '../../lib/chat/config.ts';
import type { NewClientRecord } from '../../lib/chat/schema.ts';
import { ChatPump, type PumpClient } from '../support/chat-pump.ts';

function inject(pump: ChatPump, client: PumpClient, record: NewClientRecord): void {
  pump.inject(client.peer ?? 0, encodeClientRecord(record));
  pump.run();
}

/** Has a client do something and lets everybody hear of it. */
function after(pump: ChatPump, action: () => void): void {
  action();
  pump.run();
}

t.test('a room is made when somebody joins it, and each has an order of its own', async (t) => {
  for (let seed = 1; seed <= 10; seed++) {
    const pump = new ChatPump({ seed });
    const people = ['ana', 'bob', 'cy'].map((nick) => pump.join(nick));
    for (const { session } of people) session.join(pump.now, '#ci');
    for (let i = 0; i < 20; i++) {
      for (const { session } of people) {
        session.post(pump.now, '#ci', `ci ${session.nick} ${i}`);
        session.post(pump.now, LOBBY, `lobby ${session.nick} ${i}`);
      }
      pump.run(9);
    }
    pump.run();
    const [first] = people;
    for (const room of ['#ci', LOBBY]) {
      const shown = (client: PumpClient | undefined): unknown =>
        client?.of('message').filter((line) => line.room === room && line.text !== '');
      const texts = (client: PumpClient | undefined): unknown =>
        (shown(client) as { seq: number; text: string }[]).map(({ seq, text }) => `${seq} ${text}`);
      t.equal((texts(first) as unknown[]).length, 60, `seed ${seed}`);
      for (const client of people) t.strictSame(texts(client), texts(first), `${room}, ${seed}`);
    }
    for (const { session } of people) t.equal(session.pending, 0);
  }
});

t.test('who parts hears no more of the room, and comes back to its newest lines', async (t) => {
  const pump = new ChatPump({ seed: 1 });
  const ana = pump.join('ana', LOBBY, '#ci');
  const bob = pump.join('bob', '#ci');
  after(pump, () => ana.session.part(pump.now, '#ci', 'lunch'));
  t.match(ana.of('parted'), [{ room: '#ci', code: 'left', reason: 'lunch' }]);
  t.match(bob.of('leave'), [{ room: '#ci', nick: 'ana', reason: 'lunch' }]);
  after(pump, () => bob.session.post(pump.now, '#ci', 'while you were out'));
  t.strictSame(ana.lines, []);
  after(pump, () => ana.session.join(pump.now, '#ci'));
  t.match(ana.of('message'), [{ text: 'while you were out', history: true }]);
  t.equal(ana.of('notice').length, 0, 'a new stay has missed nothing');
  after(pump, () => ana.session.part(pump.now, '#nowhere'));
  t.match(ana.of('notice'), [{ code: 'not-in-room' }]);
});

t.test('lines wait for their room, and are given back when it cannot be had', async (t) => {
  const pump = new ChatPump({ seed: 2 });
  pump.join('owner').session.join(pump.now, '#secret', 'sesame');
  pump.run();
  const ana = pump.join('ana');
  ana.session.join(pump.now, '#new');
  ana.session.post(pump.now, '#new', 'first');
  ana.session.join(pump.now, '#secret', 'wrong');
  ana.session.post(pump.now, '#secret', 'lost');
  ana.session.post(pump.now, '#never', 'nowhere');
  pump.run();
  t.strictSame(ana.lines, ['first']);
  t.match(ana.of('parted'), [{ room: '#secret', code: 'bad-key' }]);
  const refused = ana.of('rejected').map(({ room, code }) => `${room} ${code}`);
  t.strictSame(refused.sort(), ['#never not-in-room', '#secret not-in-room']);
  t.equal(ana.session.pending, 0);
});

t.test('a key opens a room, and who was in comes back without a second knock', async (t) => {
  const pump = new ChatPump({ seed: 3 });
  const ana = pump.join('ana');
  const bob = pump.join('bob');
  after(pump, () => ana.session.join(pump.now, '#secret', 'sesame'));
  after(pump, () => bob.session.join(pump.now, '#secret', 'sesame'));
  t.match(bob.of('joined').at(-1), { room: '#secret', modes: '+k' });
  pump.cut(bob);
  after(pump, () => ana.session.post(pump.now, '#secret', 'meanwhile'));
  pump.connect(bob);
  pump.run();
  t.strictSame(bob.lines, ['meanwhile']);
  t.match(bob.of('notice'), [{ code: 'back' }]);
  t.equal(bob.of('parted').length, 0);
});

t.test('an invitation opens a room once', async (t) => {
  const pump = new ChatPump({ seed: 4 });
  const ana = pump.join('ana');
  const bob = pump.join('bob');
  after(pump, () => ana.session.join(pump.now, '#secret', 'sesame'));
  after(pump, () => ana.session.invite(pump.now, '#secret', 'BOB'));
  t.match(bob.of('invited'), [{ room: '#secret', nick: 'ana' }]);
  after(pump, () => bob.session.join(pump.now, '#secret'));
  t.equal(bob.of('joined').at(-1)?.room, '#secret');
  after(pump, () => ana.session.invite(pump.now, '#secret', 'bob'));
  t.match(ana.of('notice').at(-1), { code: 'already-in-room' });
  after(pump, () => bob.session.part(pump.now, '#secret'));
  after(pump, () => bob.session.join(pump.now, '#secret'));
  t.match(bob.of('parted').at(-1), { code: 'bad-key' });
  after(pump, () => ana.session.invite(pump.now, '#secret', 'nobody'));
  t.match(ana.of('notice').at(-1), { code: 'no-such-nick' });
});

t.test('the list of rooms is bounded, the fullest first', async (t) => {
  const pump = new ChatPump({ seed: 5, chat: { roomBurst: 1000 } });
  const ana = pump.join('ana', '#b');
  pump.join('bob', '#b', '#c1');
  after(pump, () => ana.session.list(pump.now));
  t.match(ana.of('rooms').at(-1), {
    rooms: [
      { room: '#b', members: 2 },
      { room: '#c1', members: 1 },
      { room: LOBBY, members: 0 },
    ],
    total: 3,
  });
  for (let i = 0; i < 40; i++) {
    pump.join(`p${i}`, `#q${4 * i}`, `#q${4 * i + 1}`, `#q${4 * i + 2}`, `#q${4 * i + 3}`);
  }
  after(pump, () => ana.session.list(pump.now, 'Q'));
  const [, answer] = ana.of('rooms');
  t.equal(answer?.rooms.length, 128);
  t.equal(answer?.total, 160);
});

t.test('rooms that nobody is in and that hold nothing are forgotten', async (t) => {
  const pump = new ChatPump({ seed: 6, chat: { rooms: 3, roomBurst: 100 } });
  const ana = pump.join('ana');
  for (let i = 0; i < 8; i++) {
    after(pump, () => ana.session.join(pump.now, `#r${i}`));
    after(pump, () => ana.session.part(pump.now, `#r${i}`));
  }
  t.equal(ana.of('joined').length, 9);
  for (const room of ['#x', '#y', '#z']) after(pump, () => ana.session.join(pump.now, room));
  t.match(ana.of('parted').at(-1), { room: '#z', code: 'too-many-rooms' });
});

t.test('a flood of new rooms is stopped, and nobody else notices', async (t) => {
  const pump = new ChatPump({ seed: 7 });
  const flooder = pump.join('flooder');
  const ana = pump.join('ana');
  for (let i = 0; i < 20; i++) {
    inject(pump, flooder, { type: 'join', room: `#flood${i}`, history: 0 });
  }
  const codes = pump.serverEvents.flatMap((event) =>
    event.type === 'rejected' ? [`${event.nick} ${event.code}`] : [],
  );
  t.strictSame(codes, Array(10).fill('flooder rate-limited'));
  after(pump, () => ana.session.join(pump.now, '#mine'));
  t.match(ana.of('joined').at(-1), { room: '#mine' });
});

t.test('bad names of rooms are refused with a code', async (t) => {
  const pump = new ChatPump({ seed: 8 });
  const ana = pump.join('ana');
  for (const room of ['', 'ci', '#', '#a b', '#\u202e', `#${'x'.repeat(40)}`]) {
    inject(pump, ana, { type: 'join', room, history: 50 });
  }
  const codes = ana.of('notice').map(({ code }) => code);
  t.strictSame(codes, Array(6).fill('room-invalid'));
  inject(pump, ana, { type: 'join', room: '#Upper', history: 50 });
  t.equal(pump.closed.size, 0);
});
