import { clusters } from '../text/clusters.ts';
import { lineEnd, lineStart, wordEnd, wordStart } from './words.ts';

/** Longest draft, in cells; what is typed or pasted beyond it is dropped. */
export const MAX_DRAFT_CELLS = 16_384;
/** Lines that Up can bring back. */
export const MAX_HISTORY = 500;
/** Kills that Ctrl-Y and Alt-Y can bring back. */
export const MAX_KILLS = 16;
/** Changes that can be undone. */
export const MAX_UNDO = 64;

interface Snapshot {
  readonly cells: readonly string[];
  readonly cursor: number;
}

/** What the last change was, for those that go on with it. */
type Change = 'insert' | 'kill-forward' | 'kill-backward' | 'yank' | 'other';

/** A line editor's state. Cells are grapheme clusters, so backspace removes a whole family. */
export interface Editor {
  readonly cells: readonly string[];
  /** Index of the cell that the cursor stands on; `cells.length` is behind the last. */
  readonly cursor: number;
  /** The kill ring, newest last. */
  readonly kills: readonly string[];
  /** Which kill the last yank put in, and where. */
  readonly yanked: { readonly from: number; readonly to: number; readonly index: number };
  readonly last: Change;
  /** Earlier drafts, newest last. */
  readonly undo: readonly Snapshot[];
  /** Sent lines, oldest first. */
  readonly history: readonly string[];
  /** Which line of the history is shown; undefined: the draft itself. */
  readonly historyAt: number | undefined;
  /** The draft, put aside while the history is shown. */
  readonly draft: string;
}

/** Everything a key can do to the draft, named after readline. */
export type EditCommand =
  | 'backward-char'
  | 'forward-char'
  | 'backward-word'
  | 'forward-word'
  | 'beginning-of-line'
  | 'end-of-line'
  | 'backward-delete-char'
  | 'delete-char'
  | 'kill-line'
  | 'backward-kill-line'
  | 'backward-kill-word'
  | 'kill-word'
  | 'yank'
  | 'yank-pop'
  | 'undo'
  | 'transpose-chars'
  | 'transpose-words'
  | 'upcase-word'
  | 'downcase-word'
  | 'capitalize-word'
  | 'newline'
  | 'previous-line'
  | 'next-line'
  | 'previous-history'
  | 'next-history';

export const EMPTY_EDITOR: Editor = {
  cells: [],
  cursor: 0,
  kills: [],
  yanked: { from: 0, to: 0, index: 0 },
  last: 'other',
  undo: [],
  history: [],
  historyAt: undefined,
  draft: '',
};

export function editorText(editor: Editor): string {
  return editor.cells.join('');
}

/** Replaces the draft; the cursor goes behind it. */
export function setText(editor: Editor, text: string): Editor {
  return finish(editor, withText(editor, text), 'other');
}

function withText(editor: Editor, text: string): Editor {
  const cells = clusters(text).slice(0, MAX_DRAFT_CELLS);
  return { ...editor, cells, cursor: cells.length };
}

/** Puts text in at the cursor. A combining mark joins the cell before it. */
export function insert(editor: Editor, text: string): Editor {
  return finish(editor, withInserted(editor, text), 'insert');
}

function withInserted(editor: Editor, text: string): Editor {
  if (text === '') return editor;
  const { cells, cursor } = editor;
  const joined = clusters((cells[cursor - 1] ?? '') + text);
  const before = cells.slice(0, Math.max(0, cursor - 1)).concat(joined);
  const after = cells.slice(cursor);
  const room = Math.max(0, MAX_DRAFT_CELLS - after.length);
  const kept = before.slice(0, room);
  return { ...editor, cells: kept.concat(after), cursor: kept.length };
}

/** Empties the draft and remembers what it was. */
export function commit(editor: Editor): Editor {
  const text = editorText(editor);
  const repeated = editor.history.at(-1) === text;
  const history =
    text.trim() === '' || repeated ? editor.history : [...editor.history, text].slice(-MAX_HISTORY);
  return { ...EMPTY_EDITOR, kills: editor.kills, history };
}

/** Drops the draft. */
export function clear(editor: Editor): Editor {
  const emptied = { ...EMPTY_EDITOR, kills: editor.kills, history: editor.history };
  return { ...finish(editor, emptied, 'other') };
}

