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
/** Notes that a line of the past may go before: more than a start has. */
const MAX_LATER_NOTES = 32;
/** Lines of one person within this time of each other are one group, ms. */
const GROUP_SPAN = 5 * 60_000;

type Chunk = readonly (LogItem | undefined)[];

/**
 * A persistent list: an append copies one chunk. An entry's index outlives trimming, and older
 * entries that come in later get lower ones, below 0 if need be.
 */
export interface Log {
  /** Of `CHUNK` entries each, but for the last; the first may begin with places not yet taken. */
  readonly chunks: readonly Chunk[];
  /** Index of the first place of the first chunk. */
  readonly base: number;
  /** Index of the oldest entry. */
  readonly first: number;
  /** Index behind the newest entry. */
  readonly end: number;
}

export const EMPTY_LOG: Log = { chunks: [], base: 0, first: 0, end: 0 };

/** A log without entries whose next one has the index `at`. */
export function emptyLogAt(at: number): Log {
  return { chunks: [], base: at, first: at, end: at };
}

/** Adds an entry and sets how it stands to the one before it. */
export function append(log: Log, item: LogItem): Log {
  const { chunks, base, first, end } = log;
  const placed = place(item, itemAt(log, end - 1));
  const last = chunks.at(-1);
  if (last !== undefined && last.length < CHUNK) {
    return { ...log, chunks: [...chunks.slice(0, -1), [...last, placed]], end: end + 1 };
  }
  if (end - first < MAX_LOG_ITEMS) return { ...log, chunks: [...chunks, [placed]], end: end + 1 };
  const next = base + CHUNK;
  return { chunks: [...chunks.slice(1), [placed]], base: next, first: next, end: end + 1 };
}

/** Takes the newest entry away. */
function dropLast(log: Log): Log {
  const { chunks, end } = log;
  const rest = chunks.at(-1)?.slice(0, -1) ?? [];
  const kept = chunks.slice(0, -1);
  return { ...log, chunks: rest.length === 0 ? kept : [...kept, rest], end: end - 1 };
}

/**
 * Adds a line of the past: above the notes at the end that are later than it is, such as the one
 * that says that we are connected.
 */
export function appendPast(log: Log, item: LogItem): Log {
  const notes: LogItem[] = [];
  let before = log;
  while (notes.length < MAX_LATER_NOTES && before.end > before.first) {
    const last = itemAt(before, before.end - 1);
    if (last?.type !== 'note' || last.at <= item.at) break;
    notes.unshift(last);
    before = dropLast(before);
  }
  return [item, ...notes].reduce(append, before);
}

/** Puts older entries, oldest first, before all others; what there is no room for stays out. */
export function prepend(log: Log, older: readonly LogItem[]): Log {
  const room = Math.max(0, MAX_LOG_ITEMS - (log.end - log.first));
  const taken = room === 0 ? [] : older.slice(-room);
  if (taken.length === 0) return log;
  const placed = taken.map((item, index) => place(item, taken[index - 1]));
  const oldest = itemAt(log, log.first);
  const after =
    oldest === undefined ? log : replaceAt(log, log.first, place(oldest, placed.at(-1)));
  const first = log.first - placed.length;
  const missing = Math.max(0, Math.ceil((log.base - first) / CHUNK));
  const base = log.base - missing * CHUNK;
  const chunks: (LogItem | undefined)[][] = [
    ...Array.from({ length: missing }, () => Array.from({ length: CHUNK }, () => undefined)),
    ...after.chunks.slice(0, 1).map((chunk) => [...chunk]),
  ];
  for (const [index, item] of placed.entries()) {
    const offset = first + index - base;
    const chunk = chunks[Math.floor(offset / CHUNK)];
    if (chunk !== undefined) chunk[offset % CHUNK] = item;
  }
  return { chunks: [...chunks, ...after.chunks.slice(1)], base, first, end: log.end };
}

/** The entry at `index`; undefined when it was trimmed or is not there yet. */
export function itemAt(log: Log, index: number): LogItem | undefined {
  const offset = index - log.base;
  if (index < log.first || offset < 0) return undefined;
  return log.chunks[Math.floor(offset / CHUNK)]?.[offset % CHUNK];
}

/** Puts another entry in the place of the one at `index`. */
export function replaceAt(log: Log, index: number, item: LogItem): Log {
  const offset = index - log.base;
  const chunk = log.chunks[Math.floor(offset / CHUNK)];
  if (index < log.first || chunk === undefined) return log;
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
  if (item.type === 'note') return newDay === (item.newDay ?? false) ? item : { ...item, newDay };
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
