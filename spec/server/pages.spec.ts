import t from 'tap';
import { LOBBY } from '../../lib/chat/config.ts';
import type { ClientEvent, PageEvent } from '../../lib/client/events.ts';
import type { Question } from '../../lib/client/pages.ts';
import { ChatPump, type PumpClient } from '../support/chat-pump.ts';

/** Asks, and has the answer. */
function ask(pump: ChatPump, { session, of }: PumpClient, question: Question): PageEvent {
  const number = session.history(pump.now, LOBBY, question);
  pump.run();
  const page = of('page').find((event) => event.ask === number);
  if (page === undefined) throw new Error('no answer');
  return page;
}

function textsOf({ entries }: PageEvent): string[] {
  return entries.map((event: ClientEvent) => ('text' in event ? event.text : event.type));
}

function chatOf(lines: number, chat: ConstructorParameters<typeof ChatPump>[0]['chat'] = {}) {
  const pump = new ChatPump({ seed: 1, chat });
  const ana = pump.join('ana');
  ana.of = ana.of.bind(ana);
  for (let i = 1; i <= lines; i++) ana.session.post(pump.now, LOBBY, `line ${i}`, 'text');
  pump.advance(lines * 20);
  return { pump, ana };
}

t.test('the past is shown page by page, from either end, until there is no more', async (t) => {
  const { pump, ana } = chatOf(100);
  const newest = ask(pump, ana, { count: 3 });
  t.match(newest, { room: LOBBY, query: '', from: 98, to: 100, first: 1 });
  t.strictSame(textsOf(newest), ['line 98', 'line 99', 'line 100']);
  t.strictSame(textsOf(ask(pump, ana, { before: 98, count: 2 })), ['line 96', 'line 97']);
  t.strictSame(textsOf(ask(pump, ana, { after: 10, count: 2 })), ['line 11', 'line 12']);
  t.match(ask(pump, ana, { before: 1 }), { entries: [], from: 0, to: 0 });
  const at = ana.of('message')[49]?.at ?? 0;
  t.equal(ask(pump, ana, { since: at, count: 1 }).entries[0]?.type, 'message');
  t.ok(newest.entries.every((event) => 'history' in event && event.history && !event.own));
});

t.test('a search finds what was said, newest first, and nothing that was not', async (t) => {
  const { pump, ana } = chatOf(30);
  t.strictSame(textsOf(ask(pump, ana, { query: 'LINE 1', count: 2 })), ['line 1']);
  t.strictSame(textsOf(ask(pump, ana, { query: 'nowhere' })), []);
});

t.test('what is found comes with its neighbours, each once, if they are wanted', async (t) => {
  const { pump, ana } = chatOf(30);
  for (const text of ['needle one', 'hay', 'needle two', 'a', 'b', 'c', 'd', 'needle three']) {
    ana.session.post(pump.now, LOBBY, text, 'text');
  }
  pump.advance(1000);
  const page = ask(pump, ana, { query: 'needle', context: 2, count: 10 });
  const around = 'needle three,d,c,b,a,needle two,hay,needle one,line 30,line 29';
  t.equal(textsOf(page).join(','), around);
  t.strictSame(page.found, [38, 33, 31]);
  const next = ask(pump, ana, { query: 'needle', context: 1, count: 10, before: 33 });
  t.strictSame(textsOf(next), ['hay', 'needle one', 'line 30']);
  t.strictSame(next.found, [31]);
  const alone = ask(pump, ana, { query: 'needle', count: 10 });
  t.strictSame(alone.found, [38, 33, 31], 'without neighbours all are found');
  t.equal(alone.entries.length, 3);
  const many = ask(pump, ana, { query: 'line', context: 1000, count: 1 });
  t.equal(many.entries.length, 19, 'the line, 10 before it and the 8 that were said since');
  t.strictSame(ask(pump, ana, { query: 'nowhere', context: 1 }).found, []);
});

t.test('a page stays below what fits a record, however long the lines are', async (t) => {
  const pump = new ChatPump({ seed: 2 });
  const ana = pump.join('ana');
  ana.of = ana.of.bind(ana);
  for (let i = 0; i < 10; i++) ana.session.post(pump.now, LOBBY, 'x'.repeat(16_000), 'text');
  pump.advance(10_000);
  const page = ask(pump, ana, { count: 10 });
  t.equal(page.entries.length, 2);
  t.equal(ask(pump, ana, { before: page.from, count: 10 }).to, page.from - 1, 'and goes on');
});

t.test('a bomb of questions is refused with a code and costs nobody else', async (t) => {
  const { pump, ana } = chatOf(5);
  const bob = pump.join('bob');
  for (let i = 0; i < 500; i++) ana.session.history(pump.now, LOBBY, { count: 1e9 });
  pump.run();
  t.match(ana.of('notice').at(-1), { level: 'error', code: 'rate-limited' });
  t.ok(ana.of('page').length < 100, `${ana.of('page').length} answered`);
  t.equal(bob.of('notice').length, 0);
});

t.test('who is not in a room is shown nothing of it', async (t) => {
  const { pump, ana } = chatOf(1);
  ana.session.history(pump.now, '#elsewhere');
  pump.run();
  t.match(ana.of('notice').at(-1), { code: 'not-in-room' });
});
