import t from 'tap';
import { SeededRandom } from '../../lib/base/random.ts';
import { LOBBY } from '../../lib/chat/config.ts';
import type { KeptOutbox } from '../../lib/chat/kept.ts';
import { CLIENT_DEFAULTS } from '../../lib/client/config.ts';
import { ChatPump, type PumpClient } from '../support/chat-pump.ts';

const SESSION = new Uint8Array(16).fill(7);
const NOTHING: KeptOutbox = { session: SESSION, posts: [] };

/** `kill -9` of a client, which the server does not notice, and its next start. */
function restart(pump: ChatPump, client: PumpClient): PumpClient {
  const kept = { session: SESSION, posts: [...client.left.values()] };
  pump.loseSilently(client);
  return pump.client(client.session.nick, { kept });
}

t.test('what a client that was killed had no answer to is said once by the next', async (t) => {
  for (let seed = 1; seed <= 30; seed++) {
    const pump = new ChatPump({ seed });
    const random = new SeededRandom(seed);
    const bob = pump.join('bob');
    let ana = pump.client('ana', { kept: NOTHING });
    const written: string[] = [];
    for (let i = 0; i < 40; i++) {
      if (ana.peer === undefined && random.uint32() % 2 === 0) pump.connect(ana);
      written.push(`ana ${i}`);
      ana.session.post(pump.now, LOBBY, `ana ${i}`);
      pump.run(random.uint32() % 8);
      if (random.uint32() % 4 === 0) ana = restart(pump, ana);
    }
    if (ana.peer === undefined) pump.connect(ana);
    pump.advance(5000);
    t.strictSame(bob.lines, written, `seed ${seed}: once, in the order in which they were written`);
    t.equal(ana.left.size, 0, 'nothing is left to be said');
  }
});

t.test('who is back shows what waits, and goes on where the lost connection was', async (t) => {
  const pump = new ChatPump({ seed: 1 });
  const bob = pump.join('bob');
  const ana = pump.client('ana', { kept: NOTHING, rooms: [LOBBY] });
  pump.connect(ana);
  pump.run();
  ana.session.join(pump.now, '#ci');
  pump.run();
  ana.session.post(pump.now, '#ci', 'to be said', 'action');
  pump.run(0);
  const next = restart(pump, ana);
  pump.run();
  t.match(next.of('pending'), [{ room: '#ci', text: 'to be said', kind: 'action' }]);
  pump.connect(next);
  pump.run();
  t.strictSame(
    next.of('joined').map(({ room }) => room),
    [LOBBY, '#ci'],
    'the rooms of kept lines are wanted, too',
  );
  t.match(next.of('accepted'), [{ room: '#ci', seq: 1 }]);
  t.equal(next.session.nick, 'ana');
  t.strictSame(bob.of('gone').concat(bob.of('leave')), [], 'nobody was told of a going');
});

t.test('a room that a new start does not know of is left', async (t) => {
  const pump = new ChatPump({ seed: 2 });
  const bob = pump.join('bob', '#ci');
  const ana = pump.client('ana', { kept: NOTHING, rooms: [LOBBY, '#ci'] });
  pump.connect(ana);
  pump.run();
  const next = restart(pump, ana);
  pump.connect(next);
  pump.run();
  t.match(bob.of('leave'), [{ room: '#ci', nick: 'ana' }]);
  t.equal(next.of('notice').length, 0);
});

t.test('what has waited for more than a week is owned up to, not said', async (t) => {
  const pump = new ChatPump({ seed: 3 });
  const ana = pump.client('ana', { kept: NOTHING });
  const id = ana.session.post(pump.now, LOBBY, 'good morning');
  pump.run();
  pump.now += CLIENT_DEFAULTS.outboxAge + 1;
  const next = restart(pump, ana);
  pump.connect(next);
  pump.run();
  t.match(next.of('rejected'), [{ id, code: 'unanswered' }]);
  t.equal(next.left.size, 0);
  t.strictSame(next.lines, []);
});

t.test('what is rejected is not kept', async (t) => {
  const pump = new ChatPump({ seed: 4 });
  const ana = pump.client('ana', { kept: NOTHING });
  ana.session.post(pump.now, '#elsewhere', 'not in that room');
  ana.session.post(pump.now, LOBBY, '');
  ana.session.post(pump.now, '@nobody', 'hello?');
  pump.connect(ana);
  pump.run();
  t.equal(ana.of('rejected').length, 3);
  t.equal(ana.left.size, 0);
});
