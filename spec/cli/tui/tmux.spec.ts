import t from 'tap';
import { hasTmux, TmuxScreen } from '../../support/tui/tmux.ts';

const options = hasTmux() ? {} : { skip: 'tmux is not installed' };

t.test('tmux: stopped by Ctrl-Z and continued by fg, the window is whole', options, async (t) => {
  const screen = new TmuxScreen({ columns: 80, rows: 24, terminal: 'tmux-256color' });
  t.teardown(() => screen.kill());
  screen.startDemo();
  await screen.waitFor(/hi all/);
  screen.type('half a draft');
  await screen.waitFor(/> half a draft/);
  const whole = screen.text;
  screen.press('C-z');
  await screen.waitFor(/ready:\s*$/);
  t.notMatch(screen.text, /half a draft/, 'the shell has its screen back');
  screen.type('fg');
  screen.press('Enter');
  await screen.waitFor(/> half a draft/);
  t.equal(screen.text, whole);
  screen.press('C-c', 'C-c');
  await screen.waitFor(/ended: quit/);
  t.notMatch(screen.text, /half a draft/, 'nothing of the window is left in the shell');
});

t.test(
  'tmux: as TERM=screen, lines are lines, a paste asks, any size is drawn',
  options,
  async (t) => {
    const screen = new TmuxScreen({ columns: 80, rows: 24, terminal: 'screen' });
    t.teardown(() => screen.kill());
    screen.startDemo();
    await screen.waitFor(/^┌ #lobby ─+┬ users ─+┐$/m);
    screen.paste('1\n2\n3\n4\n5\n6\n');
    await screen.waitFor(/send 6 lines\?/);
    screen.press('C-k');
    await screen.waitFor(/│ +6 +✓│/);
    screen.resize(20, 5);
    await screen.waitFor(/^ #lobby · 3 online …\n>$/m);
    screen.resize(100, 30);
    await screen.waitFor(/^└─{98}┘$/m);
    screen.press('C-d');
    await screen.waitFor(/exit 0/);
  },
);
