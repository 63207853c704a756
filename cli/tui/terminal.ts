import { writeSync } from 'node:fs';
import type { WriteStream } from 'node:tty';
import { sanitiseLine } from '../../lib/entry/words.ts';
import { InputDecoder, type InputEvent } from './input/decoder.ts';
import { bracketPaste, hasPasteBrackets } from './input/paste.ts';
import { PROBE, PROBE_REPLIES } from './text/probe.ts';

/**
 * Bracketed paste and reports of focus on; the wheel must not become arrow keys; what is written
 * from right to left is in order already (BDSM).
 */
const ENTER_MODES = '\x1b[?2004h\x1b[?1004h\x1b[?1007l\x1b[8l';
const LEAVE_MODES =
  '\x1b[8h\x1b[?2004l\x1b[?1004l\x1b[?1000l\x1b[?1006l\x1b[?2026l\x1b[?1l\x1b>\x1b[m\x1b[?25h';
/** Asks whether the terminal knows bracketed paste (DECRQM). */
const ASK_BRACKETS = '\x1b[?2004$p';
const LEAVE_ALTERNATE = '\x1b[?1049l';
const MOUSE_ON = '\x1b[?1000h\x1b[?1006h';
const MOUSE_OFF = '\x1b[?1000l\x1b[?1006l';
/** Of stdout, which is the terminal. */
const OUTPUT_FD = 1;
const PUSH_TITLE = '\x1b[22;2t';
const POP_TITLE = '\x1b[23;2t';

/** If nothing continues us this long after a stop, nobody stopped us (no job control), ms. */
const RESUME_TIMEOUT = 200;
/** A terminal that has not said by then how wide it draws will not, ms; over a slow line too. */
const PROBE_TIMEOUT = 150;
/** Characters that go to the clipboard; some terminals drop all of a longer one. */
const MAX_COPY = 50_000;
/** What others write on stderr while the window is up is kept for later, in characters. */
const MAX_HELD_STDERR = 65_536;

const SIGNALS = { SIGTERM: 143, SIGHUP: 129, SIGINT: 130 } as const;
export type TerminalSignal = keyof typeof SIGNALS;

/** The exit code of a program that a signal ended, as shells count. */
export function signalExitCode(signal: TerminalSignal): number {
  return SIGNALS[signal];
}

/** tmux shows the terminal around it only what is wrapped so. */
function passThrough(sequence: string): string {
  const { TMUX = '' } = process.env;
  return TMUX === '' ? sequence : `\x1bPtmux;${sequence.replaceAll('\x1b', '\x1b\x1b')}\x1b\\`;
}

/** What draws on the terminal; it owns the alternate screen. */
export interface TerminalScreen {
  enter(): void;
  leave(): void;
}

export interface TerminalOptions {
  readonly input: NodeJS.ReadStream;
  readonly output: WriteStream;
  /** Monotonic ms. */
  readonly clock: () => number;
  onInput(event: InputEvent): void;
  /** The size is this now, and nothing of what was painted is sure to be there. */
  onRepaint(columns: number, rows: number): void;
  /** Asked to end; the handler ends the window, which restores the terminal. */
  onSignal(signal: TerminalSignal): void;
}

/**
 * The terminal as a resource: raw mode, modes, signals. Whatever ends the process gives it back
 * first: `close`, a signal, a crash (exit code 1, the stack on stderr), at last 'exit'.
 */
export class Terminal {
  readonly #options: TerminalOptions;
  readonly #screen: TerminalScreen;
  readonly #decoder = new InputDecoder();
  readonly #cleanup: (() => void)[] = [];
  #escapeTimer: NodeJS.Timeout | undefined;
  #resumeTimer: NodeJS.Timeout | undefined;
  #state: 'up' | 'suspended' | 'lent' | 'closed' = 'up';
  #hasMouse = false;
  /** Whether what is pasted is known to come between brackets. */
  #hasBrackets = false;
  /** Takes the columns that the terminal has answered with, once they are all there. */
  #onProbed: ((columns: readonly number[]) => void) | undefined;
  #columns: number[] = [];
  #probeTimer: NodeJS.Timeout | undefined;
  #heldStderr = '';

