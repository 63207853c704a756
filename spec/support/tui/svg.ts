import type { PtyScreen, ScreenCell } from './pty.ts';

/** Size of a cell and of what is around the screen, in pixels. */
const CELL = { width: 8.4, height: 18, font: 14 };
const MARGIN = 14;

/** A dark terminal's sixteen colours, its background and its text. */
const PALETTE = (
  '#1d1f21 #cc6666 #b5bd68 #e6c547 #81a2be #b294bb #70c0ba #c5c8c6 ' +
  '#6b7075 #ff3334 #9ec400 #f0c674 #81a2be #b77ee0 #54ced6 #ffffff'
).split(' ');
const BACKGROUND = '#16181a';
const TEXT = '#d7dae0';

/** The screen of a terminal as a picture that any browser shows. */
export function toSvg(screen: PtyScreen, title: string): string {
  const { cells } = screen;
  const columns = cells[0]?.length ?? 0;
  const width = columns * CELL.width + 2 * MARGIN;
  const height = cells.length * CELL.height + 2 * MARGIN;
  const rows = cells.flatMap((row, y) => runsOf(row).map((run) => drawn(run, y)));
  const font = `font-family="ui-monospace, Menlo, 'DejaVu Sans Mono', monospace"`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img">`,
    `<title>${escapeXml(title)}</title>`,
    `<rect width="100%" height="100%" rx="8" fill="${BACKGROUND}"/>`,
    `<g ${font} font-size="${CELL.font}" fill="${TEXT}" style="white-space:pre">`,
    ...rows,
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}

interface Run {
  readonly x: number;
  readonly columns: number;
  readonly text: string;
  readonly cell: ScreenCell;
}

/** Neighbours that look alike; a wide cell stands alone, so that what follows is in its column. */
function runsOf(row: readonly ScreenCell[]): Run[] {
  const runs: Run[] = [];
  for (const [x, cell] of row.entries()) {
    if (cell.width === 0) continue;
    const last = runs.at(-1);
    const goesOn = last !== undefined && cell.width === 1 && last.cell.width === 1;
    if (goesOn && isAlike(last.cell, cell) && last.x + last.columns === x) {
      runs[runs.length - 1] = { ...last, columns: last.columns + 1, text: last.text + cell.text };
    } else runs.push({ x, columns: cell.width, text: cell.text, cell });
  }
  return runs.filter(
    ({ text, cell }) => text.trim() !== '' || cell.inverse || cell.bg !== undefined,
  );
}

function isAlike(a: ScreenCell, b: ScreenCell): boolean {
  return (
    a.fg === b.fg &&
    a.bg === b.bg &&
    a.bold === b.bold &&
    a.underline === b.underline &&
    a.inverse === b.inverse
  );
}

function drawn({ x, columns, text, cell }: Run, row: number): string {
  const colour = (index: number | undefined, other: string): string =>
    index === undefined ? other : (PALETTE[index] ?? other);
  const [fg, bg] = [colour(cell.fg, TEXT), colour(cell.bg, BACKGROUND)];
  const [ink, paper] = cell.inverse ? [bg, fg] : [fg, bg];
  const top = MARGIN + row * CELL.height;
  const at = (column: number): string => (MARGIN + column * CELL.width).toFixed(1);
  const span = (count: number): string => (count * CELL.width).toFixed(1);
  const box = `x="${at(x)}" y="${top}" width="${span(columns)}" height="${CELL.height}"`;
  const back = paper === BACKGROUND ? '' : `<rect ${box} fill="${paper}"/>`;
  const look = [
    ...(ink === TEXT ? [] : [`fill="${ink}"`]),
    ...(cell.bold ? ['font-weight="bold"'] : []),
    ...(cell.underline ? ['text-decoration="underline"'] : []),
  ];
  // A length that has many blanks in it would stretch the rest: each part has its own.
  const parts = Array.from(text.matchAll(/\S+(?: \S+)*/g), ({ 0: part, index }) => {
    const count = cell.width === 2 ? 2 : part.length;
    const place = `x="${at(x + index)}" y="${top + CELL.height - 5}"`;
    const length = `textLength="${span(count)}" lengthAdjust="spacingAndGlyphs"`;
    return `<text ${[place, length, ...look].join(' ')}>${escapeXml(part)}</text>`;
  });
  return back + parts.join('');
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
