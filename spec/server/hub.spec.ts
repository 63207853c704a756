import t from 'tap';
import { encodeClientRecord } from '../../lib/chat/codec.ts';
import { CloseCode, LOBBY } from '../../lib/chat/config.ts';
import { ChatPump } from '../support/chat-pump.ts';

const id = new Uint8Array(8);
const post = (text: string): Uint8Array =>
  encodeClientRecord({ type: 'post', id, room: LOBBY, kind: 'text', text });

const ORIGIN = { address: '192.0.2.99:5000', key: undefined };

t.test('everyone sees every line once, in one order, and the sender gets a tick', async (t) => {
  for (let seed = 1; seed <= 20; seed++) {
    const pump = new ChatPump({ seed });
    const clients = ['ana', 'böb', 'cy'].map((nick) => pump.join(nick));
    for (let i = 0; i < 30; i++) {
      for (const { session } of clients)
        session.post(pump.now, LOBBY, `${session.nick} ${i}`, 'text');
      pump.run(7);
    }
    pump.run();
    const [first] = clients;
    t.equal(first?.lines.length, 90, `seed ${seed}`);
    for (const client of clients) {
      t.strictSame(client.lines, first?.lines, `one order, seed ${seed}`);
      t.equal(client.of('accepted').length, 30);
      t.equal(client.session.pending, 0);
      const own = client.of('message').filter((line) => line.own);
      t.ok(own.every(({ nick }) => nick === client.session.nick) && own.length === 30);
      t.strictSame(
        client.of('message').map(({ seq }) => seq),
        Array.from({ length: 90 }, (_, i) => i + 1),
      );
    }
  }
});

t.test('an accepted event is never later than its message', async (t) => {
  const pump = new ChatPump({ seed: 3 });
  const ana = pump.join('ana');
  ana.session.post(pump.now, LOBBY, 'hi', 'text');
  pump.run();
  const types = ana.events.map(({ type }) => type).filter((type) => type !== 'roster');
  t.strictSame(types, ['welcome', 'joined', 'pending', 'accepted', 'message']);
});

t.test('a newcomer sees the last lines as history, and who is there', async (t) => {
  const pump = new ChatPump({ seed: 4 });
  const ana = pump.join('ana');
  for (let i = 1; i <= 80; i++) ana.session.post(pump.now, LOBBY, `line ${i}`, 'text');
  pump.run();
  const bob = pump.join('bob');
  t.equal(bob.lines.length, 50);
  t.equal(bob.lines[0], 'line 31');
  t.ok(bob.of('message').every(({ history, own }) => history && !own));
  t.strictSame(bob.of('roster')[0]?.users, [
    { nick: 'ana', presence: 'here', role: 'guest' },
    { nick: 'bob', presence: 'here', role: 'guest' },
  ]);
  t.match(ana.of('join'), [{ nick: 'bob', room: LOBBY }]);
  t.equal(bob.of('join').length, 0, 'nobody is told of their own coming');
});

t.test('a room keeps the newest lines within its bounds', async (t) => {
  const pump = new ChatPump({ seed: 5, chat: { historyLines: 10, historyBytes: 1500 } });
  const ana = pump.join('ana');
  for (let i = 1; i <= 30; i++) ana.session.post(pump.now, LOBBY, `line ${i}`, 'text');
  pump.run();
  t.strictSame(pump.join('bob').lines.length, 10);
  ana.session.post(pump.now, LOBBY, 'x'.repeat(1300), 'text');
  pump.run();
  t.ok(pump.join('cy').lines.length < 10, 'bytes count too');
});

t.test('one nick belongs to one person, whatever its case', async (t) => {
  const pump = new ChatPump({ seed: 6 });
  pump.join('Ana');
  const second = pump.join('aNA');
  t.match(second.outcomes, [{ type: 'refused', code: 'nick-taken' }]);
  t.equal(pump.closed.get(2), CloseCode.refused);
  t.match(pump.join('x y').outcomes, [{ type: 'refused', code: 'nick-invalid' }]);
});

