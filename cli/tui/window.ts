import type { ClientEvent, ClosedEvent } from '../../lib/index.ts';
import { FrameScheduler } from './frame.ts';
import { nextTick, reduce } from './model/reducer.ts';
import {
  addNote,
  type Effect,
  initialState,
  type LinkStats,
  type WindowEvent,
  type WindowState,
} from './model/state.ts';
import { signalExitCode, Terminal, type TerminalSignal } from './terminal.ts';
import { View } from './view/view.ts';

export type { LinkStats } from './model/state.ts';

/** What the window needs of a chat client. */
export interface WindowClient {
  readonly nick: string;
  on(event: 'event', listener: (event: ClientEvent) => void): unknown;
  post(room: string, text: string, kind: 'text' | 'action'): string;
  direct(nick: string, text: string): string;
  changeNick(nick: string): void;
  quit(reason?: string): void;
  stats(): LinkStats | undefined;
}

export interface WindowOptions {
  readonly client: WindowClient;
  /** The room that is shown. Default '#lobby'. */
  readonly room?: string;
  /** The terminal's title. Default `udpchat` and the room. */
  readonly title?: string;
  /** Monotonic ms, the clock of the client's `retryAt`. Default performance.now. */
  readonly clock?: () => number;
}

/** Why the window ended. The terminal is restored by then. */
export type ExitInfo =
  /** The person left; the client was told to quit. */
  | { readonly type: 'quit' }
  /** The client ended: `event.reason` says why, for people. */
  | { readonly type: 'closed'; readonly event: ClosedEvent }
  /** A signal; the client was told to quit. Exit with `exitCode`. */
  | { readonly type: 'signal'; readonly signal: TerminalSignal; readonly exitCode: number };

/** For terminals that say they have no size, as some that programs drive do. */
const DEFAULT_COLUMNS = 80;
const DEFAULT_ROWS = 24;
/** How often the link's figures are read, ms. */
const STATS_INTERVAL = 1000;

/** Shows the chat window on this terminal until the person, the client or a signal ends it. */
export function runWindow(options: WindowOptions): Promise<ExitInfo> {
  return new Promise((resolve) => new ChatWindow(options, resolve).start());
}

/** Wires client events, keys and timers to the reducer, and its effects to the client. */
class ChatWindow {
  readonly #client: WindowClient;
  readonly #clock: () => number;
  readonly #view: View;
  readonly #terminal: Terminal;
  readonly #frames: FrameScheduler;
  readonly #resolve: (info: ExitInfo) => void;
  #state: WindowState;
  #statsTimer: NodeJS.Timeout | undefined;
  #tickTimer: NodeJS.Timeout | undefined;
  #tickAt = Infinity;
  /** What is on the terminal is not what the view believes. */
  #mustRedraw = false;
  #isEnded = false;

  constructor(options: WindowOptions, resolve: (info: ExitInfo) => void) {
    const { client, room = '#lobby', title = `udpchat ${room}` } = options;
    const output = process.stdout;
    this.#client = client;
    this.#resolve = resolve;
    this.#clock = options.clock ?? (() => performance.now());
    const columns = output.columns || DEFAULT_COLUMNS;
    const rows = output.rows || DEFAULT_ROWS;
    const now = this.#clock();
    const epoch = Date.now() - now;
    this.#state = initialState({ columns, rows, nick: client.nick, room, now, epoch });
    const { NO_COLOR = '' } = process.env;
    this.#view = new View({ output, noColour: NO_COLOR !== '', state: this.#state });
    this.#terminal = new Terminal(this.#view, {
      input: process.stdin,
      output,
      clock: this.#clock,
      onInput: (event) => this.#dispatch({ type: 'input', event }),
      onRepaint: (width, height) => this.#repaint(width, height),
      onSignal: (signal) =>
        this.#leave({ type: 'signal', signal, exitCode: signalExitCode(signal) }),
    });
    this.#terminal.setTitle(title);
    this.#frames = new FrameScheduler({
      clock: this.#clock,
      paint: () => this.#paint(),
    });
  }

  start(): void {
    this.#client.on('event', (event) => this.#onClientEvent(event));
    this.#statsTimer = setInterval(() => this.#readStats(), STATS_INTERVAL);
    this.#readStats();
    this.#view.render(this.#state);
  }

  #onClientEvent(event: ClientEvent): void {
    if (event.type === 'closed') this.#end({ type: 'closed', event });
    else this.#dispatch({ type: 'client', event });
  }

  #readStats(): void {
    this.#dispatch({ type: 'stats', stats: this.#client.stats() });
  }

  #repaint(columns: number, rows: number): void {
    this.#mustRedraw = true;
    const size = { columns: columns || DEFAULT_COLUMNS, rows: rows || DEFAULT_ROWS };
    this.#dispatch({ type: 'resize', ...size });
  }

  #paint(): void {
    if (!this.#terminal.isUp) return; // coming back repaints
    if (this.#mustRedraw) this.#view.redraw(this.#state);
    else this.#view.render(this.#state);
    this.#mustRedraw = false;
  }

  #dispatch(event: WindowEvent): void {
    if (this.#isEnded) return;
    const before = this.#state;
    const [state, effects] = reduce(before, event, this.#clock());
    this.#state = state;
    if (state !== before) this.#frames.schedule();
    this.#armTick();
    for (const effect of effects) this.#run(effect);
  }

  #run(effect: Effect): void {
    switch (effect.type) {
      case 'post':
        this.#try(() => this.#client.post(effect.room, effect.text, effect.kind));
        break;
      case 'direct':
        this.#try(() => this.#client.direct(effect.nick, effect.text));
        break;
      case 'nick':
        this.#try(() => this.#client.changeNick(effect.nick));
        break;
      case 'quit':
        this.#leave({ type: 'quit' }, effect.reason);
        break;
      case 'redraw':
        this.#mustRedraw = true;
        this.#frames.schedule();
        break;
      case 'suspend':
        this.#terminal.suspend();
        break;
      case 'mouse':
        this.#terminal.setMouse(effect.on);
        break;
      case 'bell':
        this.#terminal.bell();
        break;
    }
  }

  /** A line that the client does not take (too long, no such nick) is said, not thrown. */
  #try(action: () => unknown): void {
    try {
      action();
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      this.#state = addNote(this.#state, 'error', `not sent: ${text}`);
      this.#frames.schedule();
    }
  }

  #armTick(): void {
    const due = nextTick(this.#state);
    if (due === this.#tickAt) return;
    this.#tickAt = due;
    clearTimeout(this.#tickTimer);
    if (due === Infinity) return;
    const wait = Math.max(0, Math.ceil(due - this.#clock()));
    this.#tickTimer = setTimeout(() => {
      this.#tickAt = Infinity;
      this.#dispatch({ type: 'tick' });
    }, wait);
  }

  #leave(info: ExitInfo, reason?: string): void {
    if (this.#isEnded) return;
    this.#end(info);
    this.#client.quit(reason);
  }

  #end(info: ExitInfo): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    clearInterval(this.#statsTimer);
    clearTimeout(this.#tickTimer);
    this.#frames.stop();
    this.#terminal.close();
    this.#resolve(info);
  }
}
