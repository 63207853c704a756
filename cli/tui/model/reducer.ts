import type { ClientEvent } from '../../../lib/index.ts';
import { reduceClient } from './client.ts';
import { pathCandidates, startCompletion, wordAt } from './completion.ts';
import { setText } from './editor.ts';
import { onFound } from './found.ts';
import { reduceInput } from './keys.ts';
import { findItem, itemAt } from './log.ts';
import { askOlder, giveUpOlder, nearTop, onOlder } from './past.ts';
import { entriesEnd, type RoomState } from './room.ts';
import {
  activeRoom,
  addNote,
  type LinkHistory,
  type LinkStats,
  type Step,
  updateActive,
  type WindowEvent,
  type WindowState,
} from './state.ts';

/** Samples that a sparkline has. */
const HISTORY_SAMPLES = 64;
/** What makes a figure news: ms of a round trip, a part of all packets, a part of what it was. */
const NEWS = { rtt: 1, loss: 0.01, share: 0.25 };

/** The window's whole behaviour: what is on the screen next, and what to do in the world. Pure. */
export function reduce(before: WindowState, event: WindowEvent, now: number): Step {
  const state = before.now === now || event.type === 'stats' ? before : { ...before, now };
  switch (event.type) {
    case 'client':
      return withTitle(before, askOlder(keepPick(before, reduceChat(state, event.event))));
    case 'input':
      return withTitle(before, askOlder(nearTop(reduceInput(state, event.event))));
    case 'resize':
      return [{ ...state, columns: event.columns, rows: event.rows }, []];
    case 'stats':
      return reportRead(withStats(state, event.stats));
    case 'note':
      return [addNote(state, event.level, event.text), []];
    case 'draft':
      return [
        updateActive(state, (room) => ({ ...room, editor: setText(room.editor, event.text) })),
        [],
      ];
    case 'paths':
      return [withPaths(state, event.word, event.names), []];
    case 'tick':
      return [expire(state, now), []];
  }
}

/** What the chat client said; pages of the past are no news of now. */
function reduceChat(state: WindowState, event: ClientEvent): Step {
  if (event.type === 'page') {
    return [event.query === '' ? onOlder(state, event) : onFound(state, event), []];
  }
  const isOver = event.type === 'status' || (event.type === 'notice' && event.level === 'error');
  return reduceClient(isOver ? giveUpOlder(state) : state, event);
}

/** A picked line without a place in the log moves down with what comes in above it. */
function keepPick(before: WindowState, [state, effects]: Step): Step {
  const { picked } = state;
  const { end } = activeRoom(before).log;
  if (picked === undefined || picked !== before.picked || picked < end) return [state, effects];
  const moved = picked + activeRoom(state).log.end - end;
  return [{ ...state, picked: moved < entriesEnd(activeRoom(state)) ? moved : undefined }, effects];
}

/** Tells the room what we have read of it: with the figures, once a second at most. */
function reportRead(state: WindowState): Step {
  const { name, log, readByUs } = activeRoom(state);
  if (!state.focused || !state.settings.typing || !name.startsWith('#')) return [state, []];
  const last = findItem(log, log.end - 1, -1, (item) => item.type === 'line');
  const item = last === undefined ? undefined : itemAt(log, last);
  if (item?.type !== 'line' || item.seq <= readByUs) return [state, []];
  const { seq } = item;
  return [
    updateActive(state, (room) => ({ ...room, readByUs: seq })),
    [{ type: 'read', room: name, seq }],
  ];
}

/** When a `tick` is due because something on the screen counts down; Infinity: never. */
export function nextTick(state: WindowState): number {
  let due = Infinity;
  for (const { users, typing } of state.rooms) {
    for (const { until } of users) due = Math.min(due, until ?? Infinity);
    for (const { until } of typing) due = Math.min(due, until);
  }
  for (const { until } of state.toasts) due = Math.min(due, until);
  const { status, retryAt } = state.status;
  if (status === 'reconnecting' && retryAt !== undefined && retryAt > state.now) {
    // When the number of whole seconds left changes.
    due = Math.min(due, retryAt - 1000 * (Math.ceil((retryAt - state.now) / 1000) - 1));
  }
  return due;
}

