import { fileURLToPath } from 'node:url';
import { type IPty, spawn } from '@lydell/node-pty';
import xterm from '@xterm/headless';
import { compiled } from './compiled.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
/** How long a screen may take to show something, ms. A loaded machine, not a good one. */
const PATIENCE = 20_000;

/** A cell of the screen: colours by their number, undefined for the terminal's own. */
export interface ScreenCell {
  readonly text: string;
  /** Columns: 2 for a wide one, 0 behind it. */
  readonly width: number;
  readonly fg: number | undefined;
  readonly bg: number | undefined;
  readonly bold: boolean;
  readonly underline: boolean;
  readonly inverse: boolean;
}

export interface PtyOptions {
  /** A file beside this one. Default the window's demo. */
  readonly program?: string;
  /** Arguments of the command line; then that is the program. */
  readonly args?: readonly string[];
  readonly columns?: number;
  readonly rows?: number;
  readonly env?: Record<string, string>;
}

/** What says something about the terminal that the specs themselves run in: not what they show. */
const ABOUT_TERMINAL =
  /^(NO_COLOR|FORCE_COLOR|NODE_DISABLE_COLORS|COLORTERM|TERM.*|TMUX|CI|TEAMCITY.*)$/;

function plainEnvironment(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env).filter(([name]) => !ABOUT_TERMINAL.test(name));
  return Object.fromEntries(entries);
}

/**
 * A program in a real pseudo-terminal, under a shell that says afterwards how it ended and in which
 * mode it left the terminal; its screen is that of a terminal emulator.
 */
export class PtyScreen {
  readonly #pty: IPty;
  readonly #terminal: xterm.Terminal;
  #raw = '';
  /** As much of it as the emulator has taken in. */
  #shown = 0;
  #waiting: (() => void)[] = [];

