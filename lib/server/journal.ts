import { Queue } from '../base/queue.ts';
import type { ChatConfig } from '../chat/config.ts';
import {
  type Amendment,
  isInbox,
  type LogEntry,
  type Query,
  type Range,
  type StoreAnswer,
  type StoreFailure,
  type StoreRequest,
  type StoreState,
  type TablePut,
} from '../store/store.ts';
import type { Pace } from './pace.ts';

/** The answer to a line: what it became. */
export interface Receipt {
  readonly log: string;
  readonly seq: number;
  /** Wall clock, ms since 1970. */
  readonly at: number;
}

/** Why something is not kept; nothing of it is. `reason` is for people. */
export interface Refusal {
  readonly code: string;
  readonly reason: string;
}

/** Something that is to be kept for good. It has happened when `onStored` is called, not before. */
export interface Draft {
  readonly log: string;
  /** `Session.owner`; empty for the server itself. */
  readonly author: string;
  /** Hexadecimal; unique with the author. Empty: always new. */
  readonly id: string;
  /** What a search finds it by. */
  readonly text: string;
  /** Rows of small tables that become true with it. */
  readonly puts?: readonly TablePut[];
  /** Earlier entries that change with it; like `encode`, called once the number is known. */
  amends?(receipt: Receipt): readonly Amendment[];
  /** Called once the number is known; again with another one if the first came to nothing. */
  encode(receipt: Receipt): Uint8Array;
  /** It is on disk. In a log these come in the order of the numbers. */
  onStored(now: number, receipt: Receipt, record: Uint8Array): void;
  /** The same author had stored something under the same id before; nothing new was stored. */
  onRepeated(now: number, receipt: Receipt): void;
  onFailed(now: number, refusal: Refusal): void;
}

type Page = Extract<StoreAnswer, { type: 'page' }>;
/** What comes of a read. */
export type PageResult = Page | StoreFailure;

interface Waiting {
  readonly draft: Draft;
  readonly size: number;
  receipt: Receipt;
}

interface Commit {
  readonly id: number;
  readonly group: readonly Waiting[];
  readonly records: readonly Uint8Array[];
  /** Rows that belong to no draft. */
  readonly puts: readonly TablePut[];
}

/** Bytes an entry costs beside its text, roughly. */
const ENTRY_OVERHEAD = 200;

/**
 * The hub's side of the store: gathers what is to be kept, numbers it, and lets it happen only when
 * the store has it. One commit is under way at a time and the next takes along all that came in
 * meanwhile: the slower the disk, the larger the groups. A number is given out only when the one
 * before it is safe, so a commit that fails leaves no gap.
 */
export class Journal {
  readonly #config: ChatConfig;
  readonly #wallClock: (now: number) => number;
  /** The newest stored number of each log but the inboxes. */
  readonly #lasts = new Map<string, number>();
  /** What waits for the next commit, in order. */
  readonly #queue = new Queue<Waiting>();
  readonly #requests = new Queue<StoreRequest>();
  readonly #reads = new Map<number, (now: number, result: PageResult) => void>();
  /** `author/id` of all that waits or is being committed. */
  readonly #waiting = new Set<string>();
  #puts: TablePut[] = [];
  #size = 0;
  #lastDirect: number;
  #lastId = 0;
  #commit: Commit | undefined;
  /** The rest of a commit that found duplicates; it goes before the queue. */
  #again: readonly Waiting[] = [];
  readonly #pace: Pace;
  /** When the group that had to wait may go; Infinity: none waits. */
  #goesAt = Infinity;
  /** A commit failed: rows alone do not start another, which would fail at once again. */
  #hasFailed = false;

  /** `wallClock`: whole ms since 1970 at `now`. */
  constructor(
    state: StoreState,
    options: { config: ChatConfig; wallClock: (now: number) => number; pace: Pace },
  ) {
    this.#config = options.config;
    this.#wallClock = options.wallClock;
    this.#pace = options.pace;
    this.#lastDirect = state.lastDirect;
    for (const { log, last } of state.logs) this.#lasts.set(log, last);
  }

  /** The names of all logs but the inboxes. */
  get logs(): Iterable<string> {
    return this.#lasts.keys();
  }

  /** The number of the newest entry that is stored; 0 before the first. */
  last(log: string): number {
    return this.#lasts.get(log) ?? 0;
  }

  /** Whether this very thing waits for its commit: then its answer is still to come. */
  isWaiting(author: string, id: string): boolean {
    return this.#waiting.has(`${author}/${id}`);
  }

  get figures() {
    return {
      journalEntries: this.#queue.length + (this.#commit?.group.length ?? 0) + this.#again.length,
      journalBytes: this.#size,
      isStoreFailing: this.#hasFailed,
    };
  }

