import type { RetentionConfig } from './config.ts';
import type { SqliteStore } from './sqlite-store.ts';
import { isInbox, type StoreRequest } from './store.ts';

/** Share of what is kept by which a log may be longer for a while. */
const SURPLUS = 0.1;

/**
 * Keeps a store within its bounds, a little at a time: after so many new entries in a log, and when
 * all are looked through for their age.
 */
export class Retention {
  readonly #store: SqliteStore;
  readonly #config: RetentionConfig;
  readonly #step: number;
  /** New entries since a log was looked at. */
  readonly #added = new Map<string, number>();
  readonly #due = new Set<string>();

  /** `step`: entries deleted in one go. */
  constructor(store: SqliteStore, config: RetentionConfig, step: number) {
    this.#store = store;
    this.#config = config;
    this.#step = step;
  }

  /** Whether there is something to delete, as far as we know. */
  get isDue(): boolean {
    return this.#due.size > 0;
  }

  /** Has every log looked at. */
  checkAll(logs: Iterable<string>): void {
    for (const log of logs) this.#due.add(log);
  }

  /** What was stored. */
  note(request: StoreRequest): void {
    if (request.type !== 'append') return;
    for (const { log } of request.entries) {
      const added = (this.#added.get(log) ?? 0) + 1;
      const often = isInbox(log) ? 1 : this.#often;
      if (added < often) this.#added.set(log, added);
      else {
        this.#added.delete(log);
        this.#due.add(log);
      }
    }
  }

  /** New entries of a room after which it is looked at: few, where few are kept. */
  get #often(): number {
    return Math.min(this.#step, Math.ceil(SURPLUS * this.#config.entries));
  }

  /** Deletes a few of the oldest entries of one log. `at`: wall clock, ms since 1970. */
  prune(at: number): void {
    for (const log of this.#due) {
      const { entries, inboxEntries, age } = this.#config;
      const keep = isInbox(log) ? inboxEntries : entries;
      const bounds = { keep, olderThan: at - age, limit: this.#step };
      if (this.#store.prune(log, bounds) < this.#step) this.#due.delete(log);
      return;
    }
  }
}
