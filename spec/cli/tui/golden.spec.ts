import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { type PtyOptions, PtyScreen } from '../../support/tui/pty.ts';

/**
 * Screens as they are, in files to be read. `UDPCHAT_GOLDEN=1 npx tap spec/cli/tui/golden.spec.ts`
 * writes them anew; look at the difference before it is committed.
 */
const FOLDER = fileURLToPath(new URL('golden', import.meta.url));
const isWriting = process.env['UDPCHAT_GOLDEN'] === '1';

/** Compares the screen with its file, text and, if wanted, looks. */
async function check(t: Test, screen: PtyScreen, name: string, looks = false): Promise<void> {
  await screen.redraw();
  const { rows, legend } = screen.looks;
  const parts = looks ? [screen.lines, rows, legend] : [screen.lines];
  const text = `${parts.map((part) => part.join('\n').trimEnd()).join('\n\n')}\n`;
  const path = join(FOLDER, `${name}.txt`);
  if (isWriting) {
    mkdirSync(FOLDER, { recursive: true });
    writeFileSync(path, text);
  }
  t.equal(text, readFileSync(path, 'utf8'), name);
}

async function show(t: Test, options: PtyOptions): Promise<PtyScreen> {
  const home = mkdtempSync(join(tmpdir(), 'udpchat-golden-'));
  const env = { TZ: 'UTC', XDG_CONFIG_HOME: home, ...options.env };
  const screen = new PtyScreen({ program: 'golden-demo.ts', ...options, env });
  t.teardown(() => {
    screen.kill();
    rmSync(home, { recursive: true, force: true });
  });
  await screen.waitFor(/still on its way|the end/);
  await screen.waitFor(/rtt +12 ms/);
  // The terminal has said how it draws joined emoji, and is shown them so.
  await screen.waitFor(() => /fam👨/.test(screen.text) && !screen.text.includes('\u200d'));
  return screen;
}

t.test('every size class shows what it has room for', async (t) => {
  const screen = await show(t, { columns: 300, rows: 80 });
  await check(t, screen, 'all-300x80');
  for (const [columns, rows] of [
    [120, 40],
    [80, 24],
    [40, 12],
    [20, 5],
  ] as const) {
    await screen.resizeTo(columns, rows);
    await check(t, screen, `all-${columns}x${rows}`);
  }
});

t.test('every theme, and what a terminal without its colours is left with', async (t) => {
  const screen = await show(t, { columns: 80, rows: 24 });
  await check(t, screen, 'theme-default', true);
  for (const theme of ['light', 'mono']) {
    screen.enter(`/set theme ${theme}`);
    await screen.waitFor(new RegExp(`theme is now ${theme}`));
    await check(t, screen, `theme-${theme}`, true);
  }
  const plain = await show(t, { columns: 80, rows: 24, env: { NO_COLOR: '1' } });
  await check(t, plain, 'no-color', true);
  const console8 = await show(t, { columns: 80, rows: 24, env: { TERM: 'linux' } });
  await check(t, console8, 'linux-console', true);
});

t.test('every pane and mode that keys bring up', async (t) => {
  const screen = await show(t, { columns: 80, rows: 24 });
  const modes: readonly (readonly [string, string, RegExp, string])[] = [
    ['help', '\x1bOP', /complete a name/, 'q'],
    ['menu', '/\t', /\/help \[command\]/, '\x15'],
    ['emoji', ':sm\t', /smirk/, '\x15'],
    ['paste', '\x1b[200~1\r2\r3\r4\r5\r\x1b[201~', /send 5 lines\?/, '\x03'],
    ['search', '\x13cable', /search: cable/, '\x03'],
    ['picked', '\x1b[1;3A\x1b[1;3A', /refused · r send again/, '\x03'],
    ['draft', 'one\x1b\rtwo 中文\x1b\rthree', /three/, '\x15\x7f\x15\x7f\x15'],
    ['no-panes', '\x1b[18~\x1b[19~\x1bOQ', /^┌ #lobby[^┬]*┐$/m, '\x1b[18~\x1b[19~\x1bOQ'],
    ['room', '\x1b2', /^┌.*#dev/m, '\x1b1'],
  ];
  for (const [name, keys, wanted, back] of modes) {
    screen.write(keys);
    await screen.waitFor(wanted);
    await check(t, screen, `mode-${name}`);
    screen.write(back);
    await screen.waitFor(/> +│/);
  }
});

t.test('hostile text stands in its cells', async (t) => {
  const screen = await show(t, { columns: 120, rows: 40, env: { STORY: 'hostile' } });
  await check(t, screen, 'hostile-120x40');
});

t.test('borders are in the same column on every row, whatever stands between them', async (t) => {
  const screen = await show(t, { columns: 120, rows: 40, env: { STORY: 'widths' } });
  const sides: readonly (readonly [number, number, number])[] = [
    [119, 40, 93],
    [80, 24, 60],
    [50, 30, 34],
    [31, 40, 30],
  ];
  for (const [columns, rows, side] of sides) {
    await screen.resizeTo(columns, rows);
    for (const x of [0, side, columns - 1]) {
      const body = screen.column(x).slice(1, rows - 4);
      t.match(body, /^[│├┤]+$/, `${columns}x${rows}: column ${x}`);
    }
  }
  t.match(screen.text, /the end/);
});
