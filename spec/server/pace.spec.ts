import t from 'tap';
import { CHAT_DEFAULTS, LOBBY } from '../../lib/chat/config.ts';
import { Pace } from '../../lib/server/pace.ts';
import { ChatPump } from '../support/chat-pump.ts';

const { busyDeliveries, gatherFor, commitWork } = CHAT_DEFAULTS;

t.test('a host with little to do lets every group go at once', async (t) => {
  const pace = new Pace(CHAT_DEFAULTS);
  for (let now = 0; now < 10_000; now += 20) {
    t.equal(pace.readyAt(now), now);
    pace.onGroup(now);
    pace.onDelivered(now, 40);
  }
});

t.test('a busy one gathers until enough time has passed since the last group', async (t) => {
  const pace = new Pace(CHAT_DEFAULTS);
  let now = 0;
  while (pace.readyAt(now) <= now) {
    pace.onGroup(now);
    pace.onDelivered(now, 10);
    now += 1;
  }
  t.equal(pace.readyAt(now), now - 1 + gatherFor);
  t.ok(now * (10 + commitWork) > busyDeliveries, 'not before a second of work was done');
  pace.onDelivered(now, 1e9);
  const later = now + 1000 + gatherFor;
  t.equal(pace.readyAt(later), later, 'a second of rest is enough, whatever it did');
});

t.test('lines that wait for a busy host go out in order, each once, none forgotten', async (t) => {
  const pump = new ChatPump({ seed: 1, chat: { busyDeliveries: 10, commitWork: 5 } });
  const ana = pump.join('ana');
  const bob = pump.join('bob');
  const sent: string[] = [];
  for (let i = 0; i < 100; i++) {
    sent.push(`line ${i}`);
    ana.session.post(pump.now, LOBBY, `line ${i}`);
    pump.advance(7);
  }
  t.ok(bob.lines.length < 100, 'the last ones wait');
  pump.advance(gatherFor);
  t.strictSame(bob.lines, sent);
  t.equal(ana.of('accepted').length, 100);
  t.equal(pump.hub.nextTimeout(), Infinity);
});
