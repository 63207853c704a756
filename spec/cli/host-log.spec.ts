import t from 'tap';
import { HostLog, type LogForm, parseLogForm } from '../../cli/host-log.ts';
import type { ServerEvent } from '../../lib/index.ts';

const AT = Date.UTC(2026, 10, 24, 10);
const JOIN: ServerEvent = {
  type: 'join',
  at: AT,
  room: '#lobby',
  nick: 'ana',
  address: '10.0.0.2:5000',
};

function open(form: LogForm) {
  const lines: string[] = [];
  const clock = { now: AT };
  const output = { write: (text: string): void => void lines.push(...text.trimEnd().split('\n')) };
  return { lines, clock, log: new HostLog({ form, output, clock: () => clock.now }) };
}

t.test('a line an event, for people and for machines', async (t) => {
  const pretty = open('pretty');
  pretty.log.event(JOIN);
  const time = '2026-11-24T10:00:00.000Z';
  t.strictSame(pretty.lines, [`${time} join room=#lobby nick=ana address=10.0.0.2:5000`]);
  const json = open('json');
  json.log.event(JOIN);
  json.log.event({ type: 'refused', at: AT, address: '10.0.0.2:5000', code: 'banned' });
  json.log.event({ ...JOIN, nick: 'a"\n\u001b[2J' });
  t.strictSame(
    json.lines.map((line) => JSON.parse(line)),
    [
      { level: 'info', time, room: '#lobby', nick: 'ana', address: '10.0.0.2:5000', event: 'join' },
      { level: 'warn', time, address: '10.0.0.2:5000', code: 'banned', event: 'refused' },
      {
        level: 'info',
        time,
        room: '#lobby',
        nick: 'a"\n\u001b[2J',
        address: '10.0.0.2:5000',
        event: 'join',
      },
    ],
  );
  t.notOk(
    json.lines.some((line) => line.includes('\u001b')),
    'and nothing that moves a cursor',
  );
});

t.test('a flood fills no disk: so many lines, then how many were left out', async (t) => {
  for (const form of ['pretty', 'json'] as const) {
    const { lines, clock, log } = open(form);
    for (let i = 0; i < 8000; i++) log.event(JOIN);
    t.equal(lines.length, 5000, 'a burst');
    clock.now += 10;
    log.event(JOIN);
    t.equal(lines.length, 5002);
    t.match(lines.at(-2), form === 'json' ? /"text":".* lines=3000"/ : /left-out lines=3000$/);
    log.end();
    t.equal(lines.length, 5002, 'once');
  }
});

t.test('the form is pretty or json', async (t) => {
  t.equal(parseLogForm(undefined), 'pretty');
  t.equal(parseLogForm('json'), 'json');
  t.throws(() => parseLogForm('xml'), { message: /--log xml/ });
});