  /** `screen` has entered already. */
  constructor(screen: TerminalScreen, options: TerminalOptions) {
    this.#screen = screen;
    this.#options = options;
    this.#listen();
    this.#holdStderr();
    this.#write(PUSH_TITLE);
    this.#up();
  }

  /** Whether the terminal is ours now: not while suspended, not after `close`. */
  get isUp(): boolean {
    return this.#state === 'up';
  }

  setTitle(title: string): void {
    this.#write(`\x1b]2;${sanitiseLine(title)}\x07`);
  }

  /** Takes the mouse's reports, or leaves the mouse to the terminal. */
  setMouse(on: boolean): void {
    this.#hasMouse = on;
    this.#write(on ? MOUSE_ON : MOUSE_OFF);
  }

  bell(): void {
    if (this.isUp) this.#write('\x07');
  }

  /** Shows a notification on the desktop, if the terminal can (iTerm2's OSC 9, rxvt's 777). */
  notify(kind: 'osc9' | 'osc777', title: string, text: string): void {
    const [head, body] = [sanitiseLine(title), sanitiseLine(text)].map(
      (part) => part.replaceAll(';', ','), // its separator
    );
    const sequence =
      kind === 'osc9' ? `9;udpchat: ${head}: ${body}` : `777;notify;udpchat: ${head};${body}`;
    if (this.isUp) this.#write(passThrough(`\x1b]${sequence}\x07`));
  }

  /** Puts text into the clipboard (OSC 52), also that of the machine at the other end of ssh. */
  copy(text: string): void {
    const base64 = Buffer.from(text.slice(0, MAX_COPY)).toString('base64');
    if (this.isUp) this.#write(`\x1b]52;c;${base64}\x07`);
  }

  /**
   * Draws the samples of `text/probe.ts` and tells the columns that the terminal has put its cursor
   * in; fewer when it does not answer in time, and all of them again when it does later. The screen
   * is to be painted afterwards.
   */
  probe(onProbed: (columns: readonly number[]) => void): void {
    this.#onProbed = onProbed;
    this.#columns = [];
    this.#probeTimer = setTimeout(() => this.#endProbe(), PROBE_TIMEOUT);
    this.#write(ASK_BRACKETS + PROBE);
  }

  /** Gives the terminal to somebody else for the time of `action`. */
  lend<T>(action: () => T): T {
    this.#giveAway();
    try {
      return action();
    } finally {
      this.#takeBack('lent');
    }
  }

  /** The same for an action that takes its time. */
  async lendWhile<T>(action: () => Promise<T>): Promise<T> {
    this.#giveAway();
    try {
      return await action();
    } finally {
      this.#takeBack('lent');
    }
  }

