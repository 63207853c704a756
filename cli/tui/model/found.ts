import { sanitiseLine } from '../../../lib/entry/words.ts';
import type { PageEvent } from '../../../lib/index.ts';
import { addNote, type WindowState } from './state.ts';

/** Units of a found line that are shown. */
const SHOWN_UNITS = 160;

/**
 * What a search of the server found, as notes: the newest last, each with its number, between what
 * was said before and after it.
 */
export function onFound(state: WindowState, page: PageEvent): WindowState {
  const { room, query, entries } = page;
  const found = new Set(page.found);
  const lines = entries.flatMap((entry) => (entry.type === 'message' ? [entry] : []));
  const count = lines.filter(({ seq }) => found.has(seq)).length;
  const many = count === 1 ? '1 message has' : `${count} messages have`;
  const head = count === 0 ? `no message has "${query}"` : `${many} "${query}":`;
  const shown = lines.toReversed().map(({ seq, at, nick, text }) => {
    const said = `${nick}: ${sanitiseLine(text, SHOWN_UNITS)}`;
    return found.has(seq)
      ? `#${seq} ${new Date(at).toISOString().slice(0, 10)} ${said}`
      : `  ${said}`;
  });
  return [head, ...shown].reduce((before, text) => addNote(before, 'info', text, { room }), state);
}
