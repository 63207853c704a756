import * as fc from 'fast-check';
import t from 'tap';
import { GONE_SHOWN } from '../../../cli/tui/model/client.ts';
import { nearestName } from '../../../cli/tui/model/commands.ts';
import { isDraftOnly, nextTick } from '../../../cli/tui/model/reducer.ts';
import type { Effect } from '../../../cli/tui/model/state.ts';
import type { ClientEvent } from '../../../lib/index.ts';
import { Harness, message } from '../../support/tui/harness.ts';

const pending = (id: string, text: string, room = '#lobby'): ClientEvent => ({
  type: 'pending',
  room,
  id,
  nick: 'ana',
  kind: 'text',
  text,
  at: 1,
});
const roster = (...nicks: string[]): ClientEvent => ({
  type: 'roster',
  room: '#lobby',
  users: nicks.map((nick) => ({ nick, presence: 'here' })),
});
const membership = (type: 'join' | 'leave' | 'gone', nick: string, reason = ''): ClientEvent => ({
  type,
  room: '#lobby',
  nick,
  reason,
  at: 1,
});
const post = (text: string, kind: 'text' | 'action' = 'text'): Effect => ({
  type: 'post',
  room: '#lobby',
  text,
  kind,
});

t.test('history: Up brings lines back and Down the draft', async (t) => {
  const window = new Harness();
  window.enter('first');
  window.enter('second');
  window.type('draft');
  window.keys('up');
  t.equal(window.draft, 'second');
  window.keys('up', 'up');
  t.equal(window.draft, 'first');
  window.keys('down', 'down');
  t.equal(window.draft, 'draft');
});

t.test(
  'a line goes out and is pending below the log until its message gives it its place',
  async (t) => {
    const window = new Harness();
    window.enter('hi');
    t.same(window.takeEffects(), [post('hi')]);
    window.client(pending('1', 'hi'), message('bob', 'earlier'));
    t.same(window.log, ['bob: earlier', 'ana: hi …'], "the order is the server's");
    window.client({ type: 'accepted', room: '#lobby', id: '1', seq: 2, at: 1 });
    t.equal(window.log[1], 'ana: hi ✓');
    window.client(message('ana', 'hi', { id: '1', own: true }), message('bob', 'later'));
    t.same(window.log, ['bob: earlier', 'ana: hi ✓', 'bob: later']);
  },
);

t.test(
  'a line that a restarted server took before it died is shown once, whatever comes',
  async (t) => {
    const window = new Harness();
    window.client(pending('1', 'hi'), { type: 'accepted', room: '#lobby', id: '1', seq: 2, at: 1 });
    window.client({ type: 'welcome', nick: 'ana', resumed: true });
    t.equal(window.room.pending.length, 1, 'the same server: its message will come');
    window.client({ type: 'welcome', nick: 'ana', resumed: false }, message('bob', 'hello'));
    window.client(message('ana', 'hi', { id: '1', own: true }));
    t.same(window.log, ['ana: hi ✓', 'bob: hello']);
  },
);

t.test('a refused line is marked, and the reason is said', async (t) => {
  const window = new Harness();
  window.client(pending('1', 'hi'));
  window.client({
    type: 'rejected',
    room: '#lobby',
    id: '1',
    code: 'muted',
    reason: 'you are muted',
  });
  t.same(window.log, ['error: not sent: you are muted', 'ana: hi ✗']);
});

t.test('commands: sent, answered or refused, never sent as chat by mistake', async (t) => {
  const table: [string, Effect[], RegExp?][] = [
    ['//literal', [post('/literal')]],
    ['/me waves', [post('waves', 'action')]],
    ['/ME waves', [post('waves', 'action')]],
    ['/msg bob hi there', [{ type: 'direct', nick: 'bob', text: 'hi there' }]],
    ['/nick eva', [{ type: 'nick', nick: 'eva' }]],
    ['/quit bye all', [{ type: 'quit', reason: 'bye all' }]],
    ['/quit', [{ type: 'quit', reason: undefined }]],
    ['   ', []],
    ['/hlep', [], /did you mean \/help\?.*\/\/hlep/],
    ['/mssg bob hi', [], /did you mean \/msg\?/],
    ['/xyzzy', [], /not a command; see \/help/],
    ['/', [], /not a command/],
    ['/msg bob', [], /usage: \/msg NICK TEXT/],
    ['/nick', [], /usage: \/nick NAME/],
    ['/names', [], /ana, bob/],
    ['/help', [], /\/\/text/],
    ['/help me', [], /third person/],
    ['/help hlep', [], /did you mean \/help/],
  ];
  for (const [line, effects, says] of table) {
    const window = new Harness();
    window.client(roster('ana', 'bob'));
    window.enter(line);
    t.same(window.takeEffects(), effects, line);
    if (says !== undefined) t.match(window.log.join('\n'), says, line);
    t.equal(window.draft, '');
  }
  t.equal(nearestName('q'), 'quit');
  t.equal(nearestName('mgs'), 'msg', 'swapped letters');
  t.equal(nearestName('x'.repeat(100_000)), undefined);
});

