import type { Test } from 'tap';
import { type PtyOptions, PtyScreen } from './pty.ts';

/** The demo's window, once it shows what was said. */
export async function open(t: Test, options?: PtyOptions): Promise<PtyScreen> {
  const screen = new PtyScreen(options);
  t.teardown(() => screen.kill());
  await screen.waitFor(/hi all/);
  await screen.redraw(); // whole, not as far as it has come
  return screen;
}

/** The terminal is as it was: own screen, cursor, line mode, echo; `exit` is the shell's word. */
export async function checkRestored(t: Test, screen: PtyScreen, exit: number): Promise<string> {
  const raw = await screen.ended();
  t.match(raw, new RegExp(`exit ${exit}\r`), `exit code ${exit}`);
  t.notOk(screen.isAlternate, 'the screen from before');
  t.ok(raw.lastIndexOf('\x1b[?25h') > raw.lastIndexOf('\x1b[?25l'), 'the cursor is shown');
  t.ok(raw.lastIndexOf('\x1b[?2004l') > raw.lastIndexOf('\x1b[?2004h'), 'no bracketed paste');
  const modes = raw.slice(raw.lastIndexOf('exit '));
  t.match(modes, /\sicanon\s/, 'line mode');
  t.match(modes, /\secho\s/, 'echo');
  return raw;
}
