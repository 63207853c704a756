import t from 'tap';
import { encodeClientRecord } from '../../lib/chat/codec.ts';
import { LOBBY } from '../../lib/chat/config.ts';
import type { EntryKind, NewClientRecord } from '../../lib/chat/schema.ts';
import { AUDIT_LOG } from '../../lib/store/store.ts';
import { ChatPump, type PumpClient } from '../support/chat-pump.ts';

type About = { ref?: number; to?: string };

class Scene extends ChatPump {
  /** Puts an entry into the lobby and lets everybody hear of it. */
  post(client: PumpClient, text: string, kind: EntryKind = 'text', about: About = {}): void {
    client.session.post(this.now, LOBBY, text, kind, about);
    this.run();
  }

  /** A record as a client of somebody else's making would send it. */
  forge(client: PumpClient, record: NewClientRecord): void {
    this.inject(client.peer ?? 0, encodeClientRecord(record));
    this.run();
  }

  /** The codes that a client was refused with. */
  refusals(client: PumpClient): string[] {
    return client.of('rejected').map(({ code }) => code);
  }
}

t.test('a line is edited by its author, for all who see it and all who will', async (t) => {
  const scene = new Scene({ seed: 1 });
  const [ana, bob] = [scene.join('ana'), scene.join('bob')];
  scene.post(ana, 'helo');
  scene.post(ana, 'hello', 'edit', { ref: 1 });
  t.match(bob.of('edit'), [{ room: LOBBY, seq: 2, ref: 1, text: 'hello', own: false }]);
  t.match(ana.of('edit'), [{ ref: 1, own: true }]);
  scene.post(ana, 'hello!', 'edit', { ref: 1 });
  const late = scene.join('late');
  t.match(late.of('message'), [{ seq: 1, text: 'hello!', edited: true }]);
  t.match(late.of('edit'), [{ seq: 3, text: 'hello!' }], 'no copy of older words is kept');
});

t.test('a line that is deleted is gone from the log, edits and all', async (t) => {
  const scene = new Scene({ seed: 2 });
  const ana = scene.join('ana');
  scene.post(ana, 'my password is');
  scene.post(ana, 'my password is hunter2', 'edit', { ref: 1 });
  scene.post(ana, '', 'delete', { ref: 1 });
  const late = scene.join('late');
  t.match(late.of('message'), [{ seq: 1, text: '', deleted: true }]);
  t.match(late.of('delete'), [{ seq: 3, ref: 1 }]);
  t.notMatch(JSON.stringify(late.events), 'password');
  scene.post(ana, 'back again', 'edit', { ref: 1 });
  t.strictSame(scene.refusals(ana), ['no-such-line']);
});

t.test('changes of one line that are made at once are made one after the other', async (t) => {
  for (let seed = 1; seed <= 20; seed++) {
    const scene = new Scene({ seed });
    const ana = scene.join('ana');
    scene.post(ana, 'first');
    for (const text of ['second', 'third', 'fourth']) {
      ana.session.post(scene.now, LOBBY, text, 'edit', { ref: 1 });
    }
    ana.session.post(scene.now, LOBBY, '', 'delete', { ref: 1 });
    ana.session.post(scene.now, LOBBY, 'too late', 'edit', { ref: 1 });
    scene.run();
    t.strictSame(scene.refusals(ana), ['no-such-line'], `seed ${seed}`);
    t.notMatch(JSON.stringify(scene.join('late').events), /first|second|third|fourth/);
    t.equal(ana.session.pending, 0);
  }
});

t.test('nobody edits or deletes the lines of others, but an operator may delete', async (t) => {
  const scene = new Scene({ seed: 3 });
  const [ana, bob] = [scene.join('ana'), scene.join('bob')];
  scene.post(ana, 'mine');
  scene.post(bob, 'stolen', 'edit', { ref: 1 });
  scene.post(bob, '', 'delete', { ref: 1 });
  t.strictSame(scene.refusals(bob), ['not-yours', 'not-yours']);
  t.equal(ana.of('edit').length + ana.of('delete').length, 0, 'others hear nothing of it');
  scene.makeOwner(bob);
  scene.post(bob, 'stolen', 'edit', { ref: 1 });
  scene.post(bob, '', 'delete', { ref: 1 });
  t.strictSame(scene.refusals(bob), ['not-yours', 'not-yours', 'not-yours']);
  t.match(ana.of('delete'), [{ nick: 'bob', ref: 1 }]);
});

