/** Words and lines in a draft's cells, as readline counts them. */

const WORD = /[\p{L}\p{N}\p{M}_]/u;
const isWord = (cell: string | undefined): boolean => cell !== undefined && WORD.test(cell);

/** Where the word before `from` begins. */
export function wordStart(cells: readonly string[], from: number): number {
  let index = from;
  while (index > 0 && !isWord(cells[index - 1])) index--;
  while (index > 0 && isWord(cells[index - 1])) index--;
  return index;
}

/** Where the word at or behind `from` ends. */
export function wordEnd(cells: readonly string[], from: number): number {
  let index = from;
  while (index < cells.length && !isWord(cells[index])) index++;
  while (index < cells.length && isWord(cells[index])) index++;
  return index;
}

/** Where the line of `from` begins. */
export function lineStart(cells: readonly string[], from: number): number {
  return from === 0 ? 0 : cells.lastIndexOf('\n', from - 1) + 1;
}

/** Where the line of `from` ends. */
export function lineEnd(cells: readonly string[], from: number): number {
  const end = cells.indexOf('\n', from);
  return end === -1 ? cells.length : end;
}
