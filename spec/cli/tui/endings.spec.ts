import t from 'tap';
import { checkRestored, open } from '../../support/tui/open.ts';
import { PtyScreen } from '../../support/tui/pty.ts';

const ends: [string, string, number, RegExp][] = [
  ['a crash', '!crash', 1, /internal error[\s\S]*Error: boom[\s\S]*at /],
  ['a rejection', '!rejection', 1, /internal error[\s\S]*Error: boom/],
  ['SIGTERM', '!signal SIGTERM', 143, /ended: SIGTERM/],
  ['SIGHUP', '!signal SIGHUP', 129, /ended: SIGHUP/],
  ['SIGINT', '!signal SIGINT', 130, /ended: SIGINT/],
  ['the end of the client', '!kick', 3, /ended: kicked by op/],
];
for (const [name, scene, exit, words] of ends) {
  t.test(`after ${name} the terminal is restored and the reason stands below`, async (t) => {
    const screen = await open(t, { columns: 40, rows: 10, env: { NO_COLOR: '1' } });
    t.notOk(screen.hasColour, 'NO_COLOR is respected');
    screen.enter(scene);
    const raw = await checkRestored(t, screen, exit);
    t.match(raw.slice(raw.lastIndexOf('\x1b[?1049l')), words);
  });
}

t.test('Ctrl-C on an empty line leaves at once', async (t) => {
  const screen = await open(t, { columns: 20, rows: 5 });
  screen.write('draft\x03');
  await screen.waitFor(/^> *$/m);
  screen.write('\x03');
  await checkRestored(t, screen, 0);
});

t.test('the nick prompt takes an answer, suggests one, and Ctrl-C leaves with 130', async (t) => {
  const answers: [string, RegExp][] = [
    ['zoé\r', /nick is zoé[\s\S]*exit 0/],
    ['\r', /nick is ana[\s\S]*exit 0/],
    ['half\x03', /exit 130/],
  ];
  for (const [keys, outcome] of answers) {
    const screen = new PtyScreen({ program: 'ask.ts' });
    t.teardown(() => screen.kill());
    await screen.waitFor(/nick \[ana\]:/);
    screen.write(keys);
    t.match(await screen.ended(), outcome);
  }
});
