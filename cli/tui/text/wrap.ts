import { clusters, clusterWidth, printable } from './clusters.ts';

/** A row narrower than this cannot hold every cluster. */
export const MIN_WRAP_WIDTH = 2;

/**
 * Breaks text into rows of at most `width` columns: at newlines, else after a space, else after a
 * wide cluster, else anywhere. The spaces at a break stay at the end of their row and may hang over
 * its edge, so that the rows joined give the text without its newlines.
 */
export function wrap(text: string, width: number): string[] {
  const columns = Math.max(MIN_WRAP_WIDTH, width);
  return text.split('\n').flatMap((line) => wrapLine(line, columns));
}

function wrapLine(line: string, columns: number): string[] {
  if (line.length <= columns && ASCII.test(line)) return [line];
  const rows: string[] = [];
  const cells = clusters(line);
  let start = 0; // of the row
  let used = 0; // columns of the row
  let breakAt = -1; // index behind the last place where the row may end
  let usedAtBreak = 0;
  for (const [index, cell] of cells.entries()) {
    const width = clusterWidth(printable(cell));
    if (cell === ' ') {
      used += 1;
      breakAt = index + 1;
      usedAtBreak = used;
      continue;
    }
    if (used + width > columns && index > start) {
      const end = breakAt > start ? breakAt : index;
      rows.push(cells.slice(start, end).join(''));
      used = end === breakAt ? used - usedAtBreak : 0;
      start = end;
      breakAt = -1;
      // What moved down may still be too long with this cell, e.g. a wide one on its last column.
      if (used + width > columns && index > start) {
        rows.push(cells.slice(start, index).join(''));
        start = index;
        used = 0;
      }
    }
    used += width;
    if (width === 2) {
      breakAt = index + 1;
      usedAtBreak = used;
    }
  }
  rows.push(cells.slice(start).join(''));
  return rows;
}

const ASCII = /^[ -~]*$/;
