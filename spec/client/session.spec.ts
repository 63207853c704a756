import t from 'tap';
import { SeededRandom } from '../../lib/base/random.ts';
import { encodeServerRecord } from '../../lib/chat/codec.ts';
import { CHAT_DEFAULTS, LOBBY } from '../../lib/chat/config.ts';
import { Backoff } from '../../lib/client/backoff.ts';
import { CLIENT_DEFAULTS } from '../../lib/client/config.ts';
import { ChatPump } from '../support/chat-pump.ts';

t.test('lines survive any number of lost connections, once and in order', async (t) => {
  for (let seed = 1; seed <= 30; seed++) {
    const pump = new ChatPump({ seed });
    const random = new SeededRandom(seed);
    const ana = pump.join('ana');
    const bob = pump.join('bob');
    for (let i = 0; i < 40; i++) {
      ana.session.post(pump.now, LOBBY, `ana ${i}`, 'text');
      bob.session.post(pump.now, LOBBY, `bob ${i}`, 'text');
      pump.run(random.uint32() % 12);
      if (random.uint32() % 5 === 0) {
        if (random.uint32() % 2 === 0) pump.loseSilently(ana);
        else pump.cut(ana);
        pump.run(random.uint32() % 12);
        pump.connect(ana);
      }
    }
    pump.advance(5000); // Sending again costs of the pace, too.
    t.strictSame(ana.lines, bob.lines, `seed ${seed}`);
    for (const { session, lines } of [ana, bob]) {
      const own = lines.filter((line) => line.startsWith(session.nick));
      t.strictSame(
        own,
        Array.from({ length: 40 }, (_, i) => `${session.nick} ${i}`),
      );
      t.equal(session.pending, 0);
    }
    t.equal(ana.of('accepted').length, 40, 'one tick a line');
    t.equal(ana.of('message').filter(({ own }) => own).length, 40);
  }
});

t.test('after an absence the gap is filled and counted', async (t) => {
  const pump = new ChatPump({ seed: 1 });
  const ana = pump.join('ana');
  const bob = pump.join('bob');
  bob.session.post(pump.now, LOBBY, 'before', 'text');
  pump.run();
  pump.cut(ana);
  for (const text of ['one', 'two', 'three']) bob.session.post(pump.now, LOBBY, text, 'text');
  ana.session.post(pump.now, LOBBY, 'mine', 'text');
  pump.run();
  pump.connect(ana);
  pump.run();
  t.strictSame(ana.lines, ['before', 'one', 'two', 'three', 'mine']);
  t.match(ana.of('notice'), [{ level: 'info', code: 'back', text: 'back, 3 missed messages' }]);
  t.match(
    ana.of('message').map(({ history }) => history),
    [false, true, true, true, false],
  );
});

t.test('a restart of the server is survived with nick, room and unsent lines', async (t) => {
  const pump = new ChatPump({ seed: 2 });
  const ana = pump.join('ana');
  const bob = pump.join('bob');
  ana.session.post(pump.now, LOBBY, 'old', 'text');
  pump.run();
  pump.restartServer();
  ana.session.post(pump.now, LOBBY, 'queued', 'text');
  pump.connect(bob);
  bob.session.post(pump.now, LOBBY, 'first after the restart', 'text');
  pump.run();
  pump.connect(ana);
  pump.run();
  t.strictSame(ana.lines, ['old', 'first after the restart', 'queued']);
  t.match(ana.of('notice'), [{ text: 'back, 1 missed message' }]);
  t.match(ana.of('welcome').at(-1), { nick: 'ana', resumed: false });
  t.equal(ana.session.pending, 0);
});