t.test('reactions and replies are about lines that there are', async (t) => {
  const scene = new Scene({ seed: 4 });
  const [ana, bob] = [scene.join('ana'), scene.join('bob')];
  scene.post(ana, 'lunch?');
  scene.post(bob, 'yes', 'text', { ref: 1 });
  scene.post(bob, '👍', 'react', { ref: 1 });
  scene.post(bob, '👍', 'unreact', { ref: 1 });
  t.match(ana.of('message').at(-1), { text: 'yes', ref: 1 });
  t.match(ana.of('react'), [
    { ref: 1, text: '👍', on: true, nick: 'bob' },
    { ref: 1, text: '👍', on: false },
  ]);
  scene.post(bob, '👍', 'react', { ref: 99 });
  scene.post(bob, '👍', 'react');
  scene.post(bob, 'x'.repeat(49), 'react', { ref: 1 });
  scene.post(bob, 'what?', 'text', { ref: 99 });
  const wanted = ['no-such-line', 'no-such-line', 'reaction-invalid', 'no-such-line'];
  t.strictSame(scene.refusals(bob), wanted);
});

t.test('a topic is kept over a restart, and may be locked', async (t) => {
  const scene = new Scene({ seed: 5 });
  const [ana, bob] = [scene.join('ana'), scene.join('bob')];
  scene.post(bob, 'all about\nlunch', 'topic');
  t.match(ana.of('topic'), [{ nick: 'bob', topic: 'all about lunch', seq: 1 }]);
  scene.makeOwner(ana);
  t.match(bob.of('joined').at(-1), { topic: 'all about lunch' });
  scene.post(bob, '+t', 'mode');
  scene.post(ana, '+t', 'mode');
  t.match(bob.of('act').at(-1), { act: 'mode', text: '+t', nick: 'ana' });
  scene.post(bob, 'mine', 'topic');
  scene.post(bob, 'x'.repeat(257), 'topic');
  t.strictSame(scene.refusals(bob), ['not-allowed', 'not-allowed', 'not-allowed']);
  scene.post(ana, 'é'.repeat(200), 'topic');
  t.strictSame(scene.refusals(ana), ['too-long']);
});

t.test('the founder of a room closes it, by key or to all but the invited', async (t) => {
  const scene = new Scene({ seed: 6 });
  const [ana, bob] = [scene.join('ana'), scene.join('bob')];
  const set = (client: PumpClient, text: string): void => {
    client.session.post(scene.now, '#lab', text, 'mode');
    scene.run();
  };
  ana.session.join(scene.now, '#lab');
  scene.run();
  set(ana, '+k sesame');
  set(ana, '+i');
  set(ana, '+h 1');
  t.strictSame(
    ana.of('act').map(({ text }) => text),
    ['+k', '+i', '+h 1'],
  );
  t.notMatch(JSON.stringify(ana.of('act')), 'sesame', 'the key itself is not told');
  bob.session.join(scene.now, '#lab', 'sesame');
  scene.run();
  t.match(bob.of('parted'), [{ code: 'invite-only' }]);
  set(ana, '-i');
  bob.session.join(scene.now, '#lab', 'sesame');
  scene.run();
  t.match(bob.of('joined').at(-1), { room: '#lab', modes: '+hk' });
  t.equal(bob.of('act').length, 1, 'a newcomer sees as much of the past as the room shows');
  set(bob, '-k');
  set(ana, '+z');
  set(ana, '+k');
  t.strictSame(scene.refusals(bob), ['not-allowed']);
  t.strictSame(scene.refusals(ana), ['mode-invalid', 'key-invalid']);
});