t.test('a change of nick is told to all, or refused to one', async (t) => {
  const pump = new ChatPump({ seed: 7 });
  const ana = pump.join('ana');
  const bob = pump.join('bob');
  ana.session.changeNick(pump.now, 'BOB');
  pump.run();
  t.match(ana.of('notice'), [{ level: 'error', code: 'nick-taken' }]);
  ana.session.changeNick(pump.now, 'Ana');
  pump.run();
  t.match(ana.of('nick'), [{ from: 'ana', to: 'Ana', own: true }]);
  t.match(bob.of('nick'), [{ from: 'ana', to: 'Ana', own: false }]);
  t.equal(ana.session.nick, 'Ana');
  for (let i = 0; i < 6; i++) {
    ana.session.changeNick(pump.now, `ana${i}`);
    pump.run();
  }
  t.match(ana.of('notice').at(-1), { code: 'rate-limited' });
});

t.test('leaving and being lost are told apart', async (t) => {
  const pump = new ChatPump({ seed: 8 });
  const ana = pump.join('ana');
  pump.cut(pump.join('bob'), 'left');
  pump.cut(pump.join('cy'), 'gone');
  pump.run();
  t.match(ana.of('leave'), [{ nick: 'bob', reason: 'was left' }]);
  t.match(ana.of('gone'), [{ nick: 'cy', reason: 'was gone' }]);
  const types = pump.serverEvents.map(({ type }) => type);
  t.strictSame(types, ['join', 'join', 'leave', 'join', 'gone']);
});

t.test('a suspect path shows as slow, and as here when it is back', async (t) => {
  const pump = new ChatPump({ seed: 9 });
  const ana = pump.join('ana');
  const bob = pump.join('bob');
  for (const state of ['suspect', 'suspect', 'alive'] as const) {
    pump.hub.handleLiveness(pump.now, bob.peer ?? 0, state);
  }
  pump.run();
  t.match(ana.of('presence'), [
    { nick: 'bob', presence: 'slow' },
    { nick: 'bob', presence: 'here' },
  ]);
});

t.test('a repeated post is answered again and posted once', async (t) => {
  const pump = new ChatPump({ seed: 10 });
  const ana = pump.join('ana');
  for (let i = 0; i < 3; i++) pump.inject(ana.peer ?? 0, post('once'));
  pump.run();
  t.strictSame(ana.lines, ['once']);
});

t.test('the same session on a new connection takes over without a word', async (t) => {
  const pump = new ChatPump({ seed: 11 });
  const ana = pump.join('ana');
  const bob = pump.join('bob');
  const old = bob.peer ?? 0;
  pump.loseSilently(bob);
  ana.session.post(pump.now, LOBBY, 'are you there?', 'text');
  bob.session.post(pump.now, LOBBY, 'written offline', 'text');
  pump.run();
  pump.connect(bob);
  pump.run();
  t.equal(pump.closed.get(old), CloseCode.replaced);
  t.strictSame(bob.lines, ['are you there?', 'written offline']);
  t.equal(ana.of('leave').length + ana.of('gone').length, 0);
  t.equal(ana.of('join').length, 1, 'the first time only');
  t.match(bob.of('welcome').at(-1), { nick: 'bob', resumed: true });
  pump.hub.handleDisconnected(pump.now, old, 'gone', 'late news of the old connection');
  pump.run();
  t.equal(ana.of('gone').length, 0);
  t.match(pump.serverEvents.at(-2), { type: 'resumed', nick: 'bob' });
});

t.test('direct messages reach one person, and nobody else', async (t) => {
  const pump = new ChatPump({ seed: 12 });
  const [ana, bob, cy] = ['ana', 'bob', 'cy'].map((nick) => pump.join(nick));
  ana?.session.post(pump.now, '@BOB', 'psst', 'text');
  ana?.session.post(pump.now, '@dora', 'hello?', 'text');
  pump.run();
  t.match(bob?.of('message'), [{ room: '@ana', seq: 0, text: 'psst', own: false }]);
  t.match(ana?.of('message'), [{ room: '@BOB', seq: 0, text: 'psst', own: true }]);
  t.match(ana?.of('rejected'), [{ room: '@dora', code: 'no-such-nick' }]);
  t.equal(cy?.of('message').length, 0);
  t.equal(JSON.stringify(pump.serverEvents).includes('psst'), false, 'the log has no text');
});