t.test('lines that the server no longer keeps are owned up to', async (t) => {
  const pump = new ChatPump({ seed: 3, chat: { historyLines: 5 } });
  const ana = pump.join('ana');
  const bob = pump.join('bob');
  bob.session.post(pump.now, LOBBY, 'seen', 'text');
  pump.run();
  pump.cut(ana);
  for (let i = 0; i < 12; i++) bob.session.post(pump.now, LOBBY, `${i}`, 'text');
  pump.run();
  pump.connect(ana);
  pump.run();
  t.match(ana.of('notice'), [
    { text: 'back, 5 missed messages; 7 older ones were too many to send, or are gone' },
  ]);
});

t.test(
  'what was missed is told in full, though the connection that brings it is lost',
  async (t) => {
    const pump = new ChatPump({ seed: 3, chat: { historyLines: 5 } });
    const ana = pump.join('ana');
    const bob = pump.join('bob');
    bob.session.post(pump.now, LOBBY, 'seen', 'text');
    pump.run();
    pump.cut(ana);
    for (let i = 0; i < 12; i++) bob.session.post(pump.now, LOBBY, `${i}`, 'text');
    pump.run();
    pump.connect(ana);
    while (ana.lines.length < 3) pump.run(1);
    t.equal(ana.of('notice').length, 0, 'not all has come');
    pump.cut(ana);
    pump.connect(ana);
    pump.run();
    t.match(ana.of('notice'), [
      { text: 'back, 5 missed messages; 7 older ones were too many to send, or are gone' },
    ]);
  },
);

t.test('history can be declined', async (t) => {
  const pump = new ChatPump({ seed: 4 });
  const ana = pump.join('ana');
  ana.session.post(pump.now, LOBBY, 'old', 'text');
  pump.run();
  const bob = pump.client('bob', { history: 0 });
  pump.connect(bob);
  pump.run();
  ana.session.post(pump.now, LOBBY, 'new', 'text');
  pump.run();
  t.strictSame(bob.lines, ['new']);
});

t.test('an empty, too long or surplus line is rejected at once, with its id', async (t) => {
  const pump = new ChatPump({ seed: 5 });
  const ana = pump.client('ana', { config: { outboxLines: 2 } });
  const ids = ['', 'x'.repeat(20_000), 'a', 'b', 'c'].map((text) =>
    ana.session.post(pump.now, LOBBY, text, 'text'),
  );
  pump.run();
  t.equal(ana.of('pending').length, 5);
  t.match(ana.of('rejected'), [
    { id: ids[0], code: 'empty' },
    { id: ids[1], code: 'too-long' },
    { id: ids[4], code: 'outbox-full' },
  ]);
});

t.test('a full outbox goes out at a pace that trips no limit', async (t) => {
  const pump = new ChatPump({ seed: 6 });
  const ana = pump.join('ana');
  const lines = Array.from({ length: 1000 }, (_, i) => `line ${i}`);
  for (const line of lines) ana.session.post(pump.now, LOBBY, line, 'text');
  pump.advance(12_000);
  t.strictSame(ana.lines, lines);
  t.equal(ana.of('rejected').length, 0);
  const { windowLines, lineBurst, lineRate, windowBytes, byteBurst, byteRate } = CLIENT_DEFAULTS;
  t.ok(windowLines + lineBurst < CHAT_DEFAULTS.lineBurst && lineRate < CHAT_DEFAULTS.lineRate);
  t.ok(windowBytes + byteBurst < CHAT_DEFAULTS.byteBurst && byteRate < CHAT_DEFAULTS.byteRate);
  t.ok(CLIENT_DEFAULTS.outboxLines < CHAT_DEFAULTS.idsPerSession, 'no repeat is ever forgotten');
});

t.test('a nick wished for while offline is asked for on return', async (t) => {
  const pump = new ChatPump({ seed: 7 });
  const ana = pump.join('ana');
  pump.cut(ana);
  ana.session.changeNick(pump.now, 'anna');
  ana.session.changeNick(pump.now, 'no good');
  pump.run();
  t.match(ana.of('notice'), [{ code: 'nick-invalid' }]);
  pump.connect(ana);
  pump.run();
  t.match(ana.of('nick'), [{ from: 'ana', to: 'anna', own: true }]);
});