t.test('operators kick and mute those below them; each act is written down', async (t) => {
  const scene = new Scene({ seed: 7 });
  const [ana, bob, cy] = [scene.join('ana'), scene.join('bob'), scene.join('cy')];
  scene.makeOwner(ana);
  const own = ana
    .of('roster')
    .at(-1)
    ?.users.find(({ nick }) => nick === 'ana');
  t.match(own, { role: 'owner' });
  scene.post(bob, 'spam', 'kick', { to: 'cy' });
  scene.post(ana, '', 'op', { to: 'bob' });
  t.match(cy.of('act'), [{ act: 'op', nick: 'ana', to: 'bob' }]);
  scene.post(bob, 'no', 'op', { to: 'cy' });
  scene.post(bob, 'mutiny', 'kick', { to: 'ana' });
  scene.post(bob, 'who?', 'kick', { to: 'dora' });
  const wanted = ['not-allowed', 'not-allowed', 'not-allowed', 'no-such-nick'];
  t.strictSame(scene.refusals(bob), wanted);
  scene.post(bob, 'too loud', 'mute', { to: 'cy' });
  scene.post(cy, 'hello?');
  scene.post(cy, 'hello?', 'topic');
  t.strictSame(scene.refusals(cy), ['muted', 'muted']);
  scene.post(bob, '', 'unmute', { to: 'CY' });
  scene.post(cy, 'thanks');
  scene.post(bob, 'spam', 'kick', { to: 'cy' });
  t.equal(scene.closed.get(cy.peer ?? 0), 263);
  t.match(ana.of('gone').at(-1), { nick: 'cy', reason: 'kicked by bob: spam' });
  const page = scene.store.execute({
    type: 'read',
    id: 1,
    log: AUDIT_LOG,
    count: 100,
    bytes: 65_536,
    from: 'newest',
  });
  t.equal(page.type === 'page' && page.entries.length, 4, 'op, mute, unmute, kick');
});

t.test('a ban with the address keeps out whoever is there, and tells nobody where', async (t) => {
  const scene = new Scene({ seed: 7 });
  const ana = scene.join('ana');
  const ipv6 = { key: 2, address: '[2001:db8:1:2::7]:9' };
  const [mallory, eve] = [scene.enter('mallory', ipv6), scene.enter('eve', { key: 3 })];
  scene.makeOwner(ana);
  scene.post(eve, '', 'ban', { to: '@ana' });
  scene.post(ana, '', 'ban', { to: '@nobody' });
  scene.post(ana, 'spam', 'ban', { to: '@mallory' });
  t.strictSame(scene.refusals(eve), ['not-allowed']);
  t.strictSame(scene.refusals(ana), ['no-such-nick']);
  t.match(eve.of('act'), [{ act: 'ban', nick: 'ana', to: 'mallory', text: 'spam' }]);
  t.notMatch(JSON.stringify(eve.events), '2001:db8');
  t.ok(scene.closed.has(mallory.peer ?? 0), 'put out');
  const code = (client: PumpClient): string | undefined =>
    client.outcomes.flatMap((outcome) => (outcome.type === 'refused' ? [outcome.code] : []))[0];
  t.equal(code(scene.enter('m2', { key: 4, address: '[2001:db8:1:2::8]:1' })), 'banned');
  t.equal(code(scene.enter('m3', { key: 2, address: '203.0.113.5:1' })), 'banned');
  t.equal(code(scene.enter('bob', { key: 5, address: '[2001:db8:1:3::8]:1' })), undefined);
  scene.post(ana, '', 'unban', { to: 'mallory' });
  t.equal(code(scene.enter('m4', { key: 4, address: '[2001:db8:1:2::8]:1' })), undefined);
});

t.test('who is muted or an operator stays so over a restart', async (t) => {
  const scene = new Scene({ seed: 8 });
  const [ana, bob, cy] = [scene.join('ana'), scene.join('bob'), scene.join('cy')];
  scene.makeOwner(ana);
  scene.post(ana, '', 'op', { to: 'bob' });
  scene.post(ana, '', 'mute', { to: 'cy' });
  scene.makeOwner(ana);
  t.match(
    bob
      .of('roster')
      .at(-1)
      ?.users.find(({ nick }) => nick === 'bob'),
    { role: 'op' },
  );
  scene.post(cy, 'hello?');
  t.strictSame(scene.refusals(cy), ['muted']);
  scene.post(ana, '', 'deop', { to: 'bob' });
  scene.post(bob, '', 'unmute', { to: 'cy' });
  t.strictSame(scene.refusals(bob), ['not-allowed']);
});

