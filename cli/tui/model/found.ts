import { type PageEvent, sanitiseLine } from '../../../lib/index.ts';
import { addNote, type WindowState } from './state.ts';

/** Units of a found line that are shown. */
const SHOWN_UNITS = 160;

/** What a search of the server found, as notes: the newest last, each with its number. */
export function onFound(state: WindowState, { room, query, entries }: PageEvent): WindowState {
  const lines = entries.flatMap((entry) => (entry.type === 'message' ? [entry] : []));
  const many = lines.length === 1 ? '1 message has' : `${lines.length} messages have`;
  const head = lines.length === 0 ? `no message has "${query}"` : `${many} "${query}":`;
  const shown = lines.toReversed().map(({ seq, at, nick, text }) => {
    const day = new Date(at).toISOString().slice(0, 10);
    return `#${seq} ${day} ${nick}: ${sanitiseLine(text, SHOWN_UNITS)}`;
  });
  return [head, ...shown].reduce((before, text) => addNote(before, 'info', text, { room }), state);
}