  /** Why nothing more can be taken at the moment, if so. */
  get refusal(): Refusal | undefined {
    const { journalEntries, journalBytes } = this.#config;
    if (this.#queue.length < journalEntries && this.#size < journalBytes) return undefined;
    return { code: 'busy', reason: "this server's disk cannot keep up; try again in a moment" };
  }

  /** Has `draft` stored, unless that very thing is waiting already. */
  append(draft: Draft): void {
    if (draft.id !== '') {
      const key = keyOf(draft);
      if (this.#waiting.has(key)) return;
      this.#waiting.add(key);
    }
    const size = draft.text.length + ENTRY_OVERHEAD;
    this.#size += size;
    this.#queue.push({ draft, size, receipt: { log: draft.log, seq: 0, at: 0 } });
  }

  /** Has rows stored that nobody waits for; kept for the next commit when one fails. */
  put(...puts: readonly TablePut[]): void {
    this.#puts.push(...puts);
    this.#hasFailed = false;
  }

  /** Reads a range. The result is exact as of the last `onStored` before `done` is called. */
  read(range: Range, done: (now: number, result: PageResult) => void): void {
    this.#ask({ type: 'read', id: ++this.#lastId, ...range }, done);
  }

  /** Searches; exact as `read` is. */
  search(query: Query, done: (now: number, result: PageResult) => void): void {
    this.#ask({ type: 'search', id: ++this.#lastId, ...query }, done);
  }

  /** What the store is to do: all of it in this order, answered in this order. */
  pollRequest(now: number): StoreRequest | undefined {
    return this.#requests.shift() ?? this.#startCommit(now);
  }

  /** When `pollRequest` is to be called again. */
  nextTimeout(): number {
    return this.#goesAt;
  }

  handleAnswer(now: number, answer: StoreAnswer): void {
    const commit = this.#commit;
    if (commit?.id === answer.id) {
      this.#commit = undefined;
      this.#endCommit(now, commit, answer);
    } else if (answer.type === 'page' || answer.type === 'failed') {
      const done = this.#reads.get(answer.id);
      this.#reads.delete(answer.id);
      done?.(now, answer);
    }
  }

  #ask(
    request: Extract<StoreRequest, { type: 'read' | 'search' }>,
    done: (now: number, result: PageResult) => void,
  ): void {
    this.#reads.set(request.id, done);
    this.#requests.push(request);
  }

  #startCommit(now: number): StoreRequest | undefined {
    this.#goesAt = Infinity;
    if (this.#commit !== undefined) return undefined;
    const hasRows = this.#puts.length > 0 && !this.#hasFailed;
    if (this.#queue.length + this.#again.length === 0 && !hasRows) return undefined;
    const readyAt = this.#pace.readyAt(now);
    if (readyAt > now) {
      this.#goesAt = readyAt;
      return undefined;
    }
    this.#pace.onGroup(now);
    const group = this.#gather();
    const at = this.#wallClock(now);
    const lasts = new Map<string, number>();
    const entries = group.map((waiting): LogEntry => {
      const { draft } = waiting;
      const { log, author, id, text } = draft;
      const seq = this.#number(log, lasts);
      waiting.receipt = { log, seq, at };
      const record = draft.encode(waiting.receipt);
      const entry = { log, seq, at, author, id, text, record };
      const amends = draft.amends?.(waiting.receipt);
      return amends === undefined ? entry : { ...entry, amends };
    });
    const puts = this.#puts;
    this.#puts = [];
    const id = ++this.#lastId;
    this.#commit = { id, group, records: entries.map(({ record }) => record), puts };
    const own = group.flatMap(({ draft }) => draft.puts ?? []);
    return { type: 'append', id, entries, puts: [...puts, ...own] };
  }

  /** The next number of a log, with those of this commit in `lasts`. */
  #number(log: string, lasts: Map<string, number>): number {
    if (isInbox(log)) return ++this.#lastDirect;
    const seq = (lasts.get(log) ?? this.last(log)) + 1;
    lasts.set(log, seq);
    return seq;
  }

  #gather(): readonly Waiting[] {
    if (this.#again.length > 0) {
      const again = this.#again;
      this.#again = [];
      return again;
    }
    const group: Waiting[] = [];
    const { commitEntries, commitBytes } = this.#config;
    let size = 0;
    for (let next = this.#queue.peek(); next !== undefined; next = this.#queue.peek()) {
      size += next.size;
      if (group.length >= commitEntries || (group.length > 0 && size > commitBytes)) break;
      group.push(next);
      this.#queue.shift();
    }
    return group;
  }

  #endCommit(now: number, { group, records, puts }: Commit, answer: StoreAnswer): void {
    if (answer.type === 'stored') {
      this.#hasFailed = false;
      for (const [i, waiting] of group.entries()) {
        const { receipt, draft } = waiting;
        this.#settle(waiting);
        if (!isInbox(receipt.log)) this.#lasts.set(receipt.log, receipt.seq);
        draft.onStored(now, receipt, records[i] ?? new Uint8Array(0));
      }
      return;
    }
    this.#puts = [...puts, ...this.#puts];
    if (answer.type === 'duplicates') {
      const known = new Map(answer.entries.map((entry) => [entry.index, entry]));
      this.#again = group.filter((_, i) => !known.has(i));
      for (const [i, { log, seq, at }] of known) {
        const waiting = group[i];
        if (waiting === undefined) continue;
        this.#settle(waiting);
        waiting.draft.onRepeated(now, { log, seq, at });
      }
      return;
    }
    this.#hasFailed = true;
    const refusal =
      answer.type === 'failed'
        ? { code: answer.code, reason: answer.reason }
        : { code: 'storage', reason: 'the message could not be stored' };
    for (const waiting of group) {
      this.#settle(waiting);
      waiting.draft.onFailed(now, refusal);
    }
  }

  /** An answer has come. */
  #settle({ draft, size }: Waiting): void {
    this.#size -= size;
    this.#waiting.delete(keyOf(draft));
  }
}

function keyOf({ author, id }: Draft): string {
  return `${author}/${id}`;
}
