import { sanitiseLine, sanitiseText } from '../../../lib/entry/words.ts';
import { pad, textWidth, truncate } from '../text/clusters.ts';
import { parseMarkup } from '../text/markup.ts';
import { wrap } from '../text/wrap.ts';
import type { LineItem, LogItem, NoteItem, NoteLevel } from './log.ts';

/** What a piece of text is; the theme says how that looks. */
export type Style =
  | 'text'
  | 'muted'
  | 'border'
  | 'title'
  | 'own'
  | 'good'
  | 'warning'
  | 'error'
  | 'bar'
  | 'alert'
  | 'link'
  | 'code'
  | 'mention'
  | 'match'
  | 'picked'
  | 'active'
  | 'spark'
  | 'toast'
  | `nick${0 | 1 | 2 | 3 | 4 | 5}`;

export interface Segment {
  readonly text: string;
  readonly style: Style;
  /** Where it leads when clicked: an address of printable ASCII. */
  readonly href?: string;
}

/** One row of the log: segments from the left, and a mark at the right edge. */
export interface Row {
  readonly segments: readonly Segment[];
  readonly mark?: Segment;
}

/** Rows kept wrapped: some screens in both directions. */
const CACHE_ITEMS = 2000;
const TIME_MIN_WIDTH = 40;
const NICK_MIN_WIDTH = 24;
/** The mark and the space before it. */
const MARK_WIDTH = 2;
/** Columns of the author's name. */
const NICK_COLUMN = { least: 6, most: 14 };

const MARKS: Readonly<Record<LineItem['mark'], Segment | undefined>> = {
  none: undefined,
  pending: { text: '…', style: 'muted' },
  accepted: { text: '✓', style: 'good' },
  failed: { text: '✗', style: 'error' },
};

const NOTE_SIGNS: Readonly<Record<Exclude<NoteLevel, 'plain'>, Segment>> = {
  info: { text: '·', style: 'muted' },
  join: { text: '→', style: 'good' },
  leave: { text: '←', style: 'muted' },
  gone: { text: '✗', style: 'warning' },
  error: { text: '!', style: 'error' },
};

let cacheWidth = 0;
const cache = new Map<LogItem, readonly Row[]>();

/** Characters are as wide as they were no longer: everything is wrapped anew. */
export function forgetRows(): void {
  cache.clear();
}

/** The rows of an entry in a log of `width` columns; at least one. Remembers what it wrapped. */
export function rowsOf(item: LogItem, width: number): readonly Row[] {
  if (width !== cacheWidth || cache.size >= CACHE_ITEMS) cache.clear();
  cacheWidth = width;
  const known = cache.get(item);
  if (known !== undefined) return known;
  const own = item.type === 'line' ? lineRows(item, width) : noteRows(item, width);
  const rows = item.newDay === true ? [dayRow(item.at, width), ...own] : own;
  cache.set(item, rows);
  return rows;
}

/** The first row of an entry with its author's name, although the line before is of them too. */
export function rowWithAuthor(item: LogItem, width: number): Row | undefined {
  if (item.type !== 'line' || item.grouped !== true) return rowsOf(item, width)[0];
  return lineRows({ ...item, grouped: false }, width)[0];
}

/** The row above the first line that nobody has looked at. */
export function unreadRow(width: number): Row {
  return rule('new', width, 'warning');
}

/** A colour that stays with a name. */
export function nickStyle(nick: string): Style {
  let hash = 0;
  for (const char of nick) hash = (Math.imul(hash, 31) + (char.codePointAt(0) ?? 0)) >>> 0;
  const styles = ['nick0', 'nick1', 'nick2', 'nick3', 'nick4', 'nick5'] as const;
  return styles[hash % styles.length] ?? 'text';
}

const two = (value: number): string => String(value).padStart(2, '0');

function rule(text: string, width: number, style: Style): Row {
  const label = truncate(` ${text} `, width);
  const left = Math.max(0, Math.floor((width - textWidth(label)) / 2));
  const right = Math.max(0, width - left - textWidth(label));
  return { segments: [{ text: '─'.repeat(left) + label + '─'.repeat(right), style }] };
}

function dayRow(at: number, width: number): Row {
  const date = new Date(at);
  const day = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
  const iso = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return rule(`${day[date.getDay()] ?? ''} ${iso}`, width, 'muted');
}

function time(at: number, width: number): Segment[] {
  if (width < TIME_MIN_WIDTH) return [];
  const date = new Date(at);
  return [{ text: `${two(date.getHours())}:${two(date.getMinutes())} `, style: 'muted' }];
}

function lineRows(item: LineItem, width: number): Row[] {
  const head = time(item.at, width);
  const nick = sanitiseLine(item.nick);
  const style = item.own ? 'own' : item.named !== '' ? 'mention' : nickStyle(item.nick);
  const { least, most } = NICK_COLUMN;
  const column = Math.min(most, Math.max(least, Math.floor(width / 6)));
  const body = bodyOf(item);
  if (item.kind === 'action') {
    head.push({ text: '* ', style });
    body.unshift({ text: `${nick} `, style });
  } else if (width < NICK_MIN_WIDTH) head.push({ text: `${nick}: `, style });
  else if (item.grouped === true) head.push({ text: ' '.repeat(column + 1), style: 'text' });
  else head.push({ text: `${pad(nick, column)} `, style });
  const hasMark = item.own || item.mark !== 'none';
  const textColumns = width - (hasMark ? MARK_WIDTH : 0);
  const rows = [...hang(head, body, textColumns), ...reactionRows(item, head, width)];
  const placed = [...quoteRows(item, head, width), ...rows];
  const mark = MARKS[item.mark];
  const last = rows.at(-1);
  if (last === undefined || mark === undefined) return placed;
  return [...placed.slice(0, -1), { ...last, mark }];
}

