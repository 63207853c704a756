/**
 * Hebrew, Arabic and their like in the order in which they are read from a screen. A terminal that
 * did this itself would take what stands in two panes for one line and shuffle the frame between
 * them, so it is told to leave it (ECMA-48 BDSM, as "BiDi in Terminal Emulators" of the Terminal WG
 * has it) and each piece of text is put in order on its own: UAX 9 for a line from left to right,
 * without embeddings, which are never shown.
 */

/** Blocks of scripts that are written from right to left. */
const RTL = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;
const DIGIT = /^[0-9\u0660-\u0669\u06f0-\u06f9]/;
/** Between two digits these belong to the number. */
const SEPARATOR = /^[.,:/+-]$/;
const LETTER = /^\p{L}/u;
const MIRRORED: ReadonlyMap<string, string> = new Map(
  ['()', '[]', '{}', '<>', '«»'].flatMap(([open = '', close = '']) => [
    [open, close],
    [close, open],
  ]),
);

type Kind = 'right' | 'left' | 'number' | 'neutral';

function kindOf(cell: string): Kind {
  if (DIGIT.test(cell)) return 'number';
  if (RTL.test(cell)) return 'right';
  return LETTER.test(cell) ? 'left' : 'neutral';
}

/** Whether any of a text is written from right to left. */
export function hasRightToLeft(text: string): boolean {
  return RTL.test(text);
}

/** Clusters in the order of reading, put into the order of columns. */
export function visualOrder(cells: readonly string[]): string[] {
  const kinds = cells.map(kindOf);
  const shown: string[] = [];
  let at = 0;
  while (at < cells.length) {
    const end = kinds[at] === 'right' ? endOfRun(kinds, at) : at + 1;
    if (end === at + 1) shown.push(cells[at] ?? '');
    else shown.push(...turned(cells.slice(at, end)));
    at = end;
  }
  return shown;
}

/** Behind the last letter from right to left, or number, before one from left to right. */
function endOfRun(kinds: readonly Kind[], from: number): number {
  let end = from + 1;
  for (let at = from; at < kinds.length && kinds[at] !== 'left'; at++) {
    if (kinds[at] !== 'neutral') end = at + 1;
  }
  return end;
}

/** A run from its end to its start; numbers in it are read from left to right all the same. */
function turned(run: readonly string[]): string[] {
  const shown: string[] = [];
  let end = run.length;
  while (end > 0) {
    const start = startOfNumber(run, end);
    if (start < end) shown.push(...run.slice(start, end));
    else shown.push(MIRRORED.get(run[end - 1] ?? '') ?? run[end - 1] ?? '');
    end = Math.min(start, end - 1);
  }
  return shown;
}

/** Where the number begins that ends before `end`; `end` when none does. */
function startOfNumber(run: readonly string[], end: number): number {
  let start = end;
  for (let at = end - 1; at >= 0; at--) {
    const cell = run[at] ?? '';
    if (DIGIT.test(cell)) start = at;
    else if (at === end - 1 || !SEPARATOR.test(cell) || start !== at + 1) break;
  }
  return start;
}
