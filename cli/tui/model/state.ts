import type { ClientEvent, EntryKind, StatusEvent } from '../../../lib/index.ts';
import type { InputEvent } from '../input/decoder.ts';
import { KEYMAP, type Keymap } from '../input/keymap.ts';
import type { Completion } from './completion.ts';
import { inputRowCount } from './input-rows.ts';
import { type Layout, layout } from './layout.ts';
import type { LineItem, LogItem, NoteLevel } from './log.ts';
import {
  addItem,
  addPast,
  clearMark,
  entriesEnd,
  entryAt,
  look,
  newRoom,
  type RoomState,
} from './room.ts';
import { rowsOf } from './rows.ts';
import type { Search } from './search.ts';
import { DEFAULT_SETTINGS, type SettingName, type Settings } from './settings.ts';
import type { RowSource } from './viewport.ts';

export type { LineItem, LogItem } from './log.ts';
export type { RoomState, UserEntry } from './room.ts';

/** What the window shows of the connection: times in ms, losses 0..1. */
export interface LinkStats {
  readonly srtt: number;
  readonly rttvar: number;
  readonly lossOut: number;
  readonly lossIn: number;
  readonly retransmits: number;
  /** Sent ahead of any sign of loss. */
  readonly copies: number;
  /** Bytes. */
  readonly cwnd: number;
}

/** Past values of the link's figures, newest last, for the sparklines. */
export interface LinkHistory {
  readonly rtt: readonly number[];
  readonly lossOut: readonly number[];
  readonly lossIn: readonly number[];
  /** Since the sample before. */
  readonly retransmits: readonly number[];
  readonly copies: readonly number[];
  readonly cwnd: readonly number[];
}

/** A short word over the log, until `until` in the clock of `now`. */
export interface Toast {
  readonly text: string;
  readonly until: number;
}

/** Everything the window shows; the view paints it and keeps nothing of its own. */
export interface WindowState {
  /** Monotonic ms. */
  readonly now: number;
  /** Wall clock at `now` 0, ms since 1970. */
  readonly epoch: number;
  readonly columns: number;
  readonly rows: number;
  readonly nick: string;
  /** In the order of the rooms pane; never empty. */
  readonly rooms: readonly RoomState[];
  /** Name of the room that is shown, and of the one that was before it. */
  readonly room: string;
  readonly previous: string;
  /** The room that the person is on the way into; it is shown as soon as we are let in. */
  readonly joining: string | undefined;
  /** Nicks, in lower case, whose lines are not shown. */
  readonly ignored: ReadonlySet<string>;
  readonly status: StatusEvent;
  readonly keymap: Keymap;
  /** The first of two chords that belong together. */
  readonly prefix: string;
  readonly completion: Completion | undefined;
  /** A search of the log, or of what was typed, under way. */
  readonly search: Search | undefined;
  /** Index of the entry that was picked with Alt-Up. */
  readonly picked: number | undefined;
  /** A paste of many lines that waits for an answer. */
  readonly paste: string | undefined;
  /** The help is shown in place of the log. */
  readonly help: { readonly top: number } | undefined;
  readonly toasts: readonly Toast[];
  readonly showRooms: boolean;
  readonly showUsers: boolean;
  readonly showLink: boolean;
  /** Whether the window has the mouse; the terminal's own selection needs Shift then. */
  readonly mouse: boolean;
  /** Whether the terminal is in front; true where terminals do not tell. */
  readonly focused: boolean;
  readonly settings: Settings;
  readonly stats: LinkStats | undefined;
  readonly history: LinkHistory;
  /** Something went over the link since the newest sample. */
  readonly spoken: boolean;
  /** Nothing goes above what is there: what was printed stays as it is. */
  readonly inArrivalOrder: boolean;
}

