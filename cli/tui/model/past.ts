import type { ClientEvent, PageEvent, ReactEvent } from '../../../lib/index.ts';
import { reduceClient } from './client.ts';
import { goToIndex } from './jump.ts';
import { findItem, indexOfTime, itemAt, type LogItem, prepend } from './log.ts';
import { type Goal, newRoom, type Past, type RoomState, wantOlder } from './room.ts';
import {
  activeRoom,
  addNote,
  type Effect,
  findRoom,
  type Step,
  updateActive,
  updateRoom,
  type WindowState,
} from './state.ts';

/** Entries of one page: some screens, and gone through at once. */
const PAGE_ENTRIES = 200;
/** Entries of one page on the way to a place far back. */
const FAR_PAGE_ENTRIES = 500;

/** Entries that are still above the screen when the next page is asked for. */
const AHEAD_ENTRIES = 100;

/** Somebody who has scrolled near the beginning wants to go on. */
export function nearTop([state, effects]: Step): Step {
  const { position, log } = activeRoom(state);
  if (position.type !== 'top' || position.item - log.first >= AHEAD_ENTRIES)
    return [state, effects];
  return [updateActive(state, (room) => wantOlder(room)), effects];
}

/** Asks for what the shown room wants, one page at a time. */
export function askOlder([state, effects]: Step): Step {
  const { name, past } = activeRoom(state);
  const { status } = state.status;
  const isOnline = status === 'online' || status === 'slow';
  if (!past.isWanted || past.isAsked || !isOnline) return [state, effects];
  const next = updateRoom(state, name, (room) => ({ ...room, past: { ...past, isAsked: true } }));
  const count = past.goal === undefined ? PAGE_ENTRIES : FAR_PAGE_ENTRIES;
  const ask: Effect = { type: 'history', room: name, before: past.oldest, count };
  return [next, [...effects, ask]];
}

/** Nothing is awaited any more: the question was refused, or the connection is another one. */
export function giveUpOlder(state: WindowState): WindowState {
  if (!state.rooms.some(({ past }) => past.isAsked || past.isWanted)) return state;
  const rooms = state.rooms.map((room): RoomState => {
    return { ...room, past: { ...room.past, isAsked: false, isWanted: false, goal: undefined } };
  });
  return { ...state, rooms };
}

/** Puts a page of the past above what the room has; what is on the screen stays where it is. */
export function onOlder(state: WindowState, page: PageEvent): WindowState {
  const room = findRoom(state, page.room);
  if (room === undefined || !room.past.isAsked) return state;
  const { past } = room;
  const entries = page.entries.filter((entry) => 'seq' in entry && entry.seq < past.oldest);
  const { items, orphans } = itemsOf(state, room, entries);
  const oldest = page.from === 0 ? past.oldest : Math.min(past.oldest, page.from);
  const isAll = page.from === 0 || page.from <= page.first;
  const after: Past = { ...past, oldest, orphans, isAll, isAsked: false, isWanted: false };
  const next = updateRoom(state, page.room, (target) => ({
    ...target,
    log: prepend(target.log, items),
    past: after,
  }));
  return past.goal === undefined ? next : towards(next, page.room, past.goal);
}

/** The entries of a page as a room would have them in which nothing else was ever said. */
function itemsOf(
  state: WindowState,
  { name, past }: RoomState,
  entries: readonly ClientEvent[],
): { items: readonly LogItem[]; orphans: readonly ReactEvent[] } {
  const alone: WindowState = { ...state, rooms: [newRoom(name)], room: name };
  // Reactions to these lines may have come in before them.
  const told = [...entries, ...past.orphans].reduce<WindowState>(
    (before, entry) => reduceClient(before, entry)[0],
    alone,
  );
  const { log, past: after } = findRoom(told, name) ?? newRoom(name);
  const items = Array.from({ length: log.end - log.first }, (_, i) => itemAt(log, log.first + i));
  return { items: items.filter((item) => item !== undefined), orphans: after.orphans };
}

/** Shows the place that was looked for, or goes on looking. */
function towards(state: WindowState, name: string, goal: Goal): WindowState {
  const room = findRoom(state, name);
  if (room === undefined) return state;
  const found = placeOf(room, goal);
  const wanting = found === undefined ? wantOlder(room, goal) : room;
  if (wanting !== room) return updateRoom(state, name, () => wanting);
  const arrived = updateRoom(state, name, (target) => ({
    ...target,
    past: { ...target.past, goal: undefined },
  }));
  if (name !== state.room) return arrived;
  if (found === undefined && goal.type === 'seq') {
    return addNote(arrived, 'error', 'that line is not kept any more');
  }
  const index = found ?? room.log.first;
  return { ...goToIndex(arrived, index), picked: goal.type === 'seq' ? index : undefined };
}

/** The index of the entry that a goal means; undefined: it is further back than the log. */
function placeOf({ log }: RoomState, goal: Goal): number | undefined {
  if (goal.type === 'seq') {
    return findItem(log, log.end - 1, -1, (item) => item.type === 'line' && item.seq === goal.seq);
  }
  const index = indexOfTime(log, goal.at);
  return index > log.first ? index : undefined;
}

/** How far a search for a place far back has come, 0 to 1; undefined: none is under way. */
export function shareDone({ past, log }: RoomState): number | undefined {
  const { goal } = past;
  if (goal === undefined) return undefined;
  const now = goal.type === 'seq' ? past.oldest : (itemAt(log, log.first)?.at ?? goal.from);
  const whole = goal.from - (goal.type === 'seq' ? goal.seq : goal.at);
  return whole <= 0 ? 1 : Math.min(1, Math.max(0, (goal.from - now) / whole));
}
