/**
 * The seam between a chat and whatever keeps it: numbered logs, which only grow, and small tables.
 * A store does one request after the other and answers in that order; a page that was read is
 * therefore exact up to the last `stored` before it. Whoever asks needs no other guarantee.
 */

/**
 * One thing that happened, for good. Its log is a room (`#lobby`), the direct messages to one
 * person (`@` and their `Session.owner`) or `AUDIT_LOG`.
 */
export interface LogEntry {
  readonly log: string;
  /**
   * Its number in the log. In a room one more than the entry before it, from 1; in an inbox only
   * greater, since all inboxes share one counter.
   */
  readonly seq: number;
  /** The server's wall clock, ms since 1970. For people: the order is that of `seq`. */
  readonly at: number;
  /** Who: with `id` unique in the whole store. Empty for the server itself. */
  readonly author: string;
  /** The author's own name for it, hexadecimal; empty when it has none, then it is always new. */
  readonly id: string;
  /** What a search finds it by; empty for nothing. */
  readonly text: string;
  /** The record as it goes to clients, encoded once. */
  readonly record: Uint8Array;
  /** Earlier entries of the same log that from now on read differently: an edit, a delete. */
  readonly amends?: readonly Amendment[];
}

/** Takes the place of record and text of entry `seq`, so that no copy of the old words is kept. */
export interface Amendment {
  readonly seq: number;
  readonly text: string;
  readonly record: Uint8Array;
}

/** One row of a small table, which is read whole at the start; `value` undefined deletes it. */
export interface TablePut {
  readonly table: string;
  readonly key: string;
  /** JSON; checked by its owner when it is loaded. */
  readonly value: string | undefined;
}

/** What a store holds when a server starts. */
export interface StoreState {
  /**
   * 8 bytes that name this store for as long as it lives: numbers mean the same only under the same
   * name.
   */
  readonly logId: Uint8Array;
  /** All logs but the inboxes, of which there may be many. */
  readonly logs: readonly { readonly log: string; readonly last: number }[];
  /** The highest number in any inbox; 0 before the first. */
  readonly lastDirect: number;
  readonly rows: readonly {
    readonly table: string;
    readonly key: string;
    readonly value: string;
  }[];
}

/** Entries with `after` < seq < `before`: the `count` newest of them, or the oldest. */
export interface Range {
  readonly log: string;
  /** Exclusive; 0 unless told. */
  readonly after?: number;
  /** Exclusive; no bound unless told. */
  readonly before?: number;
  /** Not before this wall clock, ms since 1970. */
  readonly since?: number;
  readonly count: number;
  /** Bytes of records at most; the first entry comes whatever its size. */
  readonly bytes: number;
  /** Which end of the range counts. The page itself is always oldest first. */
  readonly from: 'newest' | 'oldest';
}

/** Words that must all be in an entry; the newest entries first. */
export interface Query {
  readonly log: string;
  readonly words: string;
  /** Exclusive; no bound unless told: for the next page. */
  readonly before?: number;
  readonly count: number;
  /** Entries before and after each found one that come with it; 0 unless told. */
  readonly context?: number;
}

/** `id` is the asker's; its answer has the same. */
export type StoreRequest =
  | {
      readonly type: 'append';
      readonly id: number;
      /** Committed together or not at all. */
      readonly entries: readonly LogEntry[];
      readonly puts: readonly TablePut[];
    }
  | ({ readonly type: 'read'; readonly id: number } & Range)
  | ({ readonly type: 'search'; readonly id: number } & Query);

export interface PageEntry {
  readonly seq: number;
  readonly at: number;
  readonly author: string;
  readonly record: Uint8Array;
}

/** An entry that is in the store already under the same author and id. */
export interface Duplicate {
  /** Which of the request's entries. */
  readonly index: number;
  readonly log: string;
  readonly seq: number;
  readonly at: number;
}

export type StoreAnswer =
  /** All of it is on disk. */
  | { readonly type: 'stored'; readonly id: number }
  /** Nothing was stored: these have been before. */
  | { readonly type: 'duplicates'; readonly id: number; readonly entries: readonly Duplicate[] }
  | {
      readonly type: 'page';
      readonly id: number;
      readonly entries: readonly PageEntry[];
      /** Of a search with context: numbers of those entries that have the words. */
      readonly found?: readonly number[];
      /** Number of the oldest entry that the log still has. */
      readonly first: number;
    }
  | StoreFailure;

/** Nothing was done. `reason` is for people. */
export interface StoreFailure {
  readonly type: 'failed';
  readonly id: number;
  readonly code: 'disk-full' | 'read-only' | 'storage';
  readonly reason: string;
}

/** A store that answers at once: in memory, or the one that a thread of its own runs. */
export interface Store {
  load(): StoreState;
  /** Never throws for what a disk may do: that is a `failed`. */
  execute(request: StoreRequest): StoreAnswer;
}

/** Where acts of moderation are written down for the operator; no room, so nobody can join it. */
export const AUDIT_LOG = '!audit';

/** The log of the direct messages to `owner`. */
export function inboxOf(owner: string): string {
  return `@${owner}`;
}

export function isInbox(log: string): boolean {
  return log.startsWith('@');
}
