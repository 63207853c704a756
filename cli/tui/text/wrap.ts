import { clusters, clusterWidth, isAscii, printable } from './clusters.ts';

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
  if (isAscii(line)) return wrapAscii(line, columns);
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

/** The same where every character is one column. */
function wrapAscii(line: string, columns: number): string[] {
  const rows: string[] = [];
  let start = 0;
  while (line.length - start > columns) {
    let end = start + columns;
    if (line.charAt(end) === ' ') {
      while (line.charAt(end) === ' ') end++;
      if (end === line.length) break; // what hangs over is blank
    } else {
      const space = line.lastIndexOf(' ', end - 1);
      if (space >= start) end = space + 1;
    }
    rows.push(line.slice(start, end));
    start = end;
  }
  rows.push(line.slice(start));
  return rows;
}
