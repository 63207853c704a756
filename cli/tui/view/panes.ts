import { sanitiseLine } from '../../../lib/index.ts';
import { inputRows, PROMPT } from '../model/input-rows.ts';
import { countLines } from '../model/keys.ts';
import type { Layout } from '../model/layout.ts';
import { rowsOf, type Style } from '../model/rows.ts';
import { entryAt, rowSource, type UserEntry, type WindowState } from '../model/state.ts';
import { visibleRows } from '../model/viewport.ts';
import { pad, textWidth, truncate } from '../text/clusters.ts';
import type { Canvas } from './canvas.ts';
import { bytes, milliseconds, percent, sparkline } from './figures.ts';

/** Paints one pane of the window. Pure but for the canvas. */
export type Painter = (canvas: Canvas, state: WindowState) => void;

export const paintLog: Painter = (canvas, state) => {
  const source = rowSource(state, canvas.width);
  const visible = visibleRows(source, state.position, canvas.height);
  for (const [y, ref] of visible.entries()) {
    const item = entryAt(state, ref.item);
    const row = item && rowsOf(item, canvas.width)[ref.row];
    if (row === undefined) continue;
    let x = 0;
    for (const { text, style } of row.segments) x = canvas.put(x, y, text, style);
    if (row.mark !== undefined) canvas.put(canvas.width - 1, y, row.mark.text, row.mark.style);
  }
};

const PRESENCE: Readonly<
  Record<UserEntry['presence'], { sign: string; style: Style; word: string }>
> = {
  here: { sign: '●', style: 'good', word: '' },
  slow: { sign: '◐', style: 'warning', word: 'slow' },
  away: { sign: '○', style: 'muted', word: 'away' },
  gone: { sign: '✗', style: 'error', word: 'gone' },
};

export const paintUsers: Painter = (canvas, state) => {
  const fits = state.users.length <= canvas.height;
  const shown = fits ? state.users : state.users.slice(0, canvas.height - 1);
  for (const [y, user] of shown.entries()) {
    const { sign, style, word } = PRESENCE[user.presence];
    const room = canvas.width - 2 - (word === '' ? 0 : word.length + 1);
    const own: Style = user.nick === state.nick ? 'own' : 'text';
    canvas.put(0, y, `${sign} `, style);
    canvas.put(2, y, pad(sanitiseLine(user.nick), room), user.presence === 'gone' ? 'muted' : own);
    canvas.put(canvas.width - word.length, y, word, style);
  }
  if (!fits) {
    canvas.put(0, canvas.height - 1, `  +${state.users.length - shown.length} more`, 'muted');
  }
};

export const paintLink: Painter = (canvas, { stats, rttHistory, lossHistory }) => {
  if (stats === undefined) {
    canvas.put(0, 0, 'no figures yet', 'muted');
    return;
  }
  const rows: readonly (readonly [string, string, readonly number[]])[] = [
    ['rtt', milliseconds(stats.srtt), rttHistory],
    ['loss ↑', percent(stats.lossOut), []],
    ['loss ↓', percent(stats.lossIn), lossHistory],
    ['resent', String(stats.retransmits), []],
    ['copies', String(stats.copies), []],
    ['window', bytes(stats.cwnd), []],
  ];
  for (const [y, [label, value, history]] of rows.entries()) {
    canvas.put(0, y, label, 'muted');
    const x = canvas.put(7, y, value, 'text');
    const room = canvas.width - x - 1;
    canvas.put(x + 1, y, sparkline(history, room), 'own');
  }
};

export const paintStatus: Painter = (canvas, state) => {
  canvas.fillRow(0, 'bar');
  const { text, style } = statusText(state);
  const right = state.unseen > 0 ? `${state.unseen} new below ↓ ` : scrolledText(state);
  const room = canvas.width - textWidth(right);
  canvas.put(0, 0, truncate(` ${text}`, room), style);
  canvas.put(room, 0, right, 'bar');
};

function scrolledText(state: WindowState): string {
  return state.position.type === 'follow' ? '' : 'scrolled, Esc: newest ';
}

