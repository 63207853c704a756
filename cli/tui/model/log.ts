/** One entry of the message log. Immutable: a change makes a new object, so caches key on it. */
export type LogItem = LineItem | NoteItem;

/** What a line answers, shown above it. */
export interface Quote {
  readonly seq: number;
  readonly nick: string;
  readonly text: string;
}

/** How many gave a line this sign, and whether we did. */
export interface Reaction {
  readonly emoji: string;
  readonly nicks: readonly string[];
}

/** Something a person said. */
export interface LineItem {
  readonly type: 'line';
  readonly id: string;
  /** The server's number of the line in its room; 0 when it has none. */
  readonly seq: number;
  /** Wall clock, ms since 1970. */
  readonly at: number;
  readonly nick: string;
  readonly kind: 'text' | 'action';
  readonly text: string;
  readonly own: boolean;
  /** What became of a line of ours; others' lines have `none`. */
  readonly mark: 'none' | 'pending' | 'accepted' | 'failed';
  /** The reader's nick, when another's line names it; else ''. */
  readonly named: string;
  readonly quote?: Quote;
  /** ms from when it was written to when the server had it. */
  readonly took?: number | undefined;
  readonly edited?: boolean;
  /** By whom it was taken back; the text is gone. */
  readonly deleted?: boolean;
  readonly reactions?: readonly Reaction[];
  /** Set by the log: the line before is of the same person and a moment ago. */
  readonly grouped?: boolean;
  /** Set by the log: the first entry of its day. */
  readonly newDay?: boolean;
}

export type NoteLevel = 'info' | 'join' | 'leave' | 'gone' | 'error' | 'plain';

/** Something that happened. `plain`: text laid out by us, shown as it is. */
export interface NoteItem {
  readonly type: 'note';
  readonly level: NoteLevel;
  readonly at: number;
  readonly text: string;
  readonly newDay?: boolean;
}

/** Entries kept of a room; the oldest go first. 100,000: a busy week, about 50 MB. */
export const MAX_LOG_ITEMS = 100_000;
/** Entries that are copied for an append and trimmed at once. */
const CHUNK = 512;
/** Lines of one person within this time of each other are one group, ms. */
const GROUP_SPAN = 5 * 60_000;

/** A persistent list: an append copies one chunk. An entry's index outlives trimming. */
export interface Log {
  readonly chunks: readonly (readonly LogItem[])[];
  /** Index of the oldest entry. */
  readonly first: number;
  /** Index behind the newest entry. */
  readonly end: number;
}

export const EMPTY_LOG: Log = { chunks: [], first: 0, end: 0 };

/** Adds an entry and sets how it stands to the one before it. */
export function append(log: Log, item: LogItem): Log {
  const { chunks, first, end } = log;
  const placed = place(item, itemAt(log, end - 1));
  const last = chunks.at(-1);
  if (last !== undefined && last.length < CHUNK) {
    return { chunks: [...chunks.slice(0, -1), [...last, placed]], first, end: end + 1 };
  }
  const full = end - first >= MAX_LOG_ITEMS;
  const kept = full ? chunks.slice(1) : chunks;
  return { chunks: [...kept, [placed]], first: full ? first + CHUNK : first, end: end + 1 };
}

/** The entry at `index`; undefined when it was trimmed or is not there yet. */
export function itemAt(log: Log, index: number): LogItem | undefined {
  const offset = index - log.first;
  if (offset < 0) return undefined;
  return log.chunks[Math.floor(offset / CHUNK)]?.[offset % CHUNK];
}

/** Puts another entry in the place of the one at `index`. */
export function replaceAt(log: Log, index: number, item: LogItem): Log {
  const offset = index - log.first;
  const chunk = log.chunks[Math.floor(offset / CHUNK)];
  if (offset < 0 || chunk === undefined) return log;
  const changed = chunk.with(offset % CHUNK, item);
  return { ...log, chunks: log.chunks.with(Math.floor(offset / CHUNK), changed) };
}

/**
 * The index of the nearest entry that `matches`, from `from` on in the direction of `step`;
 * undefined when there is none.
 */
export function findItem(
  log: Log,
  from: number,
  step: 1 | -1,
  matches: (item: LogItem) => boolean,
): number | undefined {
  for (let index = from; index >= log.first && index < log.end; index += step) {
    const item = itemAt(log, index);
    if (item !== undefined && matches(item)) return index;
  }
  return undefined;
}

/** The index of the first entry that is not older than `at`; `end` when all are. */
export function indexOfTime(log: Log, at: number): number {
  let low = log.first;
  let high = log.end;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((itemAt(log, middle)?.at ?? 0) < at) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The calendar day of a moment, as a number that grows with it. */
export function dayOf(at: number): number {
  const date = new Date(at);
  return date.getFullYear() * 10_000 + date.getMonth() * 100 + date.getDate();
}

function place(item: LogItem, before: LogItem | undefined): LogItem {
  const newDay = before !== undefined && dayOf(before.at) !== dayOf(item.at);
  if (item.type === 'note') return newDay ? { ...item, newDay } : item;
  const grouped =
    before?.type === 'line' &&
    !newDay &&
    item.quote === undefined &&
    before.nick === item.nick &&
    before.own === item.own &&
    before.kind === 'text' &&
    item.kind === 'text' &&
    item.at - before.at < GROUP_SPAN;
  return grouped || newDay ? { ...item, grouped, newDay } : item;
}
