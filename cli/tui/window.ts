import { setFlagsFromString } from 'node:v8';
import type { ClientEvent, ClosedEvent } from '../../lib/index.ts';
import { tellClient, type WindowClient } from './client.ts';
import { DEFAULT_CONFIG, type WindowConfig } from './config.ts';
import { saveSetting } from './config-file.ts';
import { type Change, FrameScheduler } from './frame.ts';
import { drawLadder } from './model/ladder.ts';
import { isDraftOnly, nextTick, reduce, titleOf } from './model/reducer.ts';
import { forgetRows } from './model/rows.ts';
import type { Settings } from './model/settings.ts';
import {
  addNote,
  type Effect,
  initialState,
  type LineItem,
  type WindowEvent,
  type WindowState,
} from './model/state.ts';
import { editOutside, listPaths } from './outside.ts';
import { signalExitCode, Terminal, type TerminalSignal } from './terminal.ts';
import { simplify } from './text/clusters.ts';
import { judge, PROBE_REPLIES } from './text/probe.ts';
import { type Looks, THEMES } from './view/theme.ts';
import { View } from './view/view.ts';

export type { WindowClient } from './client.ts';
export type { LinkStats } from './model/state.ts';

export interface WindowOptions {
  readonly client: WindowClient;
  /** The room that is shown. Default '#lobby'. */
  readonly room?: string;
  readonly config?: WindowConfig;
  /** What to say before anything else. */
  readonly greeting?: readonly string[];
  /** Called once there is something to see; `lend` gives the terminal away for an action. */
  readonly onShown?: (lend: Lend) => void;
  /** Monotonic ms, the clock of the client's `retryAt`. Default performance.now. */
  readonly clock?: () => number;
}

/** Gives the terminal to somebody else for the time of an action. */
export type Lend = <T>(action: () => Promise<T>) => Promise<T>;

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
/** How often the link's figures are read, ms: while something happens, and at rest. */
const STATS_INTERVAL = { busy: 1000, rest: 10_000 };
/** Readings without news from which the window is at rest. */
const RESTING_AFTER = 10;

/** Terminals that would show the sequences of links as text. */
const NO_LINKS = /^(?:linux|vt\d|cons25|ansi)/;

function looksOf({ theme }: Settings, changes: Partial<Looks>): Looks {
  return { ...THEMES[theme], ...changes };
}

function changeOf(before: WindowState, after: WindowState, event: WindowEvent): Change {
  if (event.type !== 'input') return 'other';
  return isDraftOnly(before, after) ? 'draft' : 'key';
}

/** Shows the chat window on this terminal until the person, the client or a signal ends it. */
export function runWindow(options: WindowOptions): Promise<ExitInfo> {
  // Else V8 lets garbage pile up beside a full log: 215 MB rather than 126 with Node 20.
  setFlagsFromString('--optimize-for-size');
  return new Promise((resolve) => new ChatWindow(options, resolve).start());
}

/** Wires client events, keys and timers to the reducer, and its effects to the client. */
class ChatWindow {
  readonly #client: WindowClient;
  readonly #clock: () => number;
  readonly #config: WindowConfig;
  readonly #view: View;
  readonly #terminal: Terminal;
  readonly #frames: FrameScheduler;
  readonly #resolve: (info: ExitInfo) => void;
  #onShown: WindowOptions['onShown'];
  #state: WindowState;
  #statsTimer: NodeJS.Timeout | undefined;
  /** Readings since the last one that told something. */
  #dullReadings = 0;
  #tickTimer: NodeJS.Timeout | undefined;
  #tickAt = Infinity;
  /** What is on the terminal is not what the view believes. */
  #mustRedraw = false;
  #isEnded = false;
  /** The terminal is being measured; the first frame comes after it. */
  #isProbing = true;