/** Remembers what a change replaced. Typing is undone as a whole, other changes one by one. */
function finish(before: Editor, after: Editor, change: Change): Editor {
  if (after === before) return before;
  if (after.cells === before.cells) return { ...after, last: 'other' };
  const goesOn = change === 'insert' && before.last === 'insert';
  const { cells, cursor } = before;
  const undo = goesOn ? before.undo : [...before.undo, { cells, cursor }].slice(-MAX_UNDO);
  return { ...after, last: change, undo };
}

const CHANGES: Readonly<Partial<Record<EditCommand, Change>>> = {
  'kill-line': 'kill-forward',
  'kill-word': 'kill-forward',
  'backward-kill-line': 'kill-backward',
  'backward-kill-word': 'kill-backward',
  yank: 'yank',
  'yank-pop': 'yank',
};

/** Applies one command. Returns the same object when nothing changed. */
export function edit(editor: Editor, command: EditCommand): Editor {
  if (command === 'undo') return undo(editor);
  return finish(editor, apply(editor, command), CHANGES[command] ?? 'other');
}

function apply(editor: Editor, command: Exclude<EditCommand, 'undo'>): Editor {
  const { cells, cursor } = editor;
  switch (command) {
    case 'backward-char':
      return moveTo(editor, cursor - 1);
    case 'forward-char':
      return moveTo(editor, cursor + 1);
    case 'backward-word':
      return moveTo(editor, wordStart(cells, cursor));
    case 'forward-word':
      return moveTo(editor, wordEnd(cells, cursor));
    case 'beginning-of-line':
      return moveTo(editor, lineStart(cells, cursor));
    case 'end-of-line':
      return moveTo(editor, lineEnd(cells, cursor));
    case 'backward-delete-char':
      return remove(editor, cursor - 1, cursor);
    case 'delete-char':
      return remove(editor, cursor, cursor + 1);
    case 'kill-line':
      return remove(editor, cursor, Math.max(lineEnd(cells, cursor), cursor + 1), 'forward');
    case 'backward-kill-line':
      return remove(editor, Math.min(lineStart(cells, cursor), cursor - 1), cursor, 'backward');
    case 'backward-kill-word':
      return remove(editor, wordStart(cells, cursor), cursor, 'backward');
    case 'kill-word':
      return remove(editor, cursor, wordEnd(cells, cursor), 'forward');
    case 'yank':
      return yank(editor, editor.kills.length - 1);
    case 'yank-pop':
      return yankPop(editor);
    case 'transpose-words':
      return transposeWords(editor);
    case 'upcase-word':
    case 'downcase-word':
    case 'capitalize-word':
      return recase(editor, command);
    case 'transpose-chars':
      return transpose(editor);
    case 'newline':
      return withInserted(editor, '\n');
    case 'previous-line':
      return moveRow(editor, -1) ?? showHistory(editor, -1);
    case 'next-line':
      return moveRow(editor, 1) ?? showHistory(editor, 1);
    case 'previous-history':
      return showHistory(editor, -1);
    case 'next-history':
      return showHistory(editor, 1);
  }
}

function moveTo(editor: Editor, index: number): Editor {
  const cursor = Math.min(Math.max(0, index), editor.cells.length);
  return cursor === editor.cursor ? editor : { ...editor, cursor };
}

function remove(editor: Editor, from: number, to: number, kill?: 'forward' | 'backward'): Editor {
  const start = Math.max(0, from);
  const end = Math.min(editor.cells.length, to);
  if (start >= end) return editor;
  const removed = editor.cells.slice(start, end).join('');
  // What is left on both sides may join into one cluster: segment the seam again.
  const left = editor.cells.slice(0, start);
  const right = editor.cells.slice(end);
  const seam = clusters((left.at(-1) ?? '') + (right[0] ?? ''));
  const joins = left.length > 0 && right.length > 0 && seam.length === 1;
  const cells = joins ? [...left.slice(0, -1), ...seam, ...right.slice(1)] : [...left, ...right];
  const kills = kill === undefined ? editor.kills : killed(editor, removed, kill);
  return { ...editor, cells, cursor: start, kills };
}

