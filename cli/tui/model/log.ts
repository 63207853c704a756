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
  readonly quote?: Quote | undefined;
  /** ms from when it was written to when the server had it. */
  readonly took?: number | undefined;
  readonly edited?: boolean | undefined;
  /** By whom it was taken back; the text is gone. */
  readonly deleted?: boolean | undefined;
  readonly reactions?: readonly Reaction[] | undefined;
  /** Set by the log: the line before is of the same person and a moment ago. */
  readonly grouped?: boolean | undefined;
  /** Set by the log: the first entry of its day. */
  readonly newDay?: boolean | undefined;
}

/**
 * A copy in the form that takes the least memory: a literal with every field. A spread takes twice
 * as much, which for a full log is the half of what the window may have.
 */
export function compactLine(line: Omit<LineItem, 'type'>): LineItem {
  return {
    type: 'line',
    id: line.id,
    seq: line.seq,
    at: line.at,
    nick: line.nick,
    kind: line.kind,
    text: line.text,
    own: line.own,
    mark: line.mark,
    named: line.named,
    quote: line.quote,
    took: line.took,
    edited: line.edited,
    deleted: line.deleted,
    reactions: line.reactions,
    grouped: line.grouped,
    newDay: line.newDay,
  };
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
/** Entries that are trimmed at once, and at most copied for an append. */
const CHUNK = 128;
/** Notes that a line of the past may go before: more than a start has. */
const MAX_LATER_NOTES = 32;
/** Lines of one person within this time of each other are one group, ms. */
const GROUP_SPAN = 5 * 60_000;

type Chunk = readonly (LogItem | undefined)[];

/**
 * A persistent list: an append copies its tail. An entry's index outlives trimming, and older
 * entries that come in later get lower ones, below 0 if need be.
 */
export interface Log {
  /** Of `CHUNK` entries each; the first may begin with places not yet taken. */
  readonly chunks: readonly Chunk[];
  /** The newest entries, fewer than `CHUNK`. */
  readonly tail: Chunk;
  /** Index of the first place of the first chunk. */
  readonly base: number;
  /** Index of the oldest entry. */
  readonly first: number;
  /** Index behind the newest entry. */
  readonly end: number;
}

/** A log without entries whose next one has the index `at`. */
export function emptyLogAt(at: number): Log {
  return { chunks: [], tail: [], base: at, first: at, end: at };
}

export const EMPTY_LOG: Log = emptyLogAt(0);

/** Adds an entry and sets how it stands to the one before it. */
export function append(log: Log, item: LogItem): Log {
  const { chunks, base, first, end } = log;
  const tail = [...log.tail, place(item, itemAt(log, end - 1))];
  if (tail.length < CHUNK) return { ...log, tail, end: end + 1 };
  const isFull = roomIn(log) === 0;
  const next = isFull ? base + CHUNK : base;
  const kept = isFull ? chunks.slice(1) : chunks;
  const begin = Math.max(first, next);
  return { chunks: [...kept, tail], tail: [], base: next, first: begin, end: end + 1 };
}

/** Entries that a log takes without losing any. */
export function roomIn({ first, end }: Log): number {
  return Math.max(0, MAX_LOG_ITEMS - CHUNK - (end - first));
}

/** Takes the newest entry away. */
function dropLast(log: Log): Log {
  const { chunks, tail, end } = log;
  if (tail.length > 0) return { ...log, tail: tail.slice(0, -1), end: end - 1 };
  const last = chunks.at(-1)?.slice(0, -1) ?? [];
  return { ...log, chunks: chunks.slice(0, -1), tail: last, end: end - 1 };
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
  const room = roomIn(log);
  const taken = room === 0 ? [] : older.slice(-room);
  if (taken.length === 0) return log;
  const placed = taken.map((item, index) => place(item, taken[index - 1]));
  const oldest = itemAt(log, log.first);
  const after =
    oldest === undefined ? log : replaceAt(log, log.first, place(oldest, placed.at(-1)));
  const first = log.first - placed.length;
  const missing = Math.max(0, Math.ceil((log.base - first) / CHUNK));
  const base = log.base - missing * CHUNK;
  const head: (LogItem | undefined)[][] = [
    ...Array.from({ length: missing }, () => Array.from({ length: CHUNK }, () => undefined)),
    ...after.chunks.slice(0, 1).map((chunk) => [...chunk]),
  ];
  for (const [index, item] of placed.entries()) {
    const offset = first + index - base;
    const chunk = head[Math.floor(offset / CHUNK)];
    if (chunk !== undefined) chunk[offset % CHUNK] = item;
  }
  return { ...after, chunks: [...head, ...after.chunks.slice(1)], base, first };
}

/** The entry at `index`; undefined when it was trimmed or is not there yet. */
export function itemAt({ chunks, tail, base, first }: Log, index: number): LogItem | undefined {
  if (index < first) return undefined;
  const offset = index - base;
  const number = Math.floor(offset / CHUNK);
  return (number === chunks.length ? tail : chunks[number])?.[offset % CHUNK];
}

/** Puts another entry in the place of the one at `index`. */
export function replaceAt(log: Log, index: number, item: LogItem): Log {
  const offset = index - log.base;
  const number = Math.floor(offset / CHUNK);
  if (index < log.first || index >= log.end) return log;
  if (number === log.chunks.length) return { ...log, tail: log.tail.with(offset % CHUNK, item) };
  const changed = log.chunks[number]?.with(offset % CHUNK, item) ?? [];
  return { ...log, chunks: log.chunks.with(number, changed) };
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

/** Every time zone is off by a multiple of it, ms: within one such span no day begins. */
const ZONE_STEP = 15 * 60_000;

function isSameDay(a: number, b: number): boolean {
  return Math.floor(a / ZONE_STEP) === Math.floor(b / ZONE_STEP) || dayOf(a) === dayOf(b);
}

/** The calendar day of a moment, as a number that grows with it. */
export function dayOf(at: number): number {
  const date = new Date(at);
  return date.getFullYear() * 10_000 + date.getMonth() * 100 + date.getDate();
}

function place(item: LogItem, before: LogItem | undefined): LogItem {
  const newDay = before !== undefined && !isSameDay(before.at, item.at);
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
  const isPlaced = item.grouped === grouped && item.newDay === newDay;
  return isPlaced ? item : compactLine({ ...item, grouped, newDay });
}
