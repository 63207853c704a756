import { sanitiseLine } from '../../../lib/entry/words.ts';
import { inputRows, PROMPT } from '../model/input-rows.ts';
import type { Layout } from '../model/layout.ts';
import { foundText, type Search } from '../model/search.ts';
import { activeRoom, type WindowState } from '../model/state.ts';
import { textWidth, truncate } from '../text/clusters.ts';
import type { Painter } from './painter.ts';

/** The draft, or what is searched for in its place. */
export const paintInput: Painter = (canvas, state) => {
  const { search } = state;
  if (search !== undefined) {
    const prompt = truncate(searchPrompt(search), canvas.width);
    const x = canvas.put(0, 0, prompt, search.failed ? 'error' : 'own');
    const found = search.where === 'history' ? foundText(search, activeRoom(state)) : '';
    if (found !== '') canvas.put(x, 0, `: ${sanitiseLine(found)}`, 'text');
    return;
  }
  const { rows, first } = visibleInput(state, canvas.width, canvas.height);
  for (let y = 0; y < canvas.height; y++) {
    const row = rows[first + y];
    if (row === undefined) continue;
    canvas.put(0, y, first + y === 0 ? PROMPT : ' '.repeat(PROMPT.length), 'own');
    // In the order of typing, also from right to left: the cursor goes that way.
    canvas.putCells(PROMPT.length, y, row, 'text');
  }
};

function searchPrompt({ query, failed, where }: Search): string {
  const what = where === 'log' ? 'search' : 'sent';
  return `${failed && query !== '' ? `${what} (no more)` : what}: ${sanitiseLine(query)}`;
}

/** The rows of the draft around its cursor. */
function visibleInput(state: WindowState, width: number, height: number) {
  const { rows, cursor } = inputRows(activeRoom(state).editor, width);
  const first = Math.min(Math.max(0, cursor.row - height + 1), Math.max(0, rows.length - height));
  return { rows, cursor, first };
}

/** Where the terminal's cursor belongs on the screen. */
export function cursorPosition(
  state: WindowState,
  { input, columns }: Layout,
): { x: number; y: number } {
  if (state.search !== undefined) {
    const column = Math.min(textWidth(searchPrompt(state.search)), input.width - 1);
    return { x: input.left + Math.max(0, column), y: input.top };
  }
  const { cursor, first } = visibleInput(state, input.width, input.height);
  const x = input.left + PROMPT.length + cursor.column;
  return { x: Math.min(x, columns - 1), y: input.top + cursor.row - first };
}
