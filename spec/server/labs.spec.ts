import t from 'tap';
import { LOBBY } from '../../lib/chat/config.ts';
import { ChatPump, type PumpClient } from '../support/chat-pump.ts';

const SPEC = 'loss 20% delay 50ms';
const CANONICAL = 'delay 50ms loss 20%';

/** An owner and two others, all in one room. */
function classOf(seed: number): { pump: ChatPump; ana: PumpClient; others: PumpClient[] } {
  const pump = new ChatPump({ seed });
  const ana = pump.join('ana');
  const others = [pump.join('bob'), pump.join('cy')];
  pump.makeOwner(ana);
  return { pump, ana, others };
}

function lab(pump: ChatPump, who: PumpClient, impairment: string, room = LOBBY): void {
  who.session.lab(pump.now, room, impairment);
  pump.run();
}

t.test('an operator asks a room to try a bad network, and everybody in it is told', async (t) => {
  const { pump, ana, others } = classOf(1);
  lab(pump, ana, SPEC);
  for (const client of [ana, ...others]) {
    t.match(client.of('lab'), [{ room: LOBBY, nick: 'ana', impairment: CANONICAL }]);
  }
  lab(pump, ana, '');
  for (const client of others) t.match(client.of('lab').at(-1), { nick: 'ana', impairment: '' });
  const logged = pump.serverEvents.filter(({ type }) => type === 'lab');
  t.match(logged, [{ by: 'ana', impairment: CANONICAL }, { impairment: '' }]);
  lab(pump, ana, '');
  t.equal(ana.of('lab').length, 2, 'what is off is not ended twice');
});

t.test('who is no operator may not begin one, nor end one', async (t) => {
  const { pump, ana, others } = classOf(2);
  const [bob] = others as [PumpClient];
  lab(pump, bob, SPEC);
  t.match(bob.of('notice').at(-1), { level: 'error', code: 'not-allowed' });
  lab(pump, ana, SPEC);
  lab(pump, bob, '');
  t.match(bob.of('notice').at(-1), { code: 'not-allowed' });
  t.equal(ana.of('lab').length, 1, 'it is still on');
  lab(pump, ana, SPEC, '#elsewhere');
  t.match(ana.of('notice').at(-1), { code: 'not-in-room' });
});

t.test(
  'a string that makes no sense, or asks for too much, is refused with the reason',
  async (t) => {
    const { pump, ana, others } = classOf(3);
    const cases: readonly (readonly [string, RegExp])[] = [
      ['loss 20% dely 50ms', /^at character 10: "dely" is not one of/],
      ['loss', /^at character 1: "loss" lacks its value/],
      ['loss 61%', /loses 61 %; .* lose 60 %/],
      ['loss 40% corrupt 40%', /loses 64 %/],
      ['loss gemodel 10% 0%', /loses 100 %/],
      ['loss state 50% 1% 0% 100% 0%', /loses 98 %/],
      ['delay 4s 500ms', /delays up to 6000 ms/],
      ['delay 1s slot 4500ms', /delays up to 5500 ms/],
      ['rate 8kbit', /no rate below 16kbit/],
      ['limit 1', /no limit below 10/],
      ['loss 20% 100%', /no correlation above 95%/],
    ];
    for (const [text, reason] of cases) {
      lab(pump, ana, text);
      t.match(ana.of('notice').at(-1), { code: 'lab-invalid', text: reason }, text);
    }
    t.strictSame(others[0]?.of('lab'), []);
  },
);

t.test('who comes in, or back, is told what is on', async (t) => {
  const { pump, ana, others } = classOf(4);
  lab(pump, ana, SPEC);
  const late = pump.join('late');
  t.match(late.of('lab'), [{ room: LOBBY, nick: 'ana', impairment: CANONICAL }]);
  const types = late.events.map(({ type }) => type);
  t.ok(types.indexOf('joined') < types.indexOf('lab'), 'behind joined');
  const [bob] = others as [PumpClient];
  pump.cut(bob);
  pump.connect(bob);
  pump.run();
  t.equal(bob.of('lab').length, 2);
  t.strictSame(pump.join('stranger', '#other').of('lab'), [], 'not in other rooms');
});

t.test('it ends when the operator parts, leaves or is gone', async (t) => {
  for (const how of ['parts', 'leaves', 'is gone'] as const) {
    const { pump, ana, others } = classOf(5);
    lab(pump, ana, SPEC);
    if (how === 'parts') ana.session.part(pump.now, LOBBY);
    else pump.cut(ana, how === 'leaves' ? 'left' : 'gone');
    pump.run();
    for (const client of others) {
      t.match(client.of('lab').at(-1), { nick: 'ana', impairment: '' }, how);
    }
    const late = pump.join('late');
    t.strictSame(late.of('lab'), [], how);
  }
});

t.test('it ends when whoever began it is no operator any more', async (t) => {
  const { pump, ana, others } = classOf(6);
  const [bob, cy] = others as [PumpClient, PumpClient];
  const change = (kind: 'op' | 'deop'): void => {
    ana.session.post(pump.now, LOBBY, '', kind, { to: 'bob' });
    pump.run();
  };
  change('op');
  lab(pump, bob, SPEC);
  change('op');
  t.match(cy.of('lab').at(-1), { nick: 'bob', impairment: CANONICAL }, 'an operator still');
  change('deop');
  t.match(cy.of('lab').at(-1), { nick: 'bob', impairment: '' });
  t.match(bob.of('lab').at(-1), { nick: 'bob', impairment: '' }, 'who began it is told too');
});