t.test(
  'away is told and forgotten with the connection; typing and reading are passed on',
  async (t) => {
    const scene = new Scene({ seed: 9 });
    const [ana, bob] = [scene.join('ana'), scene.join('bob')];
    const after = (action: () => void): void => {
      action();
      scene.run();
    };
    after(() => ana.session.away(scene.now, 'lunch'));
    t.match(bob.of('presence'), [{ nick: 'ana', presence: 'away', reason: 'lunch' }]);
    t.match(scene.join('late').of('roster')[0]?.users[0], { nick: 'ana', presence: 'away' });
    after(() => ana.session.away(scene.now, undefined));
    t.match(bob.of('presence').at(-1), { presence: 'here' });
    after(() => ana.session.typing(scene.now, LOBBY));
    after(() => ana.session.typing(scene.now, LOBBY));
    t.match(bob.of('typing'), [{ room: LOBBY, nick: 'ana' }], 'said once, however many keys');
    scene.advance(3000);
    after(() => ana.session.typing(scene.now, '@bob'));
    t.match(bob.of('typing').at(-1), { room: '@ana', nick: 'ana' });
    scene.post(bob, 'hi');
    after(() => ana.session.read(scene.now, LOBBY, 1));
    after(() => ana.session.read(scene.now, LOBBY, 1));
    t.match(bob.of('read'), [{ room: LOBBY, nick: 'ana', seq: 1 }]);
    t.equal(ana.of('typing').length + ana.of('read').length, 0, 'not to oneself');
  },
);

t.test(
  'what a client of another make may try costs a code, and nobody else anything',
  async (t) => {
    const scene = new Scene({ seed: 10 });
    const [mallory, ana] = [scene.join('mallory'), scene.join('ana')];
    scene.post(ana, 'mine');
    ana.session.join(scene.now, '#private', 'key');
    scene.run();
    const heard = ana.events.length;
    const id = (n: number): Uint8Array => new Uint8Array(8).fill(n);
    const attempts: readonly NewClientRecord[] = [
      { type: 'post', id: id(1), room: '#private', kind: 'text', text: 'let me in' },
      { type: 'post', id: id(2), room: '', kind: 'text', text: 'nowhere' },
      { type: 'post', id: id(3), room: '@ana', kind: 'text', text: 'not a room' },
      { type: 'post', id: id(4), room: LOBBY, kind: 'text', text: '\u200b\u2060' },
      { type: 'post', id: id(5), room: LOBBY, kind: 'edit', text: 'stolen', ref: 1 },
      { type: 'post', id: id(6), room: LOBBY, kind: 'delete', text: '', ref: 2 ** 50 },
      { type: 'post', id: id(7), room: LOBBY, kind: 'ban', text: '', to: 'ana' },
      { type: 'post', id: id(8), room: LOBBY, kind: 'text', text: 'x'.repeat(20_000) },
      { type: 'direct', id: id(9), to: '#private', kind: 'text', text: 'not a person' },
    ];
    for (const record of attempts) scene.forge(mallory, record);
    const codes = scene.serverEvents.flatMap((event) =>
      event.type === 'rejected' ? [event.code] : [],
    );
    t.strictSame(codes, [
      'not-in-room',
      'not-in-room',
      'not-in-room',
      'empty',
      'not-yours',
      'no-such-line',
      'not-allowed',
      'too-long',
      'no-such-nick',
    ]);
    t.equal(ana.events.length, heard, 'nobody else hears of it');
    t.equal(scene.closed.size, 0);
    for (let i = 0; i < 60; i++) {
      scene.forge(mallory, { type: 'typing', room: LOBBY });
      scene.forge(mallory, { type: 'typing', room: '#private' });
    }
    t.ok(ana.of('typing').length <= 20, 'signals are few, whoever sends them');
  },
);
