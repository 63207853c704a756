import { sanitiseLine } from '../../../lib/entry/words.ts';
import { helpLines } from '../model/help.ts';
import { entryAt, type RoomState } from '../model/room.ts';
import { markMatches, rowWithAuthor } from '../model/rows.ts';
import { activeRoom, rowSource, type WindowState } from '../model/state.ts';
import { visibleRows } from '../model/viewport.ts';
import { rowAt } from '../model/visible.ts';
import { pad, textWidth, truncate } from '../text/clusters.ts';
import type { Canvas } from './canvas.ts';
import type { Painter } from './painter.ts';

/** Rows of the completion menu at most, and of the pane that it may cover. */
const MENU_ROWS = 8;
const MENU_SHARE = 0.6;

/** The log of the room, or the help in its place, and what floats above it. */
export const paintLog: Painter = (canvas, state) => {
  if (state.help !== undefined) paintHelp(canvas, state);
  else paintLines(canvas, state);
  paintToasts(canvas, state);
  paintMenu(canvas, state);
};

function paintLines(canvas: Canvas, state: WindowState): void {
  const room = activeRoom(state);
  const source = rowSource(room, canvas.width);
  const query = state.search?.where === 'log' ? state.search.query.toLowerCase() : '';
  for (const [y, ref] of visibleRows(source, room.position, canvas.height).entries()) {
    const item = y === 0 && ref.row === 0 ? entryAt(room, ref.item) : undefined;
    const isMarked = ref.item === room.readMark;
    const row =
      item === undefined || isMarked
        ? rowAt(room, ref, canvas.width)
        : rowWithAuthor(item, canvas.width);
    if (row === undefined) continue;
    const { segments, mark } = markMatches(row, query);
    let x = 0;
    for (const { text, style, href } of segments) x = canvas.put(x, y, text, style, href);
    if (mark !== undefined) {
      const style = isRead(room, ref.item) ? 'own' : mark.style;
      canvas.put(canvas.width - 1, y, mark.text, style);
    }
    const isPicked = state.picked === ref.item || (query !== '' && state.search?.at === ref.item);
    if (isPicked && query === '') canvas.restyleRow(y, 'picked');
  }
}

/** Whether somebody else has seen a line of ours: its tick has another colour then. */
function isRead(room: RoomState, index: number): boolean {
  const item = entryAt(room, index);
  return item?.type === 'line' && item.seq > 0 && item.seq <= room.readByOthers;
}

function paintHelp(canvas: Canvas, state: WindowState): void {
  const lines = helpLines(state.keymap, canvas.width);
  const top = state.help?.top ?? 0;
  for (let y = 0; y < canvas.height; y++) {
    const line = lines[top + y] ?? '';
    canvas.put(0, y, line, /^\S/.test(line) && top + y > 0 ? 'title' : 'text');
  }
  if (top + canvas.height < lines.length) {
    const more = ' more below ↓ ';
    canvas.put(Math.max(0, canvas.width - textWidth(more)), canvas.height - 1, more, 'bar');
  }
}

/** At the upper right, newest last. */
function paintToasts(canvas: Canvas, { toasts }: WindowState): void {
  for (const [y, { text }] of toasts.entries()) {
    if (y >= canvas.height) return;
    const shown = ` ${truncate(sanitiseLine(text), Math.min(48, canvas.width - 4))} `;
    canvas.put(Math.max(0, canvas.width - textWidth(shown)), y, shown, 'toast');
  }
}

/** Above the input line: what Tab goes round, with the present one marked. */
function paintMenu(canvas: Canvas, state: WindowState): void {
  const { completion } = state;
  if (completion === undefined || completion.shown !== activeRoom(state).editor) return;
  const { candidates, index } = completion;
  const rows = Math.min(MENU_ROWS, candidates.length, Math.floor(canvas.height * MENU_SHARE));
  if (candidates.length < 2 || rows < 1) return;
  const first = Math.min(Math.max(0, index - rows + 2), candidates.length - rows);
  const shown = candidates.slice(first, first + rows);
  const widest = Math.max(...shown.map(({ label }) => textWidth(sanitiseLine(label))));
  const labels = Math.min(widest, Math.max(1, canvas.width - 4));
  for (const [row, { label, help }] of shown.entries()) {
    const y = canvas.height - rows + row;
    const isLast = row === rows - 1 && first + rows < candidates.length;
    const left = `${pad(sanitiseLine(label), labels)}  ${sanitiseLine(help)}`;
    const more = isLast ? ` +${candidates.length - first - rows} ` : '';
    const text = pad(` ${left}`, canvas.width - more.length) + more;
    canvas.put(0, y, text, first + row === index ? 'active' : 'bar');
  }
}
