import { type Editor, setText } from './editor.ts';
import { findItem, itemAt, type LogItem } from './log.ts';
import type { RoomState } from './room.ts';
import type { Position } from './viewport.ts';

/** A search under way; what is typed goes into `query`. */
export interface Search {
  /** What is searched: the log of the room, or the lines that were sent from it. */
  readonly where: 'log' | 'history';
  readonly query: string;
  /** Index of the entry, or of the line of the history, that was found; undefined: none yet. */
  readonly at: number | undefined;
  /** Nothing further in that direction. */
  readonly failed: boolean;
  /** Where the log stood, for Escape. */
  readonly from: Position;
}

export function startSearch(where: Search['where'], room: RoomState): Search {
  return { where, query: '', at: undefined, failed: false, from: room.position };
}

/** The search with another query: what is shown still counts if it matches. */
export function searchFor(search: Search, query: string, room: RoomState): Search {
  if (query === '') return { ...search, query, at: undefined, failed: false };
  return seek({ ...search, query }, room, -1, true);
}

/** On to the match before (-1) or after (1) this one. */
export function searchOn(search: Search, room: RoomState, step: 1 | -1): Search {
  return search.query === '' ? search : seek(search, room, step, false);
}

function seek(search: Search, room: RoomState, step: 1 | -1, inclusive: boolean): Search {
  const { where, at } = search;
  const query = search.query.toLowerCase();
  const end = where === 'log' ? room.log.end : room.editor.history.length;
  const start = at === undefined ? end - 1 : inclusive ? at : at + step;
  const found =
    where === 'log'
      ? findItem(room.log, start, step, (item) => textOf(item).toLowerCase().includes(query))
      : findLine(room.editor.history, start, step, query);
  return found === undefined
    ? { ...search, failed: true }
    : { ...search, at: found, failed: false };
}

function textOf(item: LogItem): string {
  return item.type === 'line' ? `${item.nick} ${item.text}` : item.text;
}

function findLine(
  lines: readonly string[],
  from: number,
  step: 1 | -1,
  query: string,
): number | undefined {
  for (let index = from; index >= 0 && index < lines.length; index += step) {
    if (lines[index]?.toLowerCase().includes(query)) return index;
  }
  return undefined;
}

/** What the search has found, for the input line. */
export function foundText({ where, at }: Search, room: RoomState): string {
  if (at === undefined) return '';
  if (where === 'history') return room.editor.history[at] ?? '';
  const item = itemAt(room.log, at);
  return item === undefined ? '' : textOf(item);
}

/** The line that was found in the history becomes the draft. */
export function takeFound(search: Search, room: RoomState): Editor {
  const found = search.where === 'history' ? foundText(search, room) : '';
  return found === '' ? room.editor : setText(room.editor, found);
}