  constructor(options: WindowOptions, resolve: (info: ExitInfo) => void) {
    const { client, room = '#lobby', config = DEFAULT_CONFIG, greeting = [] } = options;
    const output = process.stdout;
    this.#client = client;
    this.#resolve = resolve;
    this.#config = config;
    this.#onShown = options.onShown;
    this.#clock = options.clock ?? (() => performance.now());
    const columns = output.columns || DEFAULT_COLUMNS;
    const rows = output.rows || DEFAULT_ROWS;
    const now = this.#clock();
    const { settings, keymap } = config;
    const given = { columns, rows, nick: client.nick, room, now, epoch: Date.now() - now };
    const told = greeting.reduce(
      (state, text) => addNote(state, 'info', text),
      initialState({ ...given, settings, keymap }),
    );
    this.#state = config.problems.reduce((state, text) => addNote(state, 'error', text), told);
    const { NO_COLOR = '', TERM = '' } = process.env;
    this.#view = new View({
      output,
      noColour: NO_COLOR !== '',
      links: !NO_LINKS.test(TERM),
      looks: looksOf(settings, config.looks),
      state: this.#state,
    });
    this.#terminal = new Terminal(this.#view, {
      input: process.stdin,
      output,
      clock: this.#clock,
      onInput: (event) => this.#dispatch({ type: 'input', event }),
      onRepaint: (width, height) => this.#repaint(width, height),
      onSignal: (signal) =>
        this.#leave({ type: 'signal', signal, exitCode: signalExitCode(signal) }),
    });
    this.#terminal.setTitle(titleOf(this.#state));
    if (settings.mouse) this.#terminal.setMouse(true);
    this.#frames = new FrameScheduler({
      clock: this.#clock,
      paint: (isDraft) => this.#paint(isDraft),
    });
  }

  start(): void {
    this.#client.acceptLab(this.#config.settings.lab);
    this.#client.on('event', (event) => this.#onClientEvent(event));
    this.#readStats();
    this.#terminal.probe((columns) => {
      if (columns.length === PROBE_REPLIES) {
        simplify(judge(columns));
        forgetRows();
      }
      this.#isProbing = false;
      this.#mustRedraw = true;
      this.#paint();
      this.#onShown?.((action) => this.#terminal.lendWhile(action));
      this.#onShown = undefined;
    });
  }

  #onClientEvent(event: ClientEvent): void {
    if (event.type === 'closed') this.#end({ type: 'closed', event });
    else this.#dispatch({ type: 'client', event });
  }

  #readStats(): void {
    const before = this.#state.stats;
    this.#dispatch({ type: 'stats', stats: this.#client.stats() });
    if (this.#isEnded) return;
    this.#dullReadings = this.#state.stats === before ? this.#dullReadings + 1 : 0;
    const { busy, rest } = STATS_INTERVAL;
    const wait = this.#isResting ? rest : busy;
    this.#statsTimer = setTimeout(() => this.#readStats(), wait);
  }

  get #isResting(): boolean {
    return this.#dullReadings >= RESTING_AFTER;
  }

  /** Something happens again. */
  #wake(): void {
    if (!this.#isResting) return;
    this.#dullReadings = 0;
    clearTimeout(this.#statsTimer);
    this.#statsTimer = setTimeout(() => this.#readStats(), STATS_INTERVAL.busy);
  }

  #repaint(columns: number, rows: number): void {
    this.#mustRedraw = true;
    const size = { columns: columns || DEFAULT_COLUMNS, rows: rows || DEFAULT_ROWS };
    this.#dispatch({ type: 'resize', ...size });
  }

  #paint(isDraftOnly = false): void {
    if (!this.#terminal.isUp || this.#isProbing || this.#isEnded) return; // repainted later
    if (this.#mustRedraw) this.#view.redraw(this.#state);
    else if (isDraftOnly) this.#view.renderDraft(this.#state);
    else this.#view.render(this.#state);
    this.#mustRedraw = false;
  }

  #dispatch(event: WindowEvent): void {
    if (this.#isEnded) return;
    if (event.type === 'client' || event.type === 'input') this.#wake();
    const before = this.#state;
    const [state, effects] = reduce(before, event, this.#clock());
    this.#state = state;
    if (state !== before) this.#frames.schedule(changeOf(before, state, event));
    this.#armTick();
    for (const effect of effects) this.#run(effect);
  }

  #run(effect: Effect): void {
    switch (effect.type) {
      case 'quit':
        this.#leave({ type: 'quit' }, effect.reason);
        break;
      case 'redraw':
        this.#mustRedraw = true;
        this.#frames.schedule('other');
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
      case 'title':
        this.#terminal.setTitle(effect.text);
        break;
      case 'notify':
        if (this.#state.settings.notify !== 'off') {
          this.#terminal.notify(this.#state.settings.notify, effect.title, effect.text);
        }
        break;
      case 'copy':
        this.#terminal.copy(effect.text);
        break;
      case 'list-paths':
        this.#dispatch({ type: 'paths', word: effect.word, names: listPaths(effect.word) });
        break;
      case 'edit-draft':
        this.#editDraft(effect.text);
        break;
      case 'save-setting':
        this.#saveSetting(effect.name, effect.value);
        break;
      case 'trace':
        this.#trace(effect.line);
        break;
      default:
        this.#try('not sent', () => tellClient(this.#client, effect));
    }
  }

  #editDraft(draft: string): void {
    this.#try('the editor', () => {
      const text = this.#terminal.lend(() => editOutside(draft));
      this.#dispatch({ type: 'draft', text });
    });
  }

  #saveSetting(name: string, value: string | boolean): void {
    this.#view.setLooks(looksOf(this.#state.settings, this.#config.looks));
    this.#mustRedraw = true;
    this.#frames.schedule('other');
    this.#try('not kept', () => saveSetting(name, value));
  }

  #trace(line: LineItem): void {
    const steps = this.#client.trace(line.id);
    if (steps !== undefined) this.#note('plain', drawLadder(line, steps).join('\n'));
    else this.#note('error', 'nothing is known any more of how that line travelled');
  }

  #note(level: 'info' | 'error' | 'plain', text: string): void {
    this.#dispatch({ type: 'note', level, text });
  }

  /** What cannot be done (a line too long, no such nick) is said, not thrown. */
  #try(what: string, action: () => unknown): void {
    try {
      action();
    } catch (error) {
      this.#note('error', `${what}: ${error instanceof Error ? error.message : String(error)}`);
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
    clearTimeout(this.#statsTimer);
    clearTimeout(this.#tickTimer);
    this.#frames.stop();
    this.#terminal.close();
    this.#resolve(info);
  }
}