t.test('a hostile server is found out, and what it says is made harmless', async (t) => {
  const pump = new ChatPump({ seed: 8 });
  const ana = pump.join('ana');
  ana.session.handleMessage(pump.now, new Uint8Array([0x82, 1, 2]));
  pump.run();
  t.match(ana.outcomes.at(-1), { type: 'broken' });
  const id = new Uint8Array(8);
  const text = 'a\u001b[2J\u202e';
  ana.session.handleMessage(
    pump.now,
    encodeServerRecord({
      type: 'whisper',
      seq: 1,
      id,
      nick: 'x\u0007y',
      kind: 'text',
      text,
      at: 0,
    }),
  );
  const message = { type: 'message', room: LOBBY, seq: 1, id, nick: 'x', kind: 'text' } as const;
  for (let i = 0; i < 3; i++) {
    ana.session.handleMessage(pump.now, encodeServerRecord({ ...message, text: 'twice?', at: 0 }));
  }
  pump.run();
  t.match(ana.of('message'), [{ nick: 'x\u2407y', text: 'a\u241b[2J' }, { text: 'twice?' }]);
  t.equal(ana.of('message').length, 2);
  const early = pump.client('early');
  const presence = { type: 'presence', room: LOBBY, nick: 'x', presence: 'here' } as const;
  for (let i = 0; i < 3000; i++) {
    early.session.handleMessage(pump.now, encodeServerRecord(presence));
  }
  pump.run();
  t.match(early.outcomes[0], { type: 'broken' });
});

t.test('reconnects are spread and ever rarer, up to a bound', async (t) => {
  const backoff = new Backoff(new SeededRandom(1), { min: 500, max: 15_000 });
  const delays = Array.from({ length: 40 }, () => backoff.next());
  for (const [i, delay] of delays.entries()) {
    const step = Math.min(15_000, 500 * 2 ** i);
    t.ok(delay >= step / 2 && delay <= step);
  }
  backoff.reset();
  t.ok(backoff.next() <= 500);
});

t.test('a part that was lost with its connection is said again on the next', async (t) => {
  for (const isOffline of [false, true]) {
    const pump = new ChatPump({ seed: 30 });
    const ana = pump.join('ana', LOBBY, '#ci');
    const bob = pump.join('bob', '#ci');
    if (isOffline) pump.loseSilently(bob);
    bob.session.part(pump.now, '#ci');
    pump.run(0);
    // The server has not noticed: the session goes on where it was.
    pump.loseSilently(bob);
    pump.connect(bob);
    pump.run();
    t.match(ana.of('leave'), [{ room: '#ci', nick: 'bob' }]);
    bob.session.join(pump.now, '#ci');
    pump.run();
    t.equal(bob.of('joined').at(-1)?.room, '#ci');
    pump.cut(bob);
    pump.connect(bob);
    pump.run();
    t.equal(bob.of('parted').length, 1, 'nothing of the old part is left');
    t.equal(bob.of('notice').filter(({ level }) => level === 'error').length, 0);
  }
});

t.test('a line on its way when its room was left is answered as what became of it', async (t) => {
  const pump = new ChatPump({ seed: 31 });
  const ana = pump.join('ana', LOBBY, '#ci');
  ana.session.post(pump.now, '#ci', 'just in time');
  ana.session.part(pump.now, '#ci');
  t.equal(ana.of('rejected').length, 0, 'nobody knows yet');
  pump.run();
  t.equal(ana.of('accepted').length + ana.of('rejected').length, 1);
  ana.session.join(pump.now, '#ci');
  pump.run();
  ana.session.post(pump.now, '#ci', 'lost with its answer');
  ana.session.part(pump.now, '#ci');
  pump.run(0);
  pump.loseSilently(ana);
  pump.run(0);
  t.match(ana.of('rejected').at(-1), { code: 'unanswered' });
  t.equal(ana.session.pending, 0);
});