/** Kills in a row are one. */
function killed(editor: Editor, text: string, direction: 'forward' | 'backward'): string[] {
  const { kills, last } = editor;
  if (!last.startsWith('kill')) return [...kills, text].slice(-MAX_KILLS);
  const before = kills.at(-1) ?? '';
  return [...kills.slice(0, -1), direction === 'forward' ? before + text : text + before];
}

function yank(editor: Editor, index: number): Editor {
  const after = withInserted(editor, editor.kills[index] ?? '');
  return { ...after, yanked: { from: editor.cursor, to: after.cursor, index } };
}

/** Puts the kill before in the place of the one that was just yanked. */
function yankPop(editor: Editor): Editor {
  const { last, yanked, kills } = editor;
  if (last !== 'yank' || kills.length === 0) return editor;
  const index = (yanked.index + kills.length - 1) % kills.length;
  return yank(remove(editor, yanked.from, yanked.to), index);
}

function undo(editor: Editor): Editor {
  const before = editor.undo.at(-1);
  if (before === undefined) return editor;
  return { ...editor, ...before, undo: editor.undo.slice(0, -1), last: 'other' };
}

function transposeWords(editor: Editor): Editor {
  const { cells } = editor;
  const rightEnd = wordEnd(cells, editor.cursor);
  const rightStart = wordStart(cells, rightEnd);
  const leftStart = wordStart(cells, rightStart);
  const leftEnd = wordEnd(cells, leftStart);
  if (leftEnd > rightStart || leftStart === rightStart) return editor;
  const swapped = [
    ...cells.slice(0, leftStart),
    ...cells.slice(rightStart, rightEnd),
    ...cells.slice(leftEnd, rightStart),
    ...cells.slice(leftStart, leftEnd),
    ...cells.slice(rightEnd),
  ];
  return { ...editor, cells: swapped, cursor: rightEnd };
}

function recase(
  editor: Editor,
  command: 'upcase-word' | 'downcase-word' | 'capitalize-word',
): Editor {
  const { cells, cursor } = editor;
  const end = wordEnd(cells, cursor);
  if (end === cursor) return editor;
  const text = cells.slice(cursor, end).join('');
  const lower = text.toLowerCase();
  const changed = {
    'upcase-word': text.toUpperCase(),
    'downcase-word': lower,
    'capitalize-word': lower.replace(/\p{L}/u, (letter) => letter.toUpperCase()),
  }[command];
  const word = clusters(changed);
  const joined = [...cells.slice(0, cursor), ...word, ...cells.slice(end)];
  return { ...editor, cells: joined, cursor: cursor + word.length };
}

/** readline's: the cells before and under the cursor change places; at the end, the last two. */
function transpose(editor: Editor): Editor {
  const { cells } = editor;
  const right = Math.min(editor.cursor, cells.length - 1);
  const a = cells[right - 1];
  const b = cells[right];
  if (a === undefined || b === undefined) return editor;
  const swapped = clusters(cells.slice(0, right - 1).join('') + b + a);
  return { ...editor, cells: swapped.concat(cells.slice(right + 1)), cursor: swapped.length };
}

/** Up and Down inside a draft of several lines; undefined on its first or last line. */
function moveRow(editor: Editor, step: -1 | 1): Editor | undefined {
  const { cells, cursor } = editor;
  const start = lineStart(cells, cursor);
  const end = lineEnd(cells, cursor);
  if (step < 0 ? start === 0 : end === cells.length) return undefined;
  const target = step < 0 ? lineStart(cells, start - 1) : end + 1;
  return moveTo(editor, Math.min(target + cursor - start, lineEnd(cells, target)));
}

function showHistory(editor: Editor, step: -1 | 1): Editor {
  const { history, historyAt } = editor;
  const at = (historyAt ?? history.length) + step;
  if (at < 0 || at > history.length) return editor;
  if (at === history.length) {
    return historyAt === undefined
      ? editor
      : { ...withText(editor, editor.draft), historyAt: undefined, draft: '' };
  }
  const draft = historyAt === undefined ? editorText(editor) : editor.draft;
  return { ...withText(editor, history[at] ?? ''), historyAt: at, draft };
}
