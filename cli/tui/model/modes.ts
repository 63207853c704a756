import type { InputEvent } from '../input/decoder.ts';
import type { KeyCommand } from '../input/keymap.ts';
import { insert } from './editor.ts';
import { drop, sendAgain } from './failed.ts';
import { goToIndex } from './jump.ts';
import type { LineItem } from './log.ts';
import { entriesEnd, entryAt, findEntry, type RoomState } from './room.ts';
import { searchFor, searchOn, startSearch, takeFound } from './search.ts';
import { activeRoom, type Step, updateActive, type WindowState } from './state.ts';
import { FOLLOW } from './viewport.ts';

/** Line count of a text as a person counts. */
export function countLines(text: string): number {
  return text.split('\n').length;
}

/** `send N lines?` A block goes out as it is: its lines are never taken for commands. */
export function answerPaste(state: WindowState, text: string, event: InputEvent): Step {
  const answered = { ...state, paste: undefined };
  switch (event.type === 'chord' ? event.chord : undefined) {
    case 'C-k': {
      const next = updateActive(answered, (room) => ({ ...room, position: FOLLOW, unseen: 0 }));
      return [next, [{ type: 'post', room: state.room, text, kind: 'text' }]];
    }
    case 'C-e':
      return [
        updateActive(answered, (room) => ({ ...room, editor: insert(room.editor, text) })),
        [],
      ];
    case 'C-c':
    case 'escape':
      return [answered, []];
    case 'C-l':
      return [state, [{ type: 'redraw' }]];
    case 'C-z':
      return [state, [{ type: 'suspend' }]];
    default:
      return [state, event.type === 'focus' ? [] : [{ type: 'bell' }]];
  }
}

export function beginSearch(state: WindowState, where: 'log' | 'history'): WindowState {
  return { ...state, search: startSearch(where, activeRoom(state)), picked: undefined };
}

/** What is typed during a search; undefined: the search is over and the key has its usual sense. */
export function reduceSearch(
  state: WindowState,
  event: InputEvent,
  command: KeyCommand | undefined,
): Step | undefined {
  const { search } = state;
  if (search === undefined) return [state, []];
  const room = activeRoom(state);
  const step = (next: typeof search): Step => [showMatch({ ...state, search: next }), []];
  if (event.type === 'text') return step(searchFor(search, search.query + event.text, room));
  if (event.type === 'paste') {
    const pasted = event.text.split('\n')[0] ?? '';
    return step(searchFor(search, search.query + pasted, room));
  }
  if (event.type !== 'chord') return undefined;
  switch (command) {
    case 'search':
    case 'search-history':
    case 'previous-line':
      return step(searchOn(search, room, -1));
    case 'next-line':
      return step(searchOn(search, room, 1));
    case 'backward-delete-char':
      return step(searchFor(search, Array.from(search.query).slice(0, -1).join(''), room));
    case 'escape':
    case 'interrupt':
      return [cancelSearch(state), []];
    case 'send':
      return [endSearch(state), []];
    case 'redraw':
    case 'suspend':
      return [state, [{ type: command }]];
    default:
      return undefined;
  }
}

function cancelSearch(state: WindowState): WindowState {
  const position = state.search?.from ?? FOLLOW;
  return { ...updateActive(state, (room) => ({ ...room, position })), search: undefined };
}

/** Ends a search where it is: the found line is picked, or becomes the draft. */
export function endSearch(state: WindowState): WindowState {
  const { search } = state;
  if (search === undefined) return state;
  const editor = takeFound(search, activeRoom(state));
  const picked = search.where === 'log' ? search.at : undefined;
  return { ...updateActive(state, (room) => ({ ...room, editor })), search: undefined, picked };
}

function showMatch(state: WindowState): WindowState {
  const { search } = state;
  if (search?.where !== 'log' || search.at === undefined) return state;
  return goToIndex(state, search.at);
}

/** Picks the line above (-1) or below (1) the picked one; the newest to begin with. */
export function pick(state: WindowState, step: 1 | -1): WindowState {
  const room = activeRoom(state);
  const end = entriesEnd(room);
  const start = state.picked === undefined ? end - 1 : state.picked + step;
  if (state.picked === undefined && step === 1) return state;
  const found = findEntry(room, start, step, (item) => item.type === 'line');
  if (found === undefined) {
    return step === 1 ? { ...goToIndex(state, end), picked: undefined } : state;
  }
  return goToIndex({ ...state, picked: found }, found);
}

const PICK_KEYS: Readonly<Record<string, string>> = {
  r: '/reply',
  e: '/edit',
  d: '/delete',
  '+': '/react',
};

/** The line that is picked. */
export function pickedLine(state: WindowState): LineItem | undefined {
  const { picked } = state;
  const item = picked === undefined ? undefined : entryAt(activeRoom(state), picked);
  return item?.type === 'line' ? item : undefined;
}

/** A key while a line is picked that was refused. */
function reduceFailed(state: WindowState, line: LineItem, key: string): Step | undefined {
  switch (key) {
    case 'r':
      return sendAgain(state, [line]);
    case 'd':
      return [drop(state, [line]), []];
    case 'e': {
      const editing = (room: RoomState): RoomState => ({
        ...room,
        editor: insert(room.editor, line.text),
      });
      return [updateActive(drop(state, [line]), editing), []];
    }
    default:
      return undefined;
  }
}

/** A key while a line is picked; undefined: it has its usual sense. */
export function reducePicked(state: WindowState, event: InputEvent): Step | undefined {
  const line = pickedLine(state);
  if (line === undefined || event.type !== 'text') return undefined;
  const done = { ...state, picked: undefined };
  if (event.text === 'c' || event.text === 'y') return [done, [{ type: 'copy', text: line.text }]];
  if (line.mark === 'failed') return reduceFailed(done, line, event.text);
  const command = PICK_KEYS[event.text];
  if (command === undefined) return undefined;
  const text = event.text === 'e' ? ` ${line.text}` : event.text === 'd' ? '' : ' ';
  const draft = `${command} #${line.seq}${text}`;
  return [updateActive(done, (room) => ({ ...room, editor: insert(room.editor, draft) })), []];
}
