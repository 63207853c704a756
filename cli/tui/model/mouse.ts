import type { InputEvent } from '../input/decoder.ts';
import { insert } from './editor.ts';
import type { Rect } from './layout.ts';
import { entriesEnd, entryAt, wantOlder } from './room.ts';
import { hrefAt } from './rows.ts';
import {
  activeRoom,
  addNote,
  layoutOf,
  rowSource,
  type Step,
  switchRoom,
  updateActive,
  type WindowState,
} from './state.ts';
import { isShown, scroll, visibleRows } from './viewport.ts';
import { rowAt } from './visible.ts';

/** Rows that one step of the wheel moves. */
const WHEEL_ROWS = 3;

/** Moves the log by rows, down when positive. */
export function scrollRows(state: WindowState, delta: number): WindowState {
  const { log } = layoutOf(state);
  return updateActive(state, (room) => {
    const source = rowSource(room, log.width);
    const position = scroll(source, room.position, log.height, delta);
    const moved = { ...room, position, unseen: position.type === 'follow' ? 0 : room.unseen };
    // A log that is shorter than the screen has no beginning to scroll to.
    const isShort = delta < 0 && isShown(source, position, log.height, room.log.first);
    return isShort ? wantOlder(moved) : moved;
  });
}

/** The wheel scrolls; a click chooses a room, a person, a link, or a place on the scroll bar. */
export function reduceMouse(
  state: WindowState,
  event: Extract<InputEvent, { type: 'wheel' | 'click' }>,
): Step {
  if (event.type === 'wheel') {
    return [scrollRows(state, event.direction === 'up' ? -WHEEL_ROWS : WHEEL_ROWS), []];
  }
  const { rooms, users, log, framed } = layoutOf(state);
  const { x, y } = event;
  if (rooms !== undefined && isWithin(rooms, x, y)) {
    const room = state.rooms[y - rooms.top];
    return [room === undefined ? state : switchRoom(state, room.name), []];
  }
  if (users !== undefined && isWithin(users, x, y)) return [address(state, y - users.top), []];
  if (isWithin(log, x, y)) return onLog(state, x - log.left, y - log.top);
  const isBar = framed && x === log.left + log.width && y >= log.top && y < log.top + log.height;
  return [isBar ? scrollTo(state, (y - log.top) / Math.max(1, log.height - 1)) : state, []];
}

function isWithin({ left, top, width, height }: Rect, x: number, y: number): boolean {
  return x >= left && x < left + width && y >= top && y < top + height;
}

/** A click on someone puts their name into the draft. */
function address(state: WindowState, index: number): WindowState {
  const user = activeRoom(state).users[index];
  if (user === undefined) return state;
  return updateActive(state, (room) => {
    const text = room.editor.cells.length === 0 ? `${user.nick}: ` : `${user.nick} `;
    return { ...room, editor: insert(room.editor, text) };
  });
}

/** A click on a link copies it, for terminals that cannot open it; on a line, picks it. */
function onLog(state: WindowState, x: number, y: number): Step {
  const room = activeRoom(state);
  const { log } = layoutOf(state);
  const ref = visibleRows(rowSource(room, log.width), room.position, log.height)[y];
  if (ref === undefined) return [state, []];
  const row = rowAt(room, ref, log.width);
  const href = row === undefined ? undefined : hrefAt(row, x);
  if (href !== undefined) {
    return [addNote(state, 'info', `copied ${href}`), [{ type: 'copy', text: href }]];
  }
  const item = entryAt(room, ref.item);
  const isLine = item?.type === 'line' && ref.item < room.log.end;
  return [{ ...state, picked: isLine && state.picked !== ref.item ? ref.item : undefined }, []];
}

/** `share` of the log, 0 its beginning, 1 its end. */
function scrollTo(state: WindowState, share: number): WindowState {
  return updateActive(state, (room) => {
    const { first } = room.log;
    const item = first + Math.round(share * (entriesEnd(room) - 1 - first));
    return { ...room, position: share >= 1 ? { type: 'follow' } : { type: 'top', item, row: 0 } };
  });
}
