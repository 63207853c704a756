import * as fc from 'fast-check';
import t from 'tap';
import {
  append,
  EMPTY_LOG,
  itemAt,
  type Log,
  type LogItem,
  prepend,
} from '../../../cli/tui/model/log.ts';
import { shareDone } from '../../../cli/tui/model/past.ts';
import type { Effect } from '../../../cli/tui/model/state.ts';
import type { ClientEvent, PageEvent } from '../../../lib/index.ts';
import { Harness, message } from '../../support/tui/harness.ts';

const HOUR = 3_600_000;

/** A line with a number, said `seq` hours after the beginning. */
const line = (seq: number, more: object = {}): ClientEvent =>
  message('bob', `line ${seq}`, { seq, at: seq * HOUR, history: true, ...more });

function page(from: number, to: number, first = 1): PageEvent {
  const entries = Array.from({ length: to - from + 1 }, (_, i) => line(from + i));
  return { type: 'page', found: [], ask: 1, room: '#lobby', query: '', entries, from, to, first };
}

/** A window that has the lines 500 to 600 of its room. */
function late(): Harness {
  const window = new Harness();
  window.now = 700 * HOUR;
  window.client({ type: 'status', status: 'online', attempt: 1 });
  for (let seq = 500; seq <= 600; seq++) window.client(line(seq));
  window.takeEffects();
  return window;
}

const questions = (effects: readonly Effect[]): Effect[] =>
  effects.filter(({ type }) => type === 'history');

t.test('what was said before stands above the note that we are connected', async (t) => {
  const window = late();
  t.equal(window.log.at(-1), 'info: connected to #lobby');
  t.equal(window.log.at(-2), 'bob: line 600');
  t.equal(window.log[0], 'bob: line 500');
});

t.test('log: older entries come before all others, under lower numbers', async () => {
  const moves = fc.array(fc.oneof(fc.integer({ min: 1, max: 700 }), fc.constant('append')), {
    maxLength: 30,
  });
  fc.assert(
    fc.property(moves, (steps) => {
      let log: Log = EMPTY_LOG;
      const wanted: string[] = [];
      let count = 0;
      const note = (): LogItem => ({ type: 'note', level: 'info', at: 1, text: `${++count}` });
      for (const step of steps) {
        if (typeof step === 'number') {
          const older = Array.from({ length: step }, note);
          log = prepend(log, older);
          wanted.unshift(...older.map(({ text }) => text));
        } else {
          const item = note();
          log = append(log, item);
          wanted.push(item.text);
        }
      }
      const got = Array.from({ length: log.end - log.first }, (_, i) => {
        return itemAt(log, log.first + i)?.text;
      });
      return got.join() === wanted.join() && itemAt(log, log.first - 1) === undefined;
    }),
    { seed: 27, numRuns: 200 },
  );
});

t.test(
  'scrolled to its beginning, a log gets what was said before, and does not move',
  async (t) => {
    const window = late();
    window.keys('pageup', 'pageup', 'pageup');
    const [question, ...more] = questions(window.takeEffects());
    t.match(question, { room: '#lobby', before: 500 });
    t.equal(more.length, 0, 'one question at a time');
    const { position } = window.room;
    window.client({ ...page(300, 499), ask: 1 });
    t.same(window.room.position, position, 'what is on the screen stays');
    const { log } = window.room;
    t.match(itemAt(log, log.first), { text: 'line 300' });
    t.equal(window.room.unread, 0, 'nothing of it is news');
    window.keys('C-home');
    t.match(questions(window.takeEffects()), [{ before: 300 }]);
    window.client({ ...page(1, 299), ask: 2 });
    window.keys('C-home', 'pageup');
    t.equal(questions(window.takeEffects()).length, 0, 'there is nothing before the first line');
  },
);

t.test('a log shorter than the screen gets older lines when somebody scrolls', async (t) => {
  const window = new Harness();
  window.client({ type: 'status', status: 'online', attempt: 1 }, line(7));
  window.type('typing asks for nothing');
  t.equal(questions(window.takeEffects()).length, 0);
  window.keys('pageup');
  t.match(questions(window.takeEffects()), [{ before: 7 }]);
});

t.test('a refused question is asked again with the next key, not by itself', async (t) => {
  const window = late();
  window.keys('C-home');
  window.takeEffects();
  window.client({ type: 'notice', level: 'error', code: 'rate-limited', text: 'wait' });
  window.client(line(601));
  t.equal(questions(window.takeEffects()).length, 0);
  window.keys('C-home');
  t.equal(questions(window.takeEffects()).length, 1);
  window.client({ type: 'status', status: 'reconnecting', attempt: 1 });
  window.keys('C-home');
  t.equal(questions(window.takeEffects()).length, 0, 'nor while nobody could answer');
});