export type WindowEvent =
  | { readonly type: 'client'; readonly event: ClientEvent }
  | { readonly type: 'input'; readonly event: InputEvent }
  | { readonly type: 'resize'; readonly columns: number; readonly rows: number }
  | { readonly type: 'stats'; readonly stats: LinkStats | undefined }
  /** Something to tell the person, in the room that is shown. */
  | { readonly type: 'note'; readonly level: NoteLevel; readonly text: string }
  /** A new draft, from the person's own editor. */
  | { readonly type: 'draft'; readonly text: string }
  /** Names in a folder, for the completion that asked for them. */
  | { readonly type: 'paths'; readonly word: string; readonly names: readonly string[] }
  /** A countdown moved on, see `nextTick`. */
  | { readonly type: 'tick' };

/** What the reducer wants done in the world. */
export type Effect =
  | {
      readonly type: 'post';
      readonly room: string;
      readonly text: string;
      readonly kind: EntryKind;
      /** Number of the line that it is about. */
      readonly ref?: number;
      /** Nick of the person that it is about. */
      readonly to?: string;
    }
  | { readonly type: 'join'; readonly room: string; readonly key?: string }
  | { readonly type: 'part'; readonly room: string; readonly reason: string }
  | { readonly type: 'list'; readonly query: string }
  | { readonly type: 'invite'; readonly room: string; readonly nick: string }
  | { readonly type: 'whois'; readonly nick: string }
  /** An empty impairment ends it. */
  | { readonly type: 'lab'; readonly room: string; readonly impairment: string }
  | { readonly type: 'accept-lab'; readonly isAccepted: boolean }
  | { readonly type: 'search'; readonly room: string; readonly query: string }
  | {
      readonly type: 'history';
      readonly room: string;
      /** Entries below this number, the newest of them. */
      readonly before: number;
      readonly count: number;
    }
  | { readonly type: 'register'; readonly isWanted: boolean }
  | { readonly type: 'away'; readonly reason: string | undefined }
  | { readonly type: 'typing'; readonly room: string }
  | { readonly type: 'read'; readonly room: string; readonly seq: number }
  | { readonly type: 'direct'; readonly nick: string; readonly text: string }
  | { readonly type: 'nick'; readonly nick: string }
  | { readonly type: 'quit'; readonly reason: string | undefined }
  | { readonly type: 'mouse'; readonly on: boolean }
  /** Tell the person although they look elsewhere; the world knows how. */
  | { readonly type: 'notify'; readonly title: string; readonly text: string }
  | { readonly type: 'title'; readonly text: string }
  | { readonly type: 'copy'; readonly text: string }
  | { readonly type: 'edit-draft'; readonly text: string }
  | { readonly type: 'list-paths'; readonly word: string }
  | { readonly type: 'save-setting'; readonly name: SettingName; readonly value: string | boolean }
  | { readonly type: 'trace'; readonly line: LineItem }
  | { readonly type: 'redraw' | 'suspend' | 'bell' };

/** A new state and what to do now. */
export type Step = readonly [WindowState, readonly Effect[]];

export interface InitialOptions {
  readonly columns: number;
  readonly rows: number;
  readonly nick: string;
  readonly room: string;
  readonly now: number;
  readonly epoch: number;
  readonly settings?: Settings;
  readonly keymap?: Keymap;
  readonly inArrivalOrder?: boolean;
}

export function initialState(options: InitialOptions): WindowState {
  const { settings = DEFAULT_SETTINGS, keymap = KEYMAP } = options;
  const { inArrivalOrder = false, ...given } = options;
  return {
    ...given,
    inArrivalOrder,
    settings,
    keymap,
    rooms: [newRoom(options.room)],
    previous: options.room,
    joining: undefined,
    ignored: new Set(),
    status: { type: 'status', status: 'connecting', attempt: 0 },
    prefix: '',
    completion: undefined,
    search: undefined,
    picked: undefined,
    paste: undefined,
    help: undefined,
    toasts: [],
    showRooms: true,
    showUsers: settings.users,
    showLink: settings.link,
    mouse: settings.mouse,
    focused: true,
    stats: undefined,
    history: { rtt: [], lossOut: [], lossIn: [], retransmits: [], copies: [], cwnd: [] },
    spoken: false,
  };
}

