import { createInterface, type Interface } from 'node:readline';
import { sanitiseText } from '../../lib/entry/words.ts';
import type { ClientEvent } from '../../lib/index.ts';
import { tellClient } from './client.ts';
import { DEFAULT_CONFIG } from './config.ts';
import { saveSetting } from './config-file.ts';
import { drawLadder } from './model/ladder.ts';
import { nextTick, reduce } from './model/reducer.ts';
import {
  activeRoom,
  type Effect,
  initialState,
  updateActive,
  type WindowEvent,
  type WindowState,
} from './model/state.ts';
import { FOLLOW } from './model/viewport.ts';
import { changeText, linesFrom, newLines } from './plain-lines.ts';
import { signalExitCode, type TerminalSignal } from './terminal.ts';
import type { ExitInfo, WindowOptions } from './window.ts';

/** Entries that `/goto` shows: a screen of them. */
const PLACE_LINES = 20;
/** How often the link's figures are read, ms. */
const STATS_INTERVAL = 1000;
const SIGNALS: readonly TerminalSignal[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * The chat without a window: a line an event on stdout, lines and commands from stdin. For screen
 * readers, terminals that cannot move their cursor, and pipes. The end of stdin leaves once every
 * line was answered.
 */
export function runPlain(options: WindowOptions): Promise<ExitInfo> {
  return new Promise((resolve) => new PlainChat(options, resolve).start());
}

/** The window's reducer with nothing but lines around it. */
class PlainChat {
  readonly #options: WindowOptions;
  readonly #resolve: (info: ExitInfo) => void;
  readonly #input: Interface;
  readonly #signals = new Map<TerminalSignal, () => void>();
  #state: WindowState;
  #statsTimer: NodeJS.Timeout | undefined;
  #isEnded = false;

  constructor(options: WindowOptions, resolve: (info: ExitInfo) => void) {
    const { client, room = '#lobby', config = DEFAULT_CONFIG } = options;
    this.#options = options;
    this.#resolve = resolve;
    const now = performance.now();
    const given = { nick: client.nick, room, now, epoch: Date.now() - now };
    const { settings } = config;
    // Of one row: wherever one goes in the log, it is not on the screen.
    const size = { columns: 80, rows: 1 };
    this.#state = initialState({ ...given, ...size, settings, inArrivalOrder: true });
    // No history and no editing of ours: a terminal's own line mode is what such people know.
    this.#input = createInterface({ input: process.stdin, terminal: false });
  }

  start(): void {
    const { client, config = DEFAULT_CONFIG, greeting = [] } = this.#options;
    for (const text of greeting) this.#say(`-- ${text}`);
    for (const text of config.problems) this.#say(`!! ${text}`);
    for (const signal of SIGNALS) {
      const listener = (): void =>
        this.#leave({ type: 'signal', signal, exitCode: signalExitCode(signal) });
      this.#signals.set(signal, listener);
      process.on(signal, listener);
    }
    process.stdout.on('error', () => this.#leave({ type: 'quit' })); // nobody reads any more
    this.#statsTimer = setInterval(() => this.#tick(), STATS_INTERVAL);
    client.acceptLab(config.settings.lab);
    client.on('event', (event) => this.#onClientEvent(event));
    this.#input.on('line', (line) => this.#enter(line));
    this.#input.on('close', () => this.#onEndOfInput());
  }

  #onClientEvent(event: ClientEvent): void {
    if (event.type === 'closed') {
      this.#end({ type: 'closed', event });
      return;
    }
    this.#dispatch({ type: 'client', event });
    const change = changeText(event);
    if (change !== undefined) this.#say(change);
  }

  #tick(): void {
    this.#dispatch({ type: 'stats', stats: this.#options.client.stats() });
    if (nextTick(this.#state) <= performance.now()) this.#dispatch({ type: 'tick' });
  }

  #enter(line: string): void {
    this.#dispatch({ type: 'draft', text: sanitiseText(line) });
    this.#dispatch({ type: 'input', event: { type: 'chord', chord: 'enter' } });
  }

  #dispatch(event: WindowEvent): void {
    if (this.#isEnded) return;
    const before = this.#state;
    const [state, effects] = reduce(before, event, performance.now());
    this.#state = state;
    if (state.room !== before.room) this.#say(`-- now in ${state.room}`);
    const own = process.stdin.isTTY !== true;
    for (const line of newLines(before, state, { own })) this.#say(line);
    this.#showPlace();
    for (const effect of effects) this.#run(effect);
  }

  /** Where `/goto` has led: said once, then it goes on with what is new. */
  #showPlace(): void {
    const { position } = activeRoom(this.#state);
    if (position.type === 'follow') return;
    for (const line of linesFrom(this.#state, position.item, PLACE_LINES)) this.#say(line);
    this.#state = updateActive(this.#state, (room) => ({ ...room, position: FOLLOW, unseen: 0 }));
  }

  #run(effect: Effect): void {
    switch (effect.type) {
      case 'copy':
        this.#say('!! there is no clipboard without the window; the address is above');
        break;
      case 'quit':
        this.#leave({ type: 'quit' }, effect.reason);
        break;
      case 'trace': {
        const steps = this.#options.client.trace(effect.line.id);
        const lines = steps === undefined ? ['!! not known'] : drawLadder(effect.line, steps);
        for (const line of lines) this.#say(sanitiseText(line));
        break;
      }
      case 'save-setting':
        this.#try(() => saveSetting(effect.name, effect.value));
        break;
      default:
        this.#try(() => tellClient(this.#options.client, effect));
    }
  }

  #try(action: () => unknown): void {
    try {
      action();
    } catch (error) {
      this.#say(`!! ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  #say(line: string): void {
    process.stdout.write(`${sanitiseText(line)}\n`);
  }

  /** Whoever pipes lines in wants them to arrive. */
  #onEndOfInput(): void {
    if (!this.#isEnded) this.#leave({ type: 'quit' }, undefined, true);
  }

  #leave(info: ExitInfo, reason?: string, flush = false): void {
    if (this.#isEnded) return;
    this.#end(info);
    this.#options.client.quit(reason, { flush });
  }

  #end(info: ExitInfo): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    clearInterval(this.#statsTimer);
    for (const [signal, listener] of this.#signals) process.removeListener(signal, listener);
    this.#input.close();
    process.stdin.unref();
    this.#resolve(info);
  }
}
