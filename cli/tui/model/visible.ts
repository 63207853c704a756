import { entryAt, type RoomState } from './room.ts';
import { type Row, rowsOf, unreadRow } from './rows.ts';
import type { RowRef } from './viewport.ts';

/** A row of the log by its place; the unread line counts as the first row of its entry. */
export function rowAt(room: RoomState, ref: RowRef, width: number): Row | undefined {
  const item = entryAt(room, ref.item);
  if (item === undefined) return undefined;
  const before = ref.item === room.readMark ? 1 : 0;
  return ref.row < before ? unreadRow(width) : rowsOf(item, width)[ref.row - before];
}