/** The room that is shown. */
export function activeRoom(state: WindowState): RoomState {
  return findRoom(state, state.room) ?? newRoom(state.room);
}

export function findRoom(state: WindowState, name: string): RoomState | undefined {
  return state.rooms.find((room) => room.name === name);
}

/** Changes a room, which is made when it is not there yet. */
export function updateRoom(
  state: WindowState,
  name: string,
  change: (room: RoomState) => RoomState,
): WindowState {
  const index = state.rooms.findIndex((room) => room.name === name);
  const before = state.rooms[index];
  if (before === undefined) return { ...state, rooms: [...state.rooms, change(newRoom(name))] };
  const after = change(before);
  return after === before ? state : { ...state, rooms: state.rooms.with(index, after) };
}

/** Changes the room that is shown. */
export function updateActive(
  state: WindowState,
  change: (room: RoomState) => RoomState,
): WindowState {
  return updateRoom(state, state.room, change);
}

/** Shows another room, which is made when it is not there yet. */
export function switchRoom(state: WindowState, name: string): WindowState {
  if (name === state.room) return state;
  const left = updateActive(state, (room) => (room.unread === 0 ? clearMark(room) : room));
  const { kills } = activeRoom(state).editor;
  const entered = updateRoom(left, name, (room) => {
    const { editor } = look(room);
    return { ...look(room), editor: { ...editor, kills } };
  });
  return {
    ...entered,
    room: name,
    previous: state.room,
    completion: undefined,
    search: undefined,
    picked: undefined,
  };
}

/** Takes a room from the window; the last one stays. */
export function closeRoom(state: WindowState, name: string): WindowState {
  const rooms = state.rooms.filter((room) => room.name !== name);
  const index = state.rooms.findIndex((room) => room.name === name);
  const next = rooms[Math.max(0, index - 1)];
  if (next === undefined || index === -1) return state;
  const shown = state.room === name ? switchRoom(state, next.name) : state;
  return { ...shown, rooms: shown.rooms.filter((room) => room.name !== name) };
}

/** Where everything is for this state. */
export function layoutOf(state: WindowState): Layout {
  const { columns, rows, showUsers, showLink } = state;
  const showRooms = state.showRooms && state.rooms.length > 1;
  const options = { columns, rows, showRooms, showUsers, showLink };
  const room = layout({ ...options, inputRows: 1 });
  const inputRows = inputRowCount(activeRoom(state).editor, room.input.width);
  return inputRows === 1 ? room : layout({ ...options, inputRows });
}

/** The log and the pending lines below it as one list of rows, `width` columns wide. */
export function rowSource(room: RoomState, width: number): RowSource {
  return {
    first: room.log.first,
    end: entriesEnd(room),
    rowCount: (index) => {
      const item = entryAt(room, index);
      const mark = index === room.readMark ? 1 : 0;
      return item === undefined ? 1 : rowsOf(item, width).length + mark;
    },
  };
}

/** Adds something that happened; to the room that is shown, unless told. */
export function addNote(
  state: WindowState,
  level: NoteLevel,
  text: string,
  options: { at?: number; room?: string; past?: boolean } = {},
): WindowState {
  const { at = state.epoch + state.now, room = state.room, past = false } = options;
  const add = past && !state.inArrivalOrder ? addPast : addItem;
  return updateRoom(state, room, (target) => add(target, { type: 'note', level, text, at }));
}

/** The `back`-th newest line of a room, 1 for the newest; notes do not count. */
export function lineBack(room: RoomState, back: number, own = false): LineItem | undefined {
  let left = back;
  for (let index = room.log.end - 1; index >= room.log.first; index--) {
    const item: LogItem | undefined = entryAt(room, index);
    if (item?.type !== 'line' || item.deleted === true || (own && !item.own)) continue;
    if (--left === 0) return item;
  }
  return undefined;
}