function statusText(state: WindowState): { text: string; style: Style } {
  if (state.paste !== undefined) {
    const lines = countLines(state.paste);
    return { text: `send ${lines} lines? ^K send · ^E edit · ^C cancel`, style: 'alert' };
  }
  const online = state.users.filter((user) => user.presence !== 'gone').length;
  const unsent = state.pending.filter((line) => line.mark === 'pending').length;
  const { status } = state.status;
  const isConnected = status === 'online' || status === 'slow';
  const parts = [
    sanitiseLine(state.room),
    ...(isConnected ? [`${online} online`] : []),
    linkText(state),
    ...(unsent > 0 ? [`${unsent} unsent`] : []),
  ];
  return { text: parts.join(' · '), style: status === 'online' ? 'bar' : 'alert' };
}

function linkText({ status, now, nick }: WindowState): string {
  switch (status.status) {
    case 'online':
      return sanitiseLine(nick);
    case 'connecting':
      return 'connecting…';
    case 'slow':
      return 'connection slow…';
    case 'closed':
      return 'closed';
    case 'reconnecting': {
      const left = Math.ceil(((status.retryAt ?? now) - now) / 1000);
      return left > 0 ? `reconnecting (${left} s)…` : 'reconnecting…';
    }
  }
}

export const paintInput: Painter = (canvas, state) => {
  const { rows, first } = visibleInput(state, canvas.width, canvas.height);
  for (let y = 0; y < canvas.height; y++) {
    const row = rows[first + y];
    if (row === undefined) continue;
    canvas.put(0, y, first + y === 0 ? PROMPT : ' '.repeat(PROMPT.length), 'own');
    canvas.put(PROMPT.length, y, row.join(''), 'text');
  }
};

/** The rows of the draft around its cursor. */
function visibleInput(state: WindowState, width: number, height: number) {
  const { rows, cursor } = inputRows(state.editor, width);
  const first = Math.min(Math.max(0, cursor.row - height + 1), Math.max(0, rows.length - height));
  return { rows, cursor, first };
}

/** Where the terminal's cursor belongs on the screen. */
export function cursorPosition(
  state: WindowState,
  { input, columns }: Layout,
): { x: number; y: number } {
  const { cursor, first } = visibleInput(state, input.width, input.height);
  const x = input.left + PROMPT.length + cursor.column;
  return { x: Math.min(x, columns - 1), y: input.top + cursor.row - first };
}

/** Lines around and between the panes, with what they are called. */
export function paintFrame(canvas: Canvas, state: WindowState, layout: Layout): void {
  const { framed, log, users, link, status } = layout;
  if (!framed || status === undefined) return;
  const right = canvas.width - 1;
  const bottom = canvas.height - 1;
  const divider = status.top - 1;
  const side = users === undefined ? right : users.left - 1;
  const line = (y: number, from: number, to: number, left: string, end: string): void => {
    canvas.put(from, y, left + '─'.repeat(Math.max(0, to - from - 1)) + end, 'border');
  };
  for (let y = 1; y < bottom; y++) {
    canvas.put(0, y, '│', 'border');
    canvas.put(right, y, '│', 'border');
    if (y < divider && users !== undefined) canvas.put(side, y, '│', 'border');
  }
  line(0, 0, right, '┌', '┐');
  line(divider, 0, right, '├', '┤');
  line(bottom, 0, right, '└', '┘');
  title(canvas, 1, 0, roomTitle(state), log.width);
  if (users === undefined) return;
  canvas.put(side, 0, '┬', 'border');
  canvas.put(side, divider, '┴', 'border');
  title(canvas, users.left, 0, 'users', users.width);
  if (link === undefined) return;
  line(link.top - 1, side, right, '├', '┤');
  title(canvas, link.left, link.top - 1, 'link', link.width);
}

function title(canvas: Canvas, x: number, y: number, text: string, width: number): void {
  if (width >= 4) canvas.put(x, y, ` ${truncate(text, width - 2)} `, 'title');
}

function roomTitle({ room, topic }: WindowState): string {
  return sanitiseLine(topic === '' ? room : `${room} · ${topic}`);
}
