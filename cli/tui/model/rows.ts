import { sanitiseLine, sanitiseText } from '../../../lib/index.ts';
import { pad, textWidth } from '../text/clusters.ts';
import { wrap } from '../text/wrap.ts';
import type { LineItem, LogItem, NoteItem } from './log.ts';

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
  | 'direct'
  | 'bar'
  | 'alert'
  | `nick${0 | 1 | 2 | 3 | 4 | 5}`;

export interface Segment {
  readonly text: string;
  readonly style: Style;
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

const MARKS: Readonly<Record<LineItem['mark'], Segment | undefined>> = {
  none: undefined,
  pending: { text: '…', style: 'muted' },
  accepted: { text: '✓', style: 'good' },
  failed: { text: '✗', style: 'error' },
};

const NOTE_SIGNS: Readonly<Record<NoteItem['level'], Segment>> = {
  info: { text: '·', style: 'muted' },
  join: { text: '→', style: 'good' },
  leave: { text: '←', style: 'muted' },
  gone: { text: '✗', style: 'warning' },
  error: { text: '!', style: 'error' },
};

let cacheWidth = 0;
const cache = new Map<LogItem, readonly Row[]>();

/** The rows of an entry in a log of `width` columns; at least one. Remembers what it wrapped. */
export function rowsOf(item: LogItem, width: number): readonly Row[] {
  if (width !== cacheWidth || cache.size >= CACHE_ITEMS) cache.clear();
  cacheWidth = width;
  const known = cache.get(item);
  if (known !== undefined) return known;
  const rows = item.type === 'line' ? lineRows(item, width) : noteRows(item, width);
  cache.set(item, rows);
  return rows;
}

/** A colour that stays with a name. */
export function nickStyle(nick: string): Style {
  let hash = 0;
  for (const char of nick) hash = (Math.imul(hash, 31) + (char.codePointAt(0) ?? 0)) >>> 0;
  const styles = ['nick0', 'nick1', 'nick2', 'nick3', 'nick4', 'nick5'] as const;
  return styles[hash % styles.length] ?? 'text';
}

function time(at: number, width: number): Segment[] {
  if (width < TIME_MIN_WIDTH) return [];
  const date = new Date(at);
  const two = (value: number): string => String(value).padStart(2, '0');
  return [{ text: `${two(date.getHours())}:${two(date.getMinutes())} `, style: 'muted' }];
}

function lineRows(item: LineItem, width: number): Row[] {
  const head = time(item.at, width);
  const text = sanitiseText(item.text);
  const nick = sanitiseLine(item.nick);
  const style = item.own ? 'own' : nickStyle(item.nick);
  const column = Math.min(14, Math.max(6, Math.floor(width / 6)));
  let body = text;
  if (item.direct !== undefined) {
    head.push({ text: `${item.direct === 'to' ? '->' : '<-'} ${nick}: `, style: 'direct' });
  } else if (item.kind === 'action') {
    head.push({ text: '* ', style });
    body = `${nick} ${text}`;
  } else if (width >= NICK_MIN_WIDTH) head.push({ text: `${pad(nick, column)} `, style });
  else head.push({ text: `${nick}: `, style });
  const hasMark = item.own || item.mark !== 'none';
  const mark = MARKS[item.mark];
  const rows = hang(head, { text: body, style: 'text' }, width - (hasMark ? MARK_WIDTH : 0));
  const last = rows.at(-1);
  return last === undefined || mark === undefined
    ? rows
    : [...rows.slice(0, -1), { ...last, mark }];
}

function noteRows(item: NoteItem, width: number): Row[] {
  const sign = NOTE_SIGNS[item.level];
  const head = [...time(item.at, width), { text: `${sign.text} `, style: sign.style }];
  const style = item.level === 'error' ? 'error' : 'muted';
  return hang(head, { text: sanitiseText(item.text), style }, width);
}

/** Puts `head` before the first row of `body`; the others hang below the first one's text. */
function hang(head: Segment[], body: Segment, width: number): Row[] {
  const headWidth = head.reduce((sum, part) => sum + textWidth(part.text), 0);
  if (headWidth > width / 2) {
    const whole = head.map((part) => part.text).join('') + body.text;
    return wrap(whole, width).map((text) => ({ segments: [{ text, style: body.style }] }));
  }
  const indent: Segment[] = [{ text: ' '.repeat(headWidth), style: body.style }];
  return wrap(body.text, width - headWidth).map((text, index) => ({
    segments: [...(index === 0 ? head : indent), { text, style: body.style }],
  }));
}