t.test('commands: whatever begins with a single slash is never posted as it is', async () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 30 }), (rest) => {
      if (rest.startsWith('/')) return true;
      const window = new Harness();
      window.paste(`/${rest}`);
      window.keys('enter');
      return !window.effects.some((effect) => effect.type === 'post' && effect.kind === 'text');
    }),
    { seed: 24, numRuns: 300 },
  );
});

t.test('Tab completes commands and nicks, and goes round', async (t) => {
  const window = new Harness();
  window.client(roster('Ana', 'anton', 'bob'));
  window.type('an');
  window.keys('tab');
  t.equal(window.draft, 'Ana: ');
  window.keys('tab');
  t.equal(window.draft, 'anton: ');
  window.keys('S-tab');
  t.equal(window.draft, 'Ana: ');
  window.keys('C-u');
  window.type('hi bo');
  window.keys('tab');
  t.equal(window.draft, 'hi bob ');
  window.keys('C-u');
  window.type('/ms');
  window.keys('tab');
  t.equal(window.draft, '/msg ');
  window.keys('C-u');
  window.type('zz');
  window.keys('tab');
  t.equal(window.draft, 'zz', 'nothing fits: nothing happens');
});

t.test('join, leave and gone are told apart; who is gone leaves the list later', async (t) => {
  const window = new Harness();
  window.client(roster('ana', 'bob', 'cleo'));
  window.client(
    membership('join', 'dan'),
    membership('leave', 'bob', 'bye'),
    membership('gone', 'cleo', 'timed out'),
  );
  t.same(window.log, [
    'join: dan joined',
    'leave: bob left (bye)',
    'gone: cleo is gone (timed out)',
  ]);
  const list = (): string[] => window.room.users.map((user) => `${user.nick} ${user.presence}`);
  t.same(list(), ['ana here', 'cleo gone', 'dan here']);
  window.client({ type: 'presence', nick: 'dan', presence: 'slow' }, roster('ana', 'dan'));
  t.same(list(), ['ana here', 'cleo gone', 'dan here'], 'a roster replaces all but who is gone');
  t.equal(nextTick(window.state), GONE_SHOWN);
  window.now = GONE_SHOWN;
  window.send({ type: 'tick' });
  t.same(list(), ['ana here', 'dan here']);
  t.equal(nextTick(window.state), Infinity, 'nothing moves at rest');
  window.client(membership('gone', 'dan'), membership('join', 'dan'));
  t.same(list(), ['ana here', 'dan here'], 'back again');
});

t.test('a direct message has a room of its own, rings and is announced', async (t) => {
  const window = new Harness();
  window.client(message('bob', 'what?', { room: '@bob' }));
  t.same(window.log, []);
  t.same(window.takeEffects(), [{ type: 'bell' }, { type: 'title', text: '(1) udpchat #lobby' }]);
  t.equal(window.state.toasts[0]?.text, 'bob: what?');
  window.keys('M-a');
  t.equal(window.state.room, '@bob');
  t.same(window.log, ['bob: what?']);
  window.enter('psst');
  t.same(window.takeEffects().at(-1), { type: 'direct', nick: 'bob', text: 'psst' });
  window.client(message('bob', 'hm', { room: '@bob' }));
  t.same(window.takeEffects(), [], 'looked at, it does not ring');
});

t.test('a new nick is said, also our own', async (t) => {
  const window = new Harness();
  window.client(roster('ana', 'bob'));
  const change = { type: 'nick', room: '#lobby', at: 1 } as const;
  window.client(
    { ...change, from: 'bob', to: 'rob', own: false },
    { ...change, from: 'ana', to: 'eva', own: true },
  );
  t.same(window.log, ['info: bob is now rob', 'info: you are now eva']);
  t.same(
    window.room.users.map((user) => user.nick),
    ['eva', 'rob'],
  );
  t.equal(window.state.nick, 'eva');
});

t.test('an outage is said once, counted down, and typing goes on', async (t) => {
  const window = new Harness();
  window.client({ type: 'status', status: 'online', attempt: 1 });
  const lost = { type: 'status', status: 'reconnecting', detail: 'no answer' } as const;
  window.client({ ...lost, attempt: 1, retryAt: 2500 }, { ...lost, attempt: 2, retryAt: 2500 });
  t.equal(window.log.filter((entry) => entry.includes('connection lost: no answer')).length, 1);
  t.equal(nextTick(window.state), 500);
  window.now = 500;
  window.send({ type: 'tick' });
  t.equal(nextTick(window.state), 1500);
  window.enter('still here');
  t.same(window.takeEffects(), [post('still here')]);
  window.client({ type: 'status', status: 'online', attempt: 2 });
  t.equal(window.log.at(-1), 'info: connected again');
});

t.test(
  'Ctrl-C clears the draft first, then leaves; Ctrl-D leaves only an empty line',
  async (t) => {
    const window = new Harness();
    window.type('draft');
    window.keys('C-c');
    t.equal(window.draft, '');
    t.same(window.takeEffects(), []);
    window.keys('C-c');
    t.same(window.takeEffects(), [{ type: 'quit', reason: undefined }]);
    window.type('ab');
    window.keys('C-a', 'C-d');
    t.equal(window.draft, 'b');
    window.keys('C-d', 'C-d');
    t.same(window.takeEffects(), [{ type: 'quit', reason: undefined }]);
  },
);

