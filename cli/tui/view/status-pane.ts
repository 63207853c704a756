import { sanitiseLine } from '../../../lib/entry/words.ts';
import { failedLines } from '../model/failed.ts';
import { countLines, pickedLine } from '../model/modes.ts';
import { shareDone } from '../model/past.ts';
import type { Style } from '../model/rows.ts';
import { activeRoom, layoutOf, type RoomState, type WindowState } from '../model/state.ts';
import { textWidth, truncate } from '../text/clusters.ts';
import { progressBar } from './figures.ts';
import type { Painter } from './painter.ts';

/** Rooms that the activity names; the others are counted. */
const MAX_ACTIVE = 3;

/** One row: where we are and how the link is; at the right what waits elsewhere. */
export const paintStatus: Painter = (canvas, state) => {
  const { text, style } = statusText(state);
  for (const [y] of Array.from({ length: canvas.height }).entries()) canvas.fillRow(y, 'bar');
  const right = truncate(rightText(state), Math.floor(canvas.width / 2));
  const room = canvas.width - textWidth(right);
  const gap = right === '' ? 0 : 1;
  canvas.put(0, 0, truncate(` ${text}`, room - gap), style);
  canvas.put(room, 0, right, 'bar');
};

function rightText(state: WindowState): string {
  const { past } = activeRoom(state);
  const share = shareDone(activeRoom(state));
  if (share !== undefined) return `further back ${progressBar(share)} Esc: stop `;
  if (past.isAsked) return 'loading older lines… ';
  const { unseen, position, typing } = activeRoom(state);
  if (unseen > 0) return `${unseen} new below ↓ `;
  if (position.type !== 'follow') return 'scrolled, Esc: newest ';
  const who = typing.map(({ nick }) => sanitiseLine(nick));
  if (who.length === 1) return `${who[0]} is writing… `;
  if (who.length > 1) return `${who.length} are writing… `;
  return activity(state);
}

/** Rooms where something happened, as long as the list of rooms does not say it. */
function activity(state: WindowState): string {
  if (layoutOf(state).rooms !== undefined) return '';
  const active = state.rooms.filter(({ unread }) => unread > 0);
  if (active.length === 0) return '';
  const brief = ({ name, unread, mentions }: RoomState): string =>
    `${sanitiseLine(name)} ${unread}${mentions > 0 ? '!' : ''}`;
  const sorted = active.toSorted((a, b) => b.mentions - a.mentions);
  const more = sorted.length > MAX_ACTIVE ? ` +${sorted.length - MAX_ACTIVE}` : '';
  return `${sorted.slice(0, MAX_ACTIVE).map(brief).join(' · ')}${more} `;
}

function statusText(state: WindowState): { text: string; style: Style } {
  const question = modeText(state);
  if (question !== undefined) return { text: question, style: 'alert' };
  const room = activeRoom(state);
  const named = room.users.filter((user) => user.presence !== 'gone').length;
  const online = Math.max(named, room.total);
  const waiting = state.rooms.flatMap(({ pending }) => pending);
  const unsent = waiting.filter((line) => line.mark === 'pending').length;
  const refused = failedLines(room).length;
  const { status } = state.status;
  const isConnected = status === 'online' || status === 'slow';
  const parts = [
    sanitiseLine(room.name),
    ...(isConnected && room.name.startsWith('#') ? [`${online} online`] : []),
    linkText(state),
    ...(unsent > 0 ? [`${unsent} unsent`] : []),
    ...(refused > 0 ? [`${refused} refused, Alt-R: again`] : []),
  ];
  return { text: parts.join(' · '), style: status === 'online' ? 'bar' : 'alert' };
}

/** What the window asks, or which keys mean something else now. */
function modeText(state: WindowState): string | undefined {
  const { paste, search, help, prefix } = state;
  if (paste !== undefined) {
    return `send ${countLines(paste)} lines? ^K send · ^E edit · ^C cancel`;
  }
  if (help !== undefined) return 'help · Esc closes it';
  if (search !== undefined) {
    return search.where === 'log'
      ? 'search · ^S older · Down newer · Enter stay · Esc back'
      : 'what was sent · ^R older · Down newer · Enter take · Esc back';
  }
  const line = pickedLine(state);
  if (line?.mark === 'failed') return 'refused · r send again · e edit · d drop · c copy · Esc';
  if (line !== undefined) return 'r reply · e edit · d delete · + react · c copy · Esc';
  return prefix === '' ? undefined : `${prefix.replace('C-', 'Ctrl-').toUpperCase()} …`;
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
