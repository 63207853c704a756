import { sanitiseLine } from '../../../lib/entry/words.ts';
import type { Layout, Rect } from '../model/layout.ts';
import { entriesEnd } from '../model/room.ts';
import { activeRoom, type RoomState, type WindowState } from '../model/state.ts';
import { truncate } from '../text/clusters.ts';
import type { Canvas } from './canvas.ts';

/** Lines around and between the panes, with what they are called. */
export function paintFrame(canvas: Canvas, state: WindowState, layout: Layout): void {
  const { framed, log, rooms, users, link, status } = layout;
  if (!framed || status === undefined) return;
  const right = canvas.width - 1;
  const bottom = canvas.height - 1;
  const divider = status.top - 1;
  const side = log.left + log.width;
  const hasSide = side < right;
  for (let y = 1; y < bottom; y++) {
    canvas.put(0, y, '│', 'border');
    canvas.put(right, y, '│', 'border');
  }
  horizontal(canvas, 0, 0, right, '┌┐');
  horizontal(canvas, divider, 0, right, '├┤');
  horizontal(canvas, bottom, 0, right, '└┘');
  if (hasSide) vertical(canvas, side, divider);
  if (rooms !== undefined) vertical(canvas, log.left - 1, divider);
  if (link !== undefined && users !== undefined) {
    horizontal(canvas, link.top - 1, side, right, '├┤');
  }
  const thumb = thumbRow(activeRoom(state), log);
  if (thumb !== undefined) canvas.put(side, thumb, '┃', 'title');
  title(canvas, rooms, 'rooms');
  title(canvas, log, state.help === undefined ? roomTitle(activeRoom(state)) : 'help');
  title(canvas, users, 'users');
  title(canvas, link, 'link');
}

function horizontal(canvas: Canvas, y: number, from: number, to: number, ends: string): void {
  const line = '─'.repeat(Math.max(0, to - from - 1));
  canvas.put(from, y, ends.charAt(0) + line + ends.charAt(1), 'border');
}

function vertical(canvas: Canvas, x: number, divider: number): void {
  canvas.put(x, 0, '┬', 'border');
  for (let y = 1; y < divider; y++) canvas.put(x, y, '│', 'border');
  canvas.put(x, divider, '┴', 'border');
}

/** While scrolled up, where in the log, as a row of the screen. By entries, not by log rows. */
export function thumbRow(room: RoomState, log: Rect): number | undefined {
  const { position } = room;
  if (position.type === 'follow' || log.height < 3) return undefined;
  const count = Math.max(1, entriesEnd(room) - room.log.first);
  const share = (position.item - room.log.first) / count;
  return log.top + Math.min(log.height - 1, Math.floor(share * log.height));
}

function title(canvas: Canvas, pane: Rect | undefined, text: string): void {
  if (pane === undefined || pane.width < 4) return;
  canvas.put(pane.left, pane.top - 1, ` ${truncate(text, pane.width - 2)} `, 'title');
}

function roomTitle({ name, topic }: RoomState): string {
  return sanitiseLine(topic === '' ? name : `${name} · ${topic}`);
}