  constructor(options: PtyOptions = {}) {
    const { program = 'demo.ts', args, columns = 80, rows = 24, env = {} } = options;
    this.#terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true });
    const file = args === undefined ? `spec/support/tui/${program}` : 'cli/main.ts';
    const words = [process.execPath, compiled(file), ...(args ?? [])];
    const node = words.map((word) => `"${word}"`).join(' ');
    // The shell stays, because what is written just before the last process ends can get lost.
    const afterwards = 'echo "exit $?"; stty -a; echo "shell done"; exec sleep 60';
    this.#pty = spawn('/bin/sh', ['-c', `${node}; ${afterwards}`], {
      cols: columns,
      rows,
      cwd: ROOT,
      name: env['TERM'] ?? 'xterm-256color',
      env: { ...plainEnvironment(), XDG_CONFIG_HOME: '/nonexistent', ...env },
    });
    this.#terminal.onData((reply) => this.#pty.write(reply));
    this.#pty.onData((data) => {
      this.#raw += data;
      this.#terminal.write(data, () => {
        this.#shown += data.length;
        for (const check of this.#waiting) check();
      });
    });
  }

  /** Everything that was written, escape sequences and all. */
  get raw(): string {
    return this.#raw;
  }

  get isAlternate(): boolean {
    return this.#terminal.buffer.active.type === 'alternate';
  }

  get cursor(): { x: number; y: number } {
    const { cursorX, cursorY } = this.#terminal.buffer.active;
    return { x: cursorX, y: cursorY };
  }

  /** Rows on the screen, without the blanks at their ends. */
  get lines(): string[] {
    const buffer = this.#terminal.buffer.active;
    return Array.from({ length: this.#terminal.rows }, (_, y) => {
      return buffer.getLine(buffer.baseY + y)?.translateToString(true) ?? '';
    });
  }

  get text(): string {
    return this.lines.join('\n');
  }

  /** How each cell of the screen looks, a letter a cell, and what the letters mean. */
  get looks(): { rows: string[]; legend: string[] } {
    const names = new Map<string, string>();
    const letter = (look: string): string => {
      if (look === '') return ' ';
      if (!names.has(look)) names.set(look, String.fromCharCode(97 + names.size));
      return names.get(look) ?? '?';
    };
    const rows = this.lines.map((_, y) => {
      const cells = Array.from({ length: this.#terminal.cols }, (__, x) => this.#cell(x, y));
      return cells
        .map((cell) => letter(lookOf(cell)))
        .join('')
        .trimEnd();
    });
    return { rows, legend: Array.from(names, ([look, name]) => `${name}: ${look}`) };
  }

  /** The whole screen, row by row. */
  get cells(): ScreenCell[][] {
    return this.lines.map((_, y) =>
      Array.from({ length: this.#terminal.cols }, (__, x) => {
        const cell = this.#cell(x, y);
        return {
          text: cell?.getChars() || ' ',
          width: cell?.getWidth() ?? 1,
          fg: cell === undefined || cell.isFgDefault() ? undefined : cell.getFgColor(),
          bg: cell === undefined || cell.isBgDefault() ? undefined : cell.getBgColor(),
          bold: Boolean(cell?.isBold()),
          underline: Boolean(cell?.isUnderline()),
          inverse: Boolean(cell?.isInverse()),
        };
      }),
    );
  }

  /** Gives the terminal another size, and waits until all is painted in it. */
  async resizeTo(columns: number, rows: number): Promise<void> {
    const begun = this.#raw.length;
    this.resize(columns, rows);
    await this.#repainted(begun);
  }

  /** Has everything painted anew, and waits until it is. */
  async redraw(): Promise<void> {
    const begun = this.#raw.length;
    this.write('\x0c');
    await this.#repainted(begun);
  }

  async #repainted(begun: number): Promise<void> {
    await this.waitFor(() => {
      const since = this.#raw.slice(begun, this.#shown);
      const cleared = since.search(/\[2?J/); // of the whole screen: there is no other
      return cleared !== -1 && since.includes('\x1b[?2026l', cleared);
    });
  }

  /** What stands in one column, top to bottom. */
  column(x: number): string {
    return this.lines.map((_, y) => this.#cell(x, y)?.getChars() || ' ').join('');
  }

  /** Whether any cell of the screen has a colour of its own. */
  get hasColour(): boolean {
    return this.lines.some((line, y) =>
      Array.from(line).some((_, x) => {
        const cell = this.#cell(x, y);
        return cell !== undefined && !(cell.isFgDefault() && cell.isBgDefault());
      }),
    );
  }

  #cell(x: number, y: number): xterm.IBufferCell | undefined {
    const buffer = this.#terminal.buffer.active;
    return buffer.getLine(buffer.baseY + y)?.getCell(x);
  }

  write(text: string): void {
    this.#pty.write(text);
  }

  /** Types a line and presses Enter. */
  enter(line: string): void {
    this.write(`${line}\r`);
  }

  resize(columns: number, rows: number): void {
    this.#terminal.resize(columns, rows);
    this.#pty.resize(columns, rows);
  }

  /** Waits until the screen shows this; the error shows the screen when it does not. */
  async waitFor(wanted: RegExp | (() => boolean)): Promise<void> {
    const isThere = typeof wanted === 'function' ? wanted : () => wanted.test(this.text);
    await new Promise<void>((resolve, reject) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#waiting = this.#waiting.filter((other) => other !== check);
      };
      const check = (): void => {
        if (!isThere()) return;
        done();
        resolve();
      };
      const timer = setTimeout(() => {
        done();
        reject(new Error(`the screen never showed ${String(wanted)}:\n${this.text}`));
      }, PATIENCE);
      this.#waiting.push(check);
      check();
    });
  }

  /** Waits until the shell has said its last word; returns all that was written. */
  async ended(): Promise<string> {
    await this.waitFor(() => this.#raw.includes('shell done\r'));
    return this.#raw;
  }

  kill(): void {
    try {
      this.#pty.kill('SIGKILL');
    } catch {
      // It has ended already.
    }
    this.#terminal.dispose();
  }
}

const COLOURS = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'];

function lookOf(cell: xterm.IBufferCell | undefined): string {
  if (cell === undefined) return '';
  const colour = (value: number): string =>
    `${value >= 8 ? 'bright ' : ''}${COLOURS[value % 8] ?? String(value)}`;
  return [
    ...(cell.isFgDefault() ? [] : [colour(cell.getFgColor())]),
    ...(cell.isBgDefault() ? [] : [`on ${colour(cell.getBgColor())}`]),
    ...(cell.isBold() ? ['bold'] : []),
    ...(cell.isUnderline() ? ['underline'] : []),
    ...(cell.isInverse() ? ['inverse'] : []),
  ].join(' ');
}