t.test('a reaction that came before its line is on it when the line comes', async (t) => {
  const window = late();
  const react = { type: 'react', room: '#lobby', nick: 'cy', at: 1, own: false, history: true };
  window.client({ ...react, seq: 601, ref: 499, text: '👍', on: true } as ClientEvent);
  window.keys('C-home');
  window.client(page(490, 499, 480));
  const { log, past } = window.room;
  t.match(itemAt(log, log.first + 9), { text: 'line 499', reactions: [{ emoji: '👍' }] });
  t.equal(past.orphans.length, 0);
  window.keys('C-home');
  window.client(page(480, 489, 480));
  t.ok(window.room.past.isAll, 'the server has no more');
});

t.test('/goto goes back page by page, with how far it is, and Escape stops it', async (t) => {
  const window = late();
  const day = new Date(250 * HOUR);
  const date = [day.getFullYear(), day.getMonth() + 1, day.getDate()]
    .map((part) => String(part).padStart(2, '0'))
    .join('-');
  window.enter(`/goto ${date}`);
  t.match(questions(window.takeEffects()), [{ before: 500 }]);
  t.equal(shareDone(window.room), 0);
  window.client(page(400, 499));
  t.match(questions(window.takeEffects()), [{ before: 400 }], 'it goes on by itself');
  const share = shareDone(window.room) ?? 0;
  t.ok(share > 0.3 && share < 0.5, `${share}`);
  window.client(page(200, 399));
  t.equal(shareDone(window.room), undefined);
  const { position, log } = window.room;
  const top = position.type === 'top' ? itemAt(log, position.item) : undefined;
  const hours = Math.abs((top?.at ?? 0) - 250 * HOUR) / HOUR;
  t.ok(hours < 30, `${hours} hours from the day that was asked for`);
  window.enter('/goto 1970-01-02');
  window.keys('escape');
  window.client(page(100, 199));
  t.equal(questions(window.takeEffects()).length, 1, 'only the one before Escape');
  t.equal(window.room.position.type, 'follow');
});

t.test('the answered line is fetched when it is further back than the log', async (t) => {
  const window = late();
  window.client(line(601, { ref: 450 }));
  window.keys('M-j');
  t.match(questions(window.takeEffects()), [{ before: 500 }]);
  window.client(page(440, 499));
  const { picked } = window.state;
  t.match(itemAt(window.room.log, picked ?? -1), { text: 'line 450' });
});

t.test('a refused line stays, is sent again by a key, edited, or dropped', async (t) => {
  const window = new Harness();
  const pending = (id: string): ClientEvent => ({
    type: 'pending',
    room: '#lobby',
    id,
    nick: 'ana',
    kind: 'text',
    text: `text of ${id}`,
    at: 1,
    ref: 0,
  });
  const refuse = (id: string): void => {
    const why = { code: 'rate-limited', reason: 'too fast' };
    window.client(pending(id), { type: 'rejected', room: '#lobby', id, ...why });
  };
  refuse('a');
  refuse('b');
  t.same(window.log.slice(-2), ['ana: text of a ✗', 'ana: text of b ✗']);
  window.takeEffects();
  window.keys('M-up');
  window.client(message('bob', 'meanwhile'));
  window.type('r');
  t.match(window.takeEffects(), [{ type: 'post', text: 'text of b', kind: 'text' }]);
  window.keys('M-up');
  window.type('d');
  t.notMatch(window.log.join(), /text of/);
  refuse('c');
  window.keys('M-up');
  window.type('e');
  t.equal(window.draft, 'text of c');
  window.keys('C-u');
  refuse('d');
  refuse('e');
  window.keys('M-r');
  t.match(
    window.takeEffects().filter(({ type }) => type === 'post'),
    [{ text: 'text of d' }, { text: 'text of e' }],
  );
  window.enter('/retry');
  t.equal(window.log.at(-1), 'info: nothing was refused here');
});

t.test('what a search found is told among what was said around it', async (t) => {
  const window = late();
  const said = ['lunch?', 'at noon', 'no'].map((text, i) =>
    message('bob', text, { seq: 12 - i, at: HOUR, history: true }),
  );
  const page = { type: 'page', ask: 1, room: '#lobby', entries: said, from: 10, to: 12, first: 1 };
  window.client({ ...page, query: 'noon', found: [11] } as PageEvent);
  t.same(window.log.slice(-4), [
    'info: 1 message has "noon":',
    'info:   bob: no',
    'info: #11 1970-01-01 bob: at noon',
    'info:   bob: lunch?',
  ]);
});
