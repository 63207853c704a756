import { clusters } from '../text/clusters.ts';

/** Longest draft, in cells; what is typed or pasted beyond it is dropped. */
export const MAX_DRAFT_CELLS = 16_384;
/** Lines that Up can bring back. */
export const MAX_HISTORY = 500;

/** A line editor's state. Cells are grapheme clusters, so backspace removes a whole family. */
export interface Editor {
  readonly cells: readonly string[];
  /** Index of the cell that the cursor stands on; `cells.length` is behind the last. */
  readonly cursor: number;
  /** What Ctrl-Y brings back. */
  readonly kill: string;
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
  | 'transpose-chars'
  | 'newline'
  | 'previous-line'
  | 'next-line'
  | 'previous-history'
  | 'next-history';

export const EMPTY_EDITOR: Editor = {
  cells: [],
  cursor: 0,
  kill: '',
  history: [],
  historyAt: undefined,
  draft: '',
};

export function editorText(editor: Editor): string {
  return editor.cells.join('');
}

/** Replaces the draft; the cursor goes behind it. */
export function setText(editor: Editor, text: string): Editor {
  const cells = clusters(text).slice(0, MAX_DRAFT_CELLS);
  return { ...editor, cells, cursor: cells.length };
}

/** Puts text in at the cursor. A combining mark joins the cell before it. */
export function insert(editor: Editor, text: string): Editor {
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
  return { ...EMPTY_EDITOR, kill: editor.kill, history };
}

/** Drops the draft. */
export function clear(editor: Editor): Editor {
  return { ...EMPTY_EDITOR, kill: editor.kill, history: editor.history };
}

/** Applies one command. Returns the same object when nothing changed. */
export function edit(editor: Editor, command: EditCommand): Editor {
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
      return remove(editor, cursor - 1, cursor, false);
    case 'delete-char':
      return remove(editor, cursor, cursor + 1, false);
    case 'kill-line':
      return remove(editor, cursor, Math.max(lineEnd(cells, cursor), cursor + 1), true);
    case 'backward-kill-line':
      return remove(editor, Math.min(lineStart(cells, cursor), cursor - 1), cursor, true);
    case 'backward-kill-word':
      return remove(editor, wordStart(cells, cursor), cursor, true);
    case 'kill-word':
      return remove(editor, cursor, wordEnd(cells, cursor), true);
    case 'yank':
      return insert(editor, editor.kill);
    case 'transpose-chars':
      return transpose(editor);
    case 'newline':
      return insert(editor, '\n');
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

function remove(editor: Editor, from: number, to: number, keep: boolean): Editor {
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
  return { ...editor, cells, cursor: start, kill: keep ? removed : editor.kill };
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

const WORD = /[\p{L}\p{N}\p{M}_]/u;
const isWord = (cell: string | undefined): boolean => cell !== undefined && WORD.test(cell);

function wordStart(cells: readonly string[], from: number): number {
  let index = from;
  while (index > 0 && !isWord(cells[index - 1])) index--;
  while (index > 0 && isWord(cells[index - 1])) index--;
  return index;
}

function wordEnd(cells: readonly string[], from: number): number {
  let index = from;
  while (index < cells.length && !isWord(cells[index])) index++;
  while (index < cells.length && isWord(cells[index])) index++;
  return index;
}

function lineStart(cells: readonly string[], from: number): number {
  return from === 0 ? 0 : cells.lastIndexOf('\n', from - 1) + 1;
}

function lineEnd(cells: readonly string[], from: number): number {
  const end = cells.indexOf('\n', from);
  return end === -1 ? cells.length : end;
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
      : { ...setText(editor, editor.draft), historyAt: undefined, draft: '' };
  }
  const draft = historyAt === undefined ? editorText(editor) : editor.draft;
  return { ...setText(editor, history[at] ?? ''), historyAt: at, draft };
}
