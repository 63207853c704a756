import { decodeServerRecord } from '../chat/codec.ts';
import type { ServerRecord } from '../chat/schema.ts';
import { entryEvent } from './entries.ts';
import type { ClientEvent, PageEvent } from './events.ts';

/** Which part of a room's past: the newest of it, unless `after` or `since` tell where to begin. */
export interface HistoryOptions {
  /** Entries above this number, the oldest of them. */
  readonly after?: number;
  /** Entries below this number, the newest of them. */
  readonly before?: number;
  /** Entries not older than this, ms since 1970. */
  readonly since?: number;
  /** Entries wanted; the server may send fewer. 50 unless told. */
  readonly count?: number;
}

/** What to look for, and where. */
export interface SearchOptions extends Pick<HistoryOptions, 'before' | 'count'> {
  /** Entries before and after each found one that are wanted with it; the server may send fewer. */
  readonly context?: number;
}

/** What is asked of a room's log: a part of it, or with a `query` what has its words. */
export type Question = HistoryOptions & SearchOptions & { readonly query?: string };

/** A page as an event. What is no entry of this room's log is left out. */
export function pageEvent(page: Extract<ServerRecord, { type: 'page' }>): PageEvent {
  const { ask, room, query, first } = page;
  const entries: ClientEvent[] = [];
  const seqs: number[] = [];
  for (const bytes of page.lines) {
    const { record } = decodeServerRecord(bytes);
    if (record?.type !== 'message' || record.room !== room) continue;
    seqs.push(record.seq);
    const event = entryEvent(record, { own: false, history: true });
    if (event !== undefined) entries.push(event);
  }
  const [from, to] = seqs.length === 0 ? [0, 0] : [Math.min(...seqs), Math.max(...seqs)];
  const found = page.found.length > 0 ? page.found : query === '' ? [] : seqs;
  return { type: 'page', ask, room, query, entries, found, from, to, first };
}