function bodyOf(item: LineItem): Segment[] {
  if (item.deleted === true) return [{ text: '(deleted)', style: 'muted' }];
  const text = sanitiseText(item.text);
  const body = parseMarkup(text, item.named).map(
    ({ text: part, kind, href }): Segment => ({
      text: part,
      style: kind,
      ...(href !== undefined && { href }),
    }),
  );
  if (item.edited === true) body.push({ text: ' (edited)', style: 'muted' });
  return body;
}

/** What is answered, in one row above the answer. */
function quoteRows({ quote }: LineItem, head: readonly Segment[], width: number): Row[] {
  if (quote === undefined) return [];
  const indent = Math.min(headWidth(head), Math.floor(width / 2));
  const text = `╭ ${sanitiseLine(quote.nick)}: ${sanitiseLine(quote.text)}`;
  const shown = truncate(text, width - indent);
  return [{ segments: [{ text: ' '.repeat(indent) + shown, style: 'muted' }] }];
}

function reactionRows({ reactions }: LineItem, head: readonly Segment[], width: number): Row[] {
  if (reactions === undefined || reactions.length === 0) return [];
  const texts = reactions.map(({ emoji, nicks }) => `${sanitiseLine(emoji)} ${nicks.length}`);
  const indent = { text: ' '.repeat(headWidth(head)), style: 'text' } as const;
  return hang([indent], [{ text: texts.join('  '), style: 'muted' }], width);
}

function noteRows(item: NoteItem, width: number): Row[] {
  const text = sanitiseText(item.text);
  if (item.level === 'plain') return hang([], [{ text, style: 'text' }], width);
  const sign = NOTE_SIGNS[item.level];
  const head = [...time(item.at, width), { text: `${sign.text} `, style: sign.style }];
  return hang(head, [{ text, style: item.level === 'error' ? 'error' : 'muted' }], width);
}

function headWidth(head: readonly Segment[]): number {
  return head.reduce((sum, part) => sum + textWidth(part.text), 0);
}

/** Puts `head` before the first row of `body`; the others hang below the first one's text. */
function hang(head: readonly Segment[], body: readonly Segment[], width: number): Row[] {
  const before = headWidth(head);
  if (before > width / 2) {
    return wrapSegments([...head, ...body], width).map((segments) => ({ segments }));
  }
  const indent: Segment[] = before === 0 ? [] : [{ text: ' '.repeat(before), style: 'text' }];
  return wrapSegments(body, width - before).map((segments, index) => ({
    segments: [...(index === 0 ? head : indent), ...segments],
  }));
}

/** Wraps the text of all segments as one, and cuts it at the same places as the text. */
function wrapSegments(segments: readonly Segment[], width: number): Segment[][] {
  const whole = segments.map(({ text }) => text).join('');
  const rest = segments.slice();
  let used = 0; // of the first of `rest`
  const take = (length: number): Segment[] => {
    const taken: Segment[] = [];
    let left = length;
    while (left > 0) {
      const first = rest[0];
      if (first === undefined) break;
      const text = first.text.slice(used, used + left);
      if (text !== '') taken.push({ ...first, text });
      left -= text.length;
      used += text.length;
      if (used >= first.text.length) {
        rest.shift();
        used = 0;
      }
    }
    return taken;
  };
  let at = 0;
  return wrap(whole, width).map((row) => {
    if (whole.charAt(at) === '\n' && !row.startsWith('\n')) {
      take(1);
      at += 1;
    }
    at += row.length;
    return take(row.length);
  });
}

/** Marks every occurrence of `query` in a row; `query` is in lower case. */
export function markMatches(row: Row, query: string): Row {
  if (query === '') return row;
  const segments = row.segments.flatMap((segment) => {
    const lower = segment.text.toLowerCase();
    if (lower.length !== segment.text.length || !lower.includes(query)) return [segment];
    const parts: Segment[] = [];
    let end = 0;
    for (let at = lower.indexOf(query); at !== -1; at = lower.indexOf(query, end)) {
      parts.push({ ...segment, text: segment.text.slice(end, at) });
      end = at + query.length;
      parts.push({ ...segment, text: segment.text.slice(at, end), style: 'match' });
    }
    parts.push({ ...segment, text: segment.text.slice(end) });
    return parts.filter(({ text }) => text !== '');
  });
  return { ...row, segments };
}

/** The address at a column of a row. */
export function hrefAt(row: Row, column: number): string | undefined {
  let x = 0;
  for (const { text, href } of row.segments) {
    const end = x + textWidth(text);
    if (column >= x && column < end) return href;
    x = end;
  }
  return undefined;
}
