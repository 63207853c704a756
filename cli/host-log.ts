import { createRequire } from 'node:module';
import type pino from 'pino';
import type { ServerEvent } from '../lib/index.ts';
import { usageError } from './errors.ts';
import { formatLogLine } from './log-line.ts';

/** Lines a second and in one burst; what comes on top is counted, so that no flood fills a disk. */
const LINE_RATE = 1000;
const LINE_BURST = 5000;

/** What somebody may want to look into. */
const NOTABLE: ReadonlySet<ServerEvent['type']> = new Set(['refused', 'rejected', 'closed']);

export type LogForm = 'pretty' | 'json';

/** Throws a usage error. */
export function parseLogForm(text: string | undefined): LogForm {
  if (text === undefined || text === 'pretty') return 'pretty';
  if (text === 'json') return 'json';
  throw usageError(`--log ${text} makes no sense`, 'it is json or pretty');
}

/** Loaded for whoever wants it: every start of every command would pay for it otherwise. */
function loadPino(): typeof pino {
  return createRequire(import.meta.url)('pino') as typeof pino;
}

export interface HostLogOptions {
  readonly form: LogForm;
  readonly output: { write(text: string): unknown };
  /** Wall clock, ms since 1970. */
  readonly clock: () => number;
}

/** The log of a host: a line an event, for people or for machines, and never too many. */
export class HostLog {
  readonly #options: HostLogOptions;
  readonly #json: pino.Logger | undefined;
  #left = LINE_BURST;
  #filledAt: number;
  #leftOut = 0;

  constructor(options: HostLogOptions) {
    const { form, output, clock } = options;
    this.#options = options;
    this.#filledAt = clock();
    const json = {
      timestamp: false,
      messageKey: 'event',
      base: {},
      formatters: { level: (level: string) => ({ level }) },
    };
    this.#json = form === 'json' ? loadPino()(json, output as pino.DestinationStream) : undefined;
  }

  event(event: ServerEvent): void {
    if (!this.#isAllowed()) {
      this.#leftOut++;
      return;
    }
    this.#sayLeftOut();
    if (this.#json === undefined) this.#options.output.write(`${formatLogLine(event)}\n`);
    else {
      const { type, at, ...fields } = event;
      const level = NOTABLE.has(type) ? 'warn' : 'info';
      this.#json[level]({ time: new Date(at).toISOString(), ...fields }, type);
    }
  }

  /** Something about the host itself; `text` is the line for people. */
  say(level: 'info' | 'warn' | 'error', event: string, text: string): void {
    if (this.#json === undefined) {
      if (level === 'info') this.#options.output.write(`${text}\n`);
      return;
    }
    this.#json[level]({ time: new Date(this.#options.clock()).toISOString(), text }, event);
  }

  /** Says what has not been said yet. */
  end(): void {
    this.#sayLeftOut();
  }

  #isAllowed(): boolean {
    const now = this.#options.clock();
    const gained = (Math.max(0, now - this.#filledAt) / 1000) * LINE_RATE;
    this.#left = Math.min(LINE_BURST, this.#left + gained);
    this.#filledAt = now;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }

  #sayLeftOut(): void {
    if (this.#leftOut === 0) return;
    const time = new Date(this.#options.clock()).toISOString();
    const count = this.#leftOut;
    this.#leftOut = 0;
    this.say('info', 'left-out', `${time} left-out lines=${count}`);
  }
}
