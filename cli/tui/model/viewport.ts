/** Which part of the log is on the screen: its newest rows, or what stands below a given row. */
export type Position =
  | { readonly type: 'follow' }
  | { readonly type: 'top'; readonly item: number; readonly row: number };

export const FOLLOW: Position = { type: 'follow' };

/** A list of items, each some rows high (at least one). Heights are asked for lazily. */
export interface RowSource {
  readonly first: number;
  readonly end: number;
  rowCount(item: number): number;
}

export interface RowRef {
  readonly item: number;
  readonly row: number;
}

/** The rows that a viewport of `height` shows, top to bottom. Fewer only when there are no more. */
export function visibleRows(source: RowSource, position: Position, height: number): RowRef[] {
  if (height <= 0 || source.end <= source.first) return [];
  const start = clampTop(source, position, height);
  const rows: RowRef[] = [];
  let at: RowRef | undefined = start;
  while (at !== undefined && rows.length < height) {
    rows.push(at);
    at = next(source, at);
  }
  return rows;
}

/** Moves the viewport by `delta` rows, down when positive; at the newest row it follows again. */
export function scroll(
  source: RowSource,
  position: Position,
  height: number,
  delta: number,
): Position {
  if (source.end <= source.first) return FOLLOW;
  let at = clampTop(source, position, height);
  const step = delta < 0 ? previous : next;
  for (let moved = 0; moved < Math.abs(delta); moved++) {
    const further = step(source, at);
    if (further === undefined) break;
    at = further;
  }
  const last = topOfLast(source, height);
  const isAtEnd = at.item > last.item || (at.item === last.item && at.row >= last.row);
  return isAtEnd ? FOLLOW : { type: 'top', ...at };
}

/** The top row of the viewport, moved so that no row stays empty that could be filled. */
function clampTop(source: RowSource, position: Position, height: number): RowRef {
  const last = topOfLast(source, height);
  if (position.type === 'follow') return last;
  if (position.item < source.first) return { item: source.first, row: 0 };
  const isBeyond =
    position.item > last.item || (position.item === last.item && position.row >= last.row);
  if (isBeyond) return last;
  // An item that was wrapped again for another width may have fewer rows now.
  const row = Math.min(position.row, source.rowCount(position.item) - 1);
  return { item: position.item, row };
}

/** The top row when the newest row is at the bottom. */
function topOfLast(source: RowSource, height: number): RowRef {
  let item = source.end;
  let missing = height;
  while (item > source.first && missing > 0) {
    item--;
    missing -= source.rowCount(item);
  }
  return { item, row: Math.max(0, -missing) };
}

function next(source: RowSource, { item, row }: RowRef): RowRef | undefined {
  if (row + 1 < source.rowCount(item)) return { item, row: row + 1 };
  return item + 1 < source.end ? { item: item + 1, row: 0 } : undefined;
}

function previous(source: RowSource, { item, row }: RowRef): RowRef | undefined {
  if (row > 0) return { item, row: row - 1 };
  return item > source.first ? { item: item - 1, row: source.rowCount(item - 1) - 1 } : undefined;
}

/** Whether any row of an entry is on the screen. */
export function isShown(
  source: RowSource,
  position: Position,
  height: number,
  item: number,
): boolean {
  return visibleRows(source, position, height).some((row) => row.item === item);
}