  #giveAway(): void {
    this.#state = 'lent';
    this.#down();
  }

  /** Gives the terminal back for good. */
  close(): void {
    if (this.#state === 'closed') return;
    const wasUp = this.#state === 'up';
    this.#state = 'closed';
    for (const undo of this.#cleanup.splice(0)) undo();
    clearTimeout(this.#escapeTimer);
    clearTimeout(this.#resumeTimer);
    clearTimeout(this.#probeTimer);
    if (wasUp) this.#down();
    this.#write(POP_TITLE);
    this.#options.input.pause();
    if (this.#heldStderr !== '') process.stderr.write(this.#heldStderr);
  }

  /**
   * Ctrl-Z. Stops the whole process group, as the terminal would have done; where nothing can stop
   * us (an orphaned group), comes back by itself.
   */
  suspend(): void {
    if (this.#state !== 'up' || process.platform === 'win32') return;
    this.#state = 'suspended';
    this.#down();
    this.#resumeTimer = setTimeout(() => this.#takeBack('suspended'), RESUME_TIMEOUT);
    process.kill(0, 'SIGTSTP');
  }

  #takeBack(from: 'suspended' | 'lent'): void {
    if (this.#state !== from) return;
    this.#state = 'up';
    clearTimeout(this.#resumeTimer);
    this.#screen.enter();
    this.#up();
    this.#repaint();
  }

  #repaint(): void {
    const { columns, rows } = this.#options.output;
    this.#options.onRepaint(columns, rows);
  }

  #up(): void {
    this.#options.input.setRawMode(true);
    this.#options.input.resume();
    this.#write(ENTER_MODES + (this.#hasMouse ? MOUSE_ON : ''));
  }

  /** The order matters: blessed clears when it leaves, so it goes first, and error texts last. */
  #down(): void {
    try {
      this.#screen.leave();
    } catch {
      this.#write(LEAVE_ALTERNATE);
    }
    this.#write(LEAVE_MODES);
    try {
      this.#options.input.setRawMode(false);
    } catch {
      // The terminal is gone; there is nothing left to restore.
    }
  }

  /** Past every buffer: the process may be about to end. */
  #write(text: string): void {
    try {
      writeSync(OUTPUT_FD, text);
    } catch {
      // A terminal that is gone, or that does not take more now: neither is worth a crash.
    }
  }

  #listen(): void {
    const { input, output } = this.#options;
    this.#on(input, 'data', (bytes: Uint8Array) => this.#take(bytes));
    this.#on(input, 'end', () => this.#options.onSignal('SIGHUP'));
    this.#on(input, 'error', () => this.#options.onSignal('SIGHUP'));
    this.#on(output, 'error', () => this.#options.onSignal('SIGHUP'));
    // Not 'resize' of the stream: there and back again between two turns, it would not come, but
    // the terminal may have cut what it showed.
    this.#on(process, 'SIGWINCH', () => {
      if (this.#state === 'up') this.#repaint();
    });
    for (const signal of Object.keys(SIGNALS) as TerminalSignal[]) {
      this.#on(process, signal, () => this.#options.onSignal(signal));
    }
    this.#on(process, 'SIGCONT', () => this.#takeBack('suspended'));
    this.#on(process, 'uncaughtException', (error) => this.#crash(error));
    this.#on(process, 'unhandledRejection', (reason) => this.#crash(reason));
    this.#on(process, 'exit', () => this.close());
  }

  #on<T>(emitter: NodeJS.EventEmitter, name: string, listener: (value: T) => void): void {
    emitter.on(name, listener);
    // An 'error' without a listener would be thrown, even after the end.
    if (name !== 'error') this.#cleanup.push(() => emitter.removeListener(name, listener));
  }

  #crash(error: unknown): void {
    this.close();
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    try {
      writeSync(process.stderr.fd, `udpchat: internal error, please report it\n${text}\n`);
    } catch {
      // Nobody there to read it.
    }
    process.exit(1);
  }

  #take(bytes: Uint8Array): void {
    if (this.#state === 'lent') return; // whoever has the terminal reads them
    this.#hasBrackets ||= hasPasteBrackets(bytes);
    const keys = this.#hasBrackets ? bytes : bracketPaste(bytes);
    this.#emit(this.#decoder.push(this.#options.clock(), keys));
    this.#armEscape();
  }

  #armEscape(): void {
    clearTimeout(this.#escapeTimer);
    const due = this.#decoder.nextTimeout();
    if (due === Infinity) return;
    const wait = Math.max(0, due - this.#options.clock());
    this.#escapeTimer = setTimeout(() => {
      this.#emit(this.#decoder.handleTimeout(this.#options.clock()));
      this.#armEscape();
    }, wait);
  }

  #emit(events: readonly InputEvent[]): void {
    for (const event of events) {
      if (event.type === 'cursor') this.#onCursor(event.column);
      else if (event.type === 'brackets') this.#hasBrackets = true;
      else if (this.#state === 'up') this.#options.onInput(event);
    }
  }

  #onCursor(column: number): void {
    this.#columns.push(column);
    if (this.#columns.length === PROBE_REPLIES) this.#endProbe();
  }

  #endProbe(): void {
    clearTimeout(this.#probeTimer);
    this.#onProbed?.(this.#columns);
  }

  /** A warning of Node's on the same terminal would tear the picture. */
  #holdStderr(): void {
    if (!process.stderr.isTTY) return;
    const { stderr } = process;
    const write = stderr.write.bind(stderr);
    stderr.write = (chunk: string | Uint8Array): boolean => {
      // Whoever has the terminal now may ask there.
      if (this.#state === 'lent') return write(chunk);
      if (this.#heldStderr.length < MAX_HELD_STDERR) this.#heldStderr += chunk.toString();
      return true;
    };
    this.#cleanup.push(() => {
      stderr.write = write;
    });
  }
}
