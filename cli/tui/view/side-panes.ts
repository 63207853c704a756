import { sanitiseLine } from '../../../lib/entry/words.ts';
import type { Style } from '../model/rows.ts';
import { activeRoom, type RoomState, type UserEntry } from '../model/state.ts';
import { pad } from '../text/clusters.ts';
import type { Painter } from './painter.ts';

const PRESENCE: Readonly<
  Record<UserEntry['presence'], { sign: string; style: Style; word: string }>
> = {
  here: { sign: '●', style: 'good', word: '' },
  slow: { sign: '◐', style: 'warning', word: 'slow' },
  away: { sign: '○', style: 'muted', word: 'away' },
  gone: { sign: '✗', style: 'error', word: 'gone' },
};

/** As on IRC. */
const ROLE_SIGNS = { owner: '~', op: '@', member: '', guest: '' } as const;

/** Rooms with what waits in them: `3` lines, `3!` with some of them meant for us. */
export const paintRooms: Painter = (canvas, state) => {
  const index = state.rooms.findIndex(({ name }) => name === state.room);
  // The shown room stays on the screen.
  const first = Math.max(0, Math.min(index - canvas.height + 1, state.rooms.length));
  for (const [y, room] of state.rooms.slice(first, first + canvas.height).entries()) {
    const place = first + y + 1;
    const number = place <= 9 ? `${place} ` : '  ';
    const { text, style } = waiting(room);
    const isShown = room.name === state.room;
    const name = pad(sanitiseLine(room.name), Math.max(1, canvas.width - 2 - text.length));
    canvas.put(0, y, number, isShown ? 'active' : 'muted');
    canvas.put(2, y, name, isShown ? 'active' : room.unread > 0 ? 'title' : 'text');
    canvas.put(canvas.width - text.length, y, text, isShown ? 'active' : style);
  }
};

function waiting({ unread, mentions, editor }: RoomState): { text: string; style: Style } {
  const count = unread > 999 ? '999' : String(unread);
  if (mentions > 0) return { text: ` ${count}!`, style: 'mention' };
  if (unread > 0) return { text: ` ${count}`, style: 'warning' };
  return { text: editor.cells.length > 0 ? ' …' : '', style: 'muted' };
}

export const paintUsers: Painter = (canvas, state) => {
  const { users } = activeRoom(state);
  const fits = users.length <= canvas.height;
  const shown = fits ? users : users.slice(0, canvas.height - 1);
  for (const [y, user] of shown.entries()) {
    const { sign, style, word } = PRESENCE[user.presence];
    const room = canvas.width - 2 - (word === '' ? 0 : word.length + 1);
    const own: Style = user.nick === state.nick ? 'own' : 'text';
    canvas.put(0, y, `${sign} `, style);
    const name = ROLE_SIGNS[user.role ?? 'member'] + sanitiseLine(user.nick);
    canvas.put(2, y, pad(name, room), user.presence === 'gone' ? 'muted' : own);
    canvas.put(canvas.width - word.length, y, word, style);
  }
  if (!fits) canvas.put(0, canvas.height - 1, `  +${users.length - shown.length} more`, 'muted');
};
