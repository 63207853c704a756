import type { ClientEvent } from '../lib/index.ts';
import type { JoinedChat } from './joined-chat.ts';

/** Entries asked for at a time; the server may give fewer. */
const PAGE_ENTRIES = 500;
/** ms before a question is asked again that the server had no time for. */
const RETRY_DELAY = 500;

/** Where to begin: behind an entry's number, or at a time, ms since 1970. */
export type PastStart = { readonly after: number } | { readonly since: number };

export interface PastReaderOptions {
  readonly chat: JoinedChat;
  readonly room: string;
  readonly start: PastStart;
  /** Called for each entry, oldest first. */
  readonly onEntry: (entry: ClientEvent) => void;
  /** All of it has been read, up to the entry with number `last` (0: there was none). */
  readonly onEnd: (last: number) => void;
}

/** Reads a room's log from somewhere to its end, page by page, whatever happens to connections. */
export class PastReader {
  readonly #options: PastReaderOptions;
  #start: PastStart;
  #asked: number | undefined;
  #last = 0;
  #isDone = false;

  constructor(options: PastReaderOptions) {
    this.#options = options;
    const { start } = options;
    // Everything is what is not older than the beginning of time.
    this.#start = 'after' in start && start.after === 0 ? { since: 1 } : start;
  }

  /** Hand in all that the client says: the answers are among it. */
  handle(event: ClientEvent): void {
    if (this.#isDone) return;
    if (event.type === 'joined' && event.room === this.#options.room) this.#ask();
    else if (event.type === 'notice' && event.code === 'rate-limited') {
      setTimeout(() => this.#ask(), RETRY_DELAY).unref();
    } else if (event.type === 'page' && event.ask === this.#asked) {
      for (const entry of event.entries) this.#options.onEntry(entry);
      this.#last = Math.max(this.#last, event.to);
      if (event.from === 0) this.#end();
      else {
        this.#start = { after: event.to };
        this.#ask();
      }
    }
  }

  #ask(): void {
    const { chat, room } = this.#options;
    if (!this.#isDone) this.#asked = chat.history(room, { ...this.#start, count: PAGE_ENTRIES });
  }

  #end(): void {
    this.#isDone = true;
    this.#options.onEnd(this.#last);
  }
}

export interface PastThenLiveOptions {
  readonly chat: JoinedChat;
  readonly room: string;
  readonly start: PastStart;
  readonly show: (event: ClientEvent) => void;
}

/** The past of a room and what goes on meanwhile as one sequence: each entry once, in order. */
export class PastThenLive {
  readonly #show: (event: ClientEvent) => void;
  readonly #reader: PastReader;
  /** What happened while the past was being read; undefined once it has been. */
  #waiting: ClientEvent[] | undefined = [];

  constructor({ chat, room, start, show }: PastThenLiveOptions) {
    this.#show = show;
    const onEnd = (last: number): void => this.#goLive(last);
    this.#reader = new PastReader({ chat, room, start, onEntry: show, onEnd });
  }

  handle(event: ClientEvent): void {
    if (this.#waiting === undefined) this.#show(event);
    else if (event.type === 'notice' && event.code !== 'rate-limited') this.#show(event);
    else if (event.type !== 'notice') this.#waiting.push(event);
    this.#reader.handle(event);
  }

  #goLive(last: number): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const event of waiting) {
      const isShown = 'seq' in event && event.seq <= last;
      if (!isShown) this.#show(event);
    }
  }
}
