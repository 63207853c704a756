import t from 'tap';
import { activeRoom, layoutOf } from '../../../cli/tui/model/state.ts';
import { Canvas } from '../../../cli/tui/view/canvas.ts';
import { NEEDS, PAINTERS } from '../../../cli/tui/view/view.ts';
import type { ClientEvent } from '../../../lib/index.ts';
import { Harness } from '../../support/tui/harness.ts';

const on = (impairment: string, room = '#lobby'): ClientEvent => ({
  type: 'lab',
  room,
  nick: 'alice',
  impairment,
});

function linkPane(window: Harness): string[] {
  const rect = layoutOf(window.state).link;
  if (rect === undefined) throw new Error('no link panel at this size');
  const canvas = new Canvas(rect.width, rect.height);
  PAINTERS.link(canvas, window.state);
  return Array.from({ length: rect.height }, (_, y) => canvas.rowText(y).trimEnd());
}

t.test('/lab asks for the room, and says where a string is wrong', async (t) => {
  const window = new Harness();
  const cases: readonly (readonly [string, string, string])[] = [
    ['/lab loss 20% #lab', '#lab', 'loss 20%'],
    ['/lab loss 20%', '#lobby', 'loss 20%'],
    ['/lab delay 50ms 5ms loss 1%', '#lobby', 'delay 50ms 5ms loss 1%'],
    ['/lab off #lab', '#lab', ''],
    ['/lab off', '#lobby', ''],
  ];
  for (const [line, room, impairment] of cases) {
    window.enter(line);
    t.same(window.takeEffects(), [{ type: 'lab', room, impairment }], line);
  }
  for (const line of ['/lab loss 20% dely 5ms', '/lab loss 90%', '/lab nonsense #lab']) {
    window.enter(line);
    t.same(window.takeEffects(), [], line);
  }
  t.match(window.log.join('\n'), /loss 20% dely 5ms: at character 10: "dely" is not one of/);
  t.match(window.log.join('\n'), /loss 90%: it loses 90 %; a room may be asked to lose 60 %/);
});

t.test('the log, the link panel and /lab show what is on, as long as it is', async (t) => {
  const window = new Harness(120, 30);
  window.enter('/lab');
  t.match(window.log.at(-1), /no lab is on in #lobby/);
  window.client(on('loss 20%'));
  t.match(window.log.at(-1), /lab: loss 20% by alice; \/set lab off keeps your link out of it/);
  t.equal(linkPane(window)[0], 'lab: loss 20% by alice');
  window.enter('/lab');
  t.match(window.log.at(-1), /lab: loss 20% by alice$/);
  window.client(on('loss 5%', '#other'));
  t.equal(linkPane(window)[0], 'lab: loss 20% by alice', 'of the room that is shown');
  window.client(on(''));
  t.match(window.log.at(-1), /lab: off, by alice/);
  t.notMatch(linkPane(window).join('\n'), /lab/);
  window.client(on('loss 20%'));
  window.client({ type: 'status', status: 'reconnecting', attempt: 1, retryAt: 1 });
  t.equal(activeRoom(window.state).lab, undefined, 'it is not believed over a lost connection');
});

t.test('/set lab off tells the client, and the panel says that it is not done', async (t) => {
  const window = new Harness(120, 30);
  window.client(on('loss 20%'));
  window.enter('/set lab off');
  t.same(window.takeEffects(), [
    { type: 'save-setting', name: 'lab', value: false },
    { type: 'accept-lab', isAccepted: false },
  ]);
  t.same(linkPane(window).slice(0, 2), ['lab: loss 20% by alice', '(not on your link)']);
  const long = 'limit 200 delay 3ms 2ms distribution pareto loss 10% rate 30mbit';
  window.client(on(long));
  t.same(linkPane(window).slice(0, 2), ['lab, not your link', 'limit 200 delay 3ms 2ms…']);
  window.enter('/set lab on');
  t.equal(linkPane(window)[0], 'lab by alice', 'who it is stands, what is long is cut');
});

t.test('a quiet window shows a lab, and its end, as soon as it knows', async (t) => {
  const window = new Harness(120, 30);
  let [shown, needs] = [linkPane(window), needsOfLink(window)];
  const changes: readonly (readonly [string, () => void])[] = [
    ['it begins', () => window.client(on('loss 20%'))],
    ['it changes', () => window.client(on('loss 5%'))],
    ['one takes no part', () => window.enter('/set lab off')],
    ['one takes part', () => window.enter('/set lab on')],
    ['it ends', () => window.client(on(''))],
  ];
  for (const [what, change] of changes) {
    change();
    const [next, now] = [linkPane(window), needsOfLink(window)];
    t.notSame(next, shown, what);
    t.notOk(
      now.every((value, index) => value === needs[index]),
      `painted again: ${what}`,
    );
    [shown, needs] = [next, now];
  }
});

/** What makes the panel be painted anew when it has changed. */
function needsOfLink({ state }: Harness): readonly unknown[] {
  return NEEDS.link?.(state, layoutOf(state)) ?? [];
}
