import t from 'tap';
import { CHAT_DEFAULTS, LOBBY } from '../../lib/chat/config.ts';
import { Pace } from '../../lib/server/pace.ts';
import { ChatPump } from '../support/chat-pump.ts';

const { busyMessages, commitFor, gatherFor, commitWork } = CHAT_DEFAULTS;

t.test('a host with little to do lets every group go at once', async (t) => {
  const pace = new Pace(CHAT_DEFAULTS);
  for (let now = 0; now < 10_000; now += 20) {
    t.equal(pace.readyAt(now), now);
    pace.onGroup(now);
    pace.onSent(40);
  }
});

t.test('a busy one gathers for as long as its work allows, but not much longer', async (t) => {
  const pace = new Pace(CHAT_DEFAULTS);
  let now = 0;
  while (pace.readyAt(now) <= now) {
    pace.onGroup(now);
    pace.onSent(30);
    now += 1;
  }
  t.ok(now * (30 + commitWork) > busyMessages, 'not before a second of work was done');
  t.ok(pace.readyAt(now) < now + 10, 'it makes no more than that from then on');
  pace.onSent(1e9);
  t.equal(pace.readyAt(now), now - 1 + commitFor);
  const later = now + 1000 + commitFor;
  t.equal(pace.readyAt(later), later, 'a second of rest is enough, whatever it did');
});

t.test('lines that wait for a busy host go out in order, each once, none forgotten', async (t) => {
  const pump = new ChatPump({ seed: 1, chat: { busyMessages: 10, commitWork: 5 } });
  const ana = pump.join('ana');
  const bob = pump.join('bob');
  const sent: string[] = [];
  for (let i = 0; i < 100; i++) {
    sent.push(`line ${i}`);
    ana.session.post(pump.now, LOBBY, `line ${i}`);
    pump.advance(7);
  }
  t.ok(bob.lines.length < 100, 'the last ones wait');
  pump.advance(commitFor);
  pump.advance(gatherFor);
  t.strictSame(bob.lines, sent);
  t.equal(ana.of('accepted').length, 100);
  t.equal(pump.hub.nextTimeout(), Infinity);
});
