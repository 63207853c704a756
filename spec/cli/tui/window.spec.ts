import t from 'tap';
import { checkRestored, open } from '../../support/tui/open.ts';

t.test('the window lives in its terminal', async (t) => {
  const screen = await open(t);
  const borders = (): string => `${screen.column(0)} ${screen.column(79)} ${screen.column(60)}`;
  const straight = borders();

  t.test('frame, people and what was said are there', async (t) => {
    t.match(screen.lines[0], /^┌ #lobby ─+┬ users ─+┐$/);
    t.match(screen.text, /● 王小明/);
    t.match(screen.text, /connected to #lobby/);
    t.match(straight, /^┌│+├││└ ┐│+┤│+┤││┘ ┬│+├│+┴/);
    t.ok(screen.raw.includes('\x1b]2;udpchat #lobby\x07'), 'title');
  });

  t.test('a typed line appears once, with its tick', async (t) => {
    screen.enter('hello everyone');
    await screen.waitFor(/ana +hello everyone +✓│/);
    t.equal(screen.text.split('hello everyone').length, 2);
  });

  t.test('wide, joined and combining text leaves every border in its column', async (t) => {
    screen.enter('!wide');
    await screen.waitFor(/नम/);
    t.equal(borders(), straight);
    screen.write('中文 👨‍👩‍👧‍👦 ❤️ x');
    await screen.waitFor(/> 中文.* x/);
    t.equal(borders(), straight);
    screen.write('\x15');
  });

  t.test('hostile text is shown, not obeyed', async (t) => {
    screen.enter('!evil');
    await screen.waitFor(/tag \{bold\}x\{\/bold\} ␛\[31mred/);
    t.equal(borders(), straight);
    for (const foreign of ['\x1b[31mred', 'pwned\x07', '\x9b31m', '\u202e', '\x1b[2Jve']) {
      t.notOk(screen.raw.includes(foreign), JSON.stringify(foreign));
    }
    t.match(screen.raw, 'pwned');
  });

  t.test('the cursor edits where it stands', async () => {
    screen.write('hllo wrld');
    await screen.waitFor(/> hllo wrld/);
    screen.write('\x01\x06e\x1b[1;5C\x1b[1;5D');
    screen.write('\x1bf\x1bf\x1bb\x06o');
    await screen.waitFor(/> hello world/);
    const row = screen.lines.findIndex((line) => line.includes('> hello world'));
    await screen.waitFor(() => screen.cursor.y === row && screen.cursor.x === 11);
    screen.write('\x0b\x15\x19!');
    await screen.waitFor(/> hello world! +│/); // kills in a row are one

    screen.write('\x15');
    await screen.waitFor(/> +│/);
  });

  t.test('a short paste is a draft, a long one a question and one block', async (t) => {
    screen.write('\x1b[200~one\rtwo\x1b[201~');
    await screen.waitFor(/> one +│\n│ {2}two/);
    screen.write('\x03');
    await screen.waitFor(/> +│/);
    screen.write(
      `\x1b[200~${Array.from({ length: 7 }, (_, i) => `block ${i}`).join('\r\n')}\x1b[201~`,
    );
    await screen.waitFor(/send 7 lines\? \^K send · \^E edit · \^C cancel/);
    t.notMatch(screen.text, /block 1/);
    screen.write('\x0b');
    await screen.waitFor(/block 0 +│[\s\S]*block 6 +✓│/);
    const ticked = screen.lines.filter((line) => /block \d.*✓/.test(line));
    t.equal(ticked.length, 1, 'one message, one tick');
  });

  t.test('who comes and goes is told apart', async () => {
    screen.enter('!people');
    await screen.waitFor(
      /→ cleo joined[\s\S]*✗ böb is gone \(timed out\)[\s\S]*← 王小明 left \(bye\)/,
    );
    await screen.waitFor(/✗ böb +gone│[\s\S]*◐ cleo +slow│/);
  });

  t.test('an outage is shown, what is typed waits and goes out after it', async () => {
    screen.enter('!outage');
    await screen.waitFor(/reconnecting \(\d+ s\)…/);
    screen.enter('typed in the dark');
    await screen.waitFor(/typed in the dark +…│[\s\S]*1 unsent/);
    screen.enter('!back');
    await screen.waitFor(/typed in the dark +✓│/);
  });

  t.test('scrolled up, the newest lines wait below', async () => {
    screen.enter('!many 100');
    await screen.waitFor(/line 100 /);
    screen.write('\x1b[5~\x1b[5~');
    await screen.waitFor(/scrolled, Esc: newest/);
    screen.write('\x1b');
    await screen.waitFor(/line 100 /);
  });

  t.test('a warning of Node does not tear the picture', async (t) => {
    screen.enter('!warn');
    screen.enter('!stats');
    await screen.waitFor(/rtt +12 ms/);
    t.notMatch(screen.text, /something odd/);
  });

  t.test('every size is survived', async () => {
    for (const [columns, rows] of [
      [10, 2],
      [1, 1],
      [20, 5],
      [49, 11],
      [300, 80],
      [40, 10],
      [80, 24],
    ] as const) {
      screen.resize(columns, rows);
      screen.write('x');
    }
    await screen.waitFor(/> xxxxxxx/);
    await screen.waitFor(() => borders() === straight);
    screen.write('\x15');
  });

  t.test('Alt-M takes the mouse, and its wheel scrolls', async (t) => {
    screen.write('\x1bm');
    await screen.waitFor(/mouse: the wheel scrolls, clicks choose/);
    screen.write('\x1b[<64;5;5M');
    await screen.waitFor(/scrolled, Esc: newest/);
    screen.write('\x1b[<65;5;5M');
    await screen.waitFor(() => !screen.text.includes('scrolled'));
    t.ok(screen.raw.includes('\x1b[?1000h\x1b[?1006h'));
  });

  t.test('stopped by Ctrl-Z it comes back whole, also when nobody can continue it', async (t) => {
    const before = screen.raw.length;
    screen.write('\x1a');
    await screen.waitFor(() => screen.raw.lastIndexOf('\x1b[?1049h') > before);
    await screen.waitFor(/> +│/);
    t.equal(borders(), straight);
  });

  t.test('/quit gives the terminal back', async (t) => {
    screen.enter('/quit');
    const raw = await checkRestored(t, screen, 0);
    t.ok(
      raw.lastIndexOf('ended: quit') > raw.lastIndexOf('\x1b[?1049l'),
      'last words after the window',
    );
    t.match(raw.slice(raw.lastIndexOf('\x1b[?1049l')), /something odd/, 'the warning was kept');
  });
});
