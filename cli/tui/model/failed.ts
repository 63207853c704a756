import type { LineItem } from './log.ts';
import { directNick, type RoomState } from './room.ts';
import { type Effect, type Step, updateActive, type WindowState } from './state.ts';

/** The lines that a room was refused, oldest first. */
export function failedLines({ pending }: RoomState): readonly LineItem[] {
  return pending.filter(({ mark }) => mark === 'failed');
}

/** Sends refused lines of the shown room anew. */
export function sendAgain(state: WindowState, lines: readonly LineItem[]): Step {
  const effects = lines.map((line) => again(state.room, line));
  return [drop(state, lines), effects];
}

/** Forgets refused lines of the shown room. */
export function drop(state: WindowState, lines: readonly LineItem[]): WindowState {
  return updateActive(state, (room) => ({
    ...room,
    pending: room.pending.filter((line) => !lines.includes(line)),
  }));
}

function again(room: string, { kind, text, quote }: LineItem): Effect {
  const nick = directNick(room);
  if (nick !== undefined && kind === 'text') return { type: 'direct', nick, text };
  return { type: 'post', room, text, kind, ...(quote !== undefined && { ref: quote.seq }) };
}