/** Everything whose time on the screen is over goes. */
function expire(state: WindowState, now: number): WindowState {
  const isLeft = ({ until = Infinity }: { until?: number }): boolean => until > now;
  const rooms = state.rooms.map((room): RoomState => {
    if (room.users.every(isLeft) && room.typing.every(isLeft)) return room;
    return { ...room, users: room.users.filter(isLeft), typing: room.typing.filter(isLeft) };
  });
  return { ...state, rooms, toasts: state.toasts.filter(isLeft) };
}

/** Whether nothing that is shown differs between two states but what is being written. */
export function isDraftOnly(before: WindowState, after: WindowState): boolean {
  if (after.completion !== undefined || after.search !== undefined) return false;
  const { rooms: roomsBefore, now: _before, ...restBefore } = before;
  const { rooms: roomsAfter, now: _after, ...restAfter } = after;
  if (!isSame(restBefore, restAfter) || roomsBefore.length !== roomsAfter.length) return false;
  return roomsBefore.every((room, index) => {
    const other = roomsAfter[index];
    if (room === other) return true;
    if (other === undefined || isEmpty(room) !== isEmpty(other)) return false; // a sign tells
    return isSame({ ...room, editor: other.editor }, other);
  });
}

const isEmpty = ({ editor }: RoomState): boolean => editor.cells.length === 0;

function isSame<T extends object>(a: T, b: T): boolean {
  return (Object.keys(a) as (keyof T)[]).every((key) => a[key] === b[key]);
}

/** The terminal's title: how many lines wait, and where we are. */
export function titleOf(state: WindowState): string {
  const unread = state.rooms.reduce((sum, room) => sum + room.unread, 0);
  return `${unread > 0 ? `(${unread}) ` : ''}udpchat ${state.room}`;
}

function withTitle(before: WindowState, [state, effects]: Step): Step {
  if (state.rooms === before.rooms && state.room === before.room) return [state, effects];
  const text = titleOf(state);
  return text === titleOf(before)
    ? [state, effects]
    : [state, [...effects, { type: 'title', text }]];
}

function withPaths(state: WindowState, word: string, names: readonly string[]): WindowState {
  const { editor } = activeRoom(state);
  if (wordAt(editor).word !== word) return state; // it was written on meanwhile
  const completion = startCompletion(editor, pathCandidates(word, names), 1);
  if (completion === undefined) return state;
  return updateActive({ ...state, completion }, (room) => ({ ...room, editor: completion.shown }));
}

/**
 * A sample is taken when something was said since the one before, or when the figures tell
 * something new: else a screen at rest would be painted for the jitter of heartbeats.
 */
function withStats(state: WindowState, stats: LinkStats | undefined): WindowState {
  const old = state.stats;
  if (stats === undefined) return state;
  if (old !== undefined && !state.spoken && !isNews(old, stats)) return state;
  const { history } = state;
  const add = (values: readonly number[], value: number): readonly number[] =>
    [...values, value].slice(-HISTORY_SAMPLES);
  // A new connection counts from zero again.
  const since = (now: number, then = now): number => Math.max(0, now - then);
  const next: LinkHistory = {
    rtt: add(history.rtt, stats.srtt),
    lossOut: add(history.lossOut, stats.lossOut),
    lossIn: add(history.lossIn, stats.lossIn),
    retransmits: add(history.retransmits, since(stats.retransmits, old?.retransmits)),
    copies: add(history.copies, since(stats.copies, old?.copies)),
    cwnd: add(history.cwnd, stats.cwnd),
  };
  return { ...state, stats, history: next, spoken: false };
}

/** Whether figures differ by more than measurements of one and the same path do. */
function isNews(a: LinkStats, b: LinkStats): boolean {
  const { rtt, loss, share } = NEWS;
  return (
    Math.abs(a.srtt - b.srtt) > Math.max(rtt, a.rttvar, b.rttvar, a.srtt * share) ||
    Math.abs(a.lossOut - b.lossOut) > loss ||
    Math.abs(a.lossIn - b.lossIn) > loss ||
    a.retransmits !== b.retransmits ||
    a.copies !== b.copies ||
    Math.abs(a.cwnd - b.cwnd) > a.cwnd * share
  );
}