t.test('an accepted direct message survives a connection that dies before delivery', async (t) => {
  const pump = new ChatPump({ seed: 12 });
  const ana = pump.join('ana');
  const bob = pump.join('bob');
  ana.session.post(pump.now, '@bob', 'first', 'text');
  pump.run();
  // The cable is out, and the server does not know yet: it takes the message and ticks it.
  pump.loseSilently(bob);
  for (const text of ['second', 'third']) ana.session.post(pump.now, '@bob', text, 'text');
  pump.run();
  t.equal(ana.of('accepted').length, 3);
  t.strictSame(bob.lines, ['first']);
  pump.connect(bob);
  pump.run();
  t.strictSame(bob.lines, ['first', 'second', 'third']);
  // After a restart of the server the numbers begin anew, and so does the client.
  pump.restartServer();
  pump.connect(ana);
  pump.connect(bob);
  pump.run();
  ana.session.post(pump.now, '@bob', 'fourth', 'text');
  pump.run();
  t.strictSame(bob.lines, ['first', 'second', 'third', 'fourth']);
});

t.test('direct messages are kept within their bounds, the newest first', async (t) => {
  const pump = new ChatPump({ seed: 13, chat: { whispersKept: 2 } });
  const ana = pump.join('ana');
  const bob = pump.join('bob');
  pump.loseSilently(bob);
  for (const text of ['1', '2', '3']) ana.session.post(pump.now, '@bob', text, 'text');
  pump.run();
  pump.connect(bob);
  pump.run();
  t.strictSame(bob.lines, ['2', '3']);
});

t.test('a pasted block is one line; a flood is refused with a code', async (t) => {
  const pump = new ChatPump({ seed: 13 });
  const ana = pump.join('ana');
  const block = Array.from({ length: 40 }, (_, i) => `row ${i}`).join('\n');
  ana.session.post(pump.now, LOBBY, block, 'text');
  pump.run();
  t.strictSame(ana.lines, [block]);
  const flooder = pump.join('flooder');
  for (let i = 0; i < 600; i++) {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setUint32(0, i + 1);
    const record = { type: 'post', id: bytes, room: LOBBY, kind: 'text', text: 'x' } as const;
    pump.inject(flooder.peer ?? 0, encodeClientRecord(record));
  }
  pump.run();
  const codes = pump.serverEvents.flatMap((event) =>
    event.type === 'rejected' ? [event.code] : [],
  );
  t.equal(codes.length, 100);
  t.ok(codes.every((code) => code === 'rate-limited'));
});

t.test('posts that cannot be are rejected with a reason', async (t) => {
  const pump = new ChatPump({ seed: 14 });
  const ana = pump.join('ana');
  ana.session.post(pump.now, '#nowhere', 'x', 'text');
  ana.session.post(pump.now, LOBBY, 'x'.repeat(16 * 1024 + 1), 'text');
  ana.session.post(pump.now, LOBBY, ' \n ', 'text');
  pump.run();
  t.strictSame(
    ana
      .of('rejected')
      .map(({ code }) => code)
      .sort(),
    ['empty', 'not-in-room', 'too-long'],
  );
});

t.test('who says no hello, or nonsense, is closed and costs nobody else', async (t) => {
  const pump = new ChatPump({ seed: 15, chat: { pendingPeers: 3 } });
  const ana = pump.join('ana');
  pump.hub.handleConnected(pump.now, 100, ORIGIN);
  pump.advance(4999);
  t.equal(pump.closed.has(100), false);
  pump.advance(1);
  t.equal(pump.closed.get(100), CloseCode.helloTimeout);
  t.equal(pump.hub.nextTimeout(), Infinity);
  for (const [peer, bytes] of [
    [101, post('before hello')],
    [102, new Uint8Array([0xff])],
  ] as const) {
    pump.hub.handleConnected(pump.now, peer, ORIGIN);
    pump.inject(peer, bytes);
    pump.run();
    t.equal(pump.closed.get(peer), CloseCode.protocol);
  }
  for (let peer = 110; peer < 114; peer++) pump.hub.handleConnected(pump.now, peer, ORIGIN);
  pump.run();
  t.equal(pump.closed.get(113), CloseCode.refused);
  t.equal(ana.of('notice').length, 0);
  pump.inject(ana.peer ?? 0, new Uint8Array([0xa1, 0x00, 0x18, 0x63]));
  pump.run();
  t.match(ana.of('notice'), [{ code: 'unsupported' }], 'a record of the future is no offence');
});

t.test('a full server says so, and lets the next one in when someone leaves', async (t) => {
  const pump = new ChatPump({ seed: 16, chat: { members: 2 } });
  const ana = pump.join('ana');
  pump.join('bob');
  t.match(pump.join('cy').outcomes, [{ type: 'refused', code: 'server-full' }]);
  pump.cut(ana, 'left');
  t.match(pump.join('dora').outcomes, [{ type: 'welcomed' }]);
});
