/** One entry of the message log. Immutable: a change makes a new object, so caches key on it. */
export type LogItem = LineItem | NoteItem;

/** Something a person said. */
export interface LineItem {
  readonly type: 'line';
  readonly id: string;
  /** Wall clock, ms since 1970. */
  readonly at: number;
  readonly nick: string;
  readonly kind: 'text' | 'action';
  readonly text: string;
  readonly own: boolean;
  /** Of a direct message: whether it went to `nick` or came from them. */
  readonly direct?: 'to' | 'from';
  /** What became of a line of ours; others' lines have `none`. */
  readonly mark: 'none' | 'pending' | 'accepted' | 'failed';
}

/** Something that happened. */
export interface NoteItem {
  readonly type: 'note';
  readonly level: 'info' | 'join' | 'leave' | 'gone' | 'error';
  readonly at: number;
  readonly text: string;
}

/** Entries kept; the oldest go first. 100,000: a busy week, about 50 MB. */
export const MAX_LOG_ITEMS = 100_000;
/** Entries that are copied for an append and trimmed at once. */
const CHUNK = 512;

/** A persistent list: an append copies one chunk. An entry's index outlives trimming. */
export interface Log {
  readonly chunks: readonly (readonly LogItem[])[];
  /** Index of the oldest entry. */
  readonly first: number;
  /** Index behind the newest entry. */
  readonly end: number;
}

export const EMPTY_LOG: Log = { chunks: [], first: 0, end: 0 };

export function append(log: Log, item: LogItem): Log {
  const { chunks, first, end } = log;
  const last = chunks.at(-1);
  if (last !== undefined && last.length < CHUNK) {
    return { chunks: [...chunks.slice(0, -1), [...last, item]], first, end: end + 1 };
  }
  const full = end - first >= MAX_LOG_ITEMS;
  const kept = full ? chunks.slice(1) : chunks;
  return { chunks: [...kept, [item]], first: full ? first + CHUNK : first, end: end + 1 };
}

/** The entry at `index`; undefined when it was trimmed or is not there yet. */
export function itemAt(log: Log, index: number): LogItem | undefined {
  const offset = index - log.first;
  if (offset < 0) return undefined;
  return log.chunks[Math.floor(offset / CHUNK)]?.[offset % CHUNK];
}