t.test(
  'a paste of four lines is a draft, of five a question, and goes out as one block',
  async (t) => {
    const window = new Harness();
    window.paste('a\nb\nc\nd\n');
    t.equal(window.draft, 'a\nb\nc\nd');
    window.keys('enter');
    t.same(window.takeEffects(), [post('a\nb\nc\nd')]);
    const block = '/1\n2\n3\n4\n5';
    window.type('draft');
    window.paste(block);
    window.type('x');
    t.same(window.takeEffects(), [{ type: 'bell' }], 'nothing else is taken before the answer');
    window.keys('C-k');
    t.same(window.takeEffects(), [post(block)]);
    t.equal(window.draft, 'draft', 'the draft is kept');
    window.paste(block);
    window.keys('C-c');
    t.equal(window.state.paste, undefined);
    t.same(window.takeEffects(), []);
    window.paste('1\x1b[2J\n2\n3\n4\n5');
    window.keys('C-e');
    t.equal(window.draft, 'draft1␛[2J\n2\n3\n4\n5', 'controls are visible text');
  },
);

t.test('scrolled up, what comes in moves nothing and is counted', async (t) => {
  const window = new Harness();
  for (let i = 0; i < 100; i++) window.client(message('bob', `line ${i}`));
  window.keys('pageup');
  const before = window.room.position;
  window.client(message('bob', 'new'), message('bob', 'newer'));
  t.same(window.room.position, before);
  t.equal(window.room.unseen, 2);
  window.keys('escape');
  t.equal(window.room.position.type, 'follow');
  t.equal(window.room.unseen, 0);
});

t.test('a screen at rest is not painted for the jitter of heartbeats', async (t) => {
  const window = new Harness();
  const stats = {
    srtt: 5,
    rttvar: 2,
    lossOut: 0,
    lossIn: 0.02,
    retransmits: 0,
    copies: 3,
    cwnd: 64_000,
  };
  window.send({ type: 'stats', stats });
  const before = window.state;
  window.now = 5000;
  window.send({ type: 'stats', stats: { ...stats } });
  window.send({ type: 'stats', stats: { ...stats, srtt: 6.5, lossIn: 0.021, cwnd: 70_000 } });
  t.equal(window.state, before);
  window.send({ type: 'stats', stats: { ...stats, srtt: 20 } });
  t.equal(window.state.stats?.srtt, 20, 'a figure that has changed is shown');
  window.client(message('bob', 'hi'));
  window.send({ type: 'stats', stats: { ...stats, srtt: 20 } });
  t.same(
    window.state.history.rtt,
    [5, 20, 20],
    'and so is every second in which something is said',
  );
});

t.test('a key that only writes in the draft is told from one that changes more', async (t) => {
  const window = new Harness();
  window.client(message('böb', 'hi'));
  const after = (...keys: string[]): boolean => {
    const before = window.state;
    window.now += 1;
    window.keys(...keys);
    return isDraftOnly(before, window.state);
  };
  const types = (text: string): boolean => {
    const before = window.state;
    window.now += 1;
    window.type(text);
    return isDraftOnly(before, window.state);
  };
  t.notOk(types('a'), 'the list of rooms tells of a draft');
  t.ok(types('b'));
  t.ok(after('left'));
  t.ok(after('backspace'));
  t.ok(after('C-e'));
  t.notOk(after('f2'));
  t.notOk(after('f1'));
  after('escape');
  t.notOk(after('enter'));
  types('/he');
  t.notOk(after('tab'), 'the menu is over the log');
  const before = window.state;
  window.client(message('böb', 'and on'));
  t.notOk(isDraftOnly(before, window.state));
});

t.test('who writes in a window looks at it, although its terminal told of no focus', async (t) => {
  const window = new Harness();
  window.send({ type: 'input', event: { type: 'focus', focused: false } });
  window.client(message('böb', 'ana: hi'));
  t.equal(window.room.unread, 1);
  window.type('h');
  t.same([window.room.unread, window.state.focused], [0, true]);
  window.client(message('böb', 'and on'));
  t.equal(window.room.unread, 0);
});

t.test('Tab behind the only way to go on completes what comes next', async (t) => {
  const window = new Harness();
  window.type('/set the');
  window.keys('tab');
  t.equal(window.draft, '/set theme ');
  window.keys('tab');
  t.equal(window.draft, '/set theme default');
  window.keys('tab');
  t.equal(window.draft, '/set theme light', 'where there are more, it goes round');
});

t.test('a reaction may be called by the name of its emoji', async (t) => {
  const window = new Harness();
  window.client(message('böb', 'done'));
  window.takeEffects();
  window.enter('/react :tada:');
  t.match(window.takeEffects(), [{ type: 'post', kind: 'react', text: '🎉' }]);
});
