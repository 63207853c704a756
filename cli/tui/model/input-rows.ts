import { clusterWidth, printable } from '../text/clusters.ts';
import type { Editor } from './editor.ts';

export const PROMPT = '> ';

/** The draft broken into rows for the input pane, and where its cursor is. */
export interface InputRows {
  readonly rows: readonly (readonly string[])[];
  readonly cursor: { readonly row: number; readonly column: number };
}

/** Wraps cell by cell: in an input line, a cell's place must not depend on what follows it. */
export function inputRows(editor: Editor, width: number): InputRows {
  const columns = Math.max(2, width - PROMPT.length);
  const rows: string[][] = [[]];
  let used = 0;
  let cursor = { row: 0, column: 0 };
  for (const [index, cell] of editor.cells.entries()) {
    const cellWidth = cell === '\n' ? 0 : clusterWidth(printable(cell));
    if (used + cellWidth > columns) {
      rows.push([]);
      used = 0;
    }
    if (index === editor.cursor) cursor = { row: rows.length - 1, column: used };
    if (cell === '\n') {
      rows.push([]);
      used = 0;
    } else {
      rows.at(-1)?.push(cell);
      used += cellWidth;
    }
  }
  if (editor.cursor < editor.cells.length) return { rows, cursor };
  if (used >= columns) {
    rows.push([]);
    used = 0;
  }
  return { rows, cursor: { row: rows.length - 1, column: used } };
}

export function inputRowCount(editor: Editor, width: number): number {
  return inputRows(editor, width).rows.length;
}
