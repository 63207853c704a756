import type { ClientEvent, Presence, StatusEvent } from '../../../lib/index.ts';
import type { InputEvent } from '../input/decoder.ts';
import type { Completion } from './completion.ts';
import { type Editor, EMPTY_EDITOR } from './editor.ts';
import { inputRowCount } from './input-rows.ts';
import { type Layout, layout } from './layout.ts';
import { append, EMPTY_LOG, itemAt, type LineItem, type Log, type NoteItem } from './log.ts';
import { rowsOf } from './rows.ts';
import { FOLLOW, type Position, type RowSource } from './viewport.ts';

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

/** One in the user list. Who is gone stays in it until `until`, in the clock of `now`. */
export interface UserEntry {
  readonly nick: string;
  readonly presence: Presence | 'gone';
  readonly until?: number;
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
  readonly room: string;
  readonly topic: string;
  readonly status: StatusEvent;
  readonly users: readonly UserEntry[];
  readonly log: Log;
  /** Lines of ours without a place in the log yet; shown below it, so that order never changes. */
  readonly pending: readonly LineItem[];
  /** Ids of accepted lines that went into the log without their message, see `settle`. */
  readonly settled: ReadonlySet<string>;
  readonly position: Position;
  /** Entries that came in below what is shown. */
  readonly unseen: number;
  readonly editor: Editor;
  readonly completion: Completion | undefined;
  /** A paste of many lines that waits for an answer. */
  readonly paste: string | undefined;
  readonly showUsers: boolean;
  readonly showLink: boolean;
  /** Whether the window has the mouse; the terminal's own selection needs Shift then. */
  readonly mouse: boolean;
  readonly stats: LinkStats | undefined;
  /** Past values, newest last, for the sparklines. */
  readonly rttHistory: readonly number[];
  readonly lossHistory: readonly number[];
}

export type WindowEvent =
  | { readonly type: 'client'; readonly event: ClientEvent }
  | { readonly type: 'input'; readonly event: InputEvent }
  | { readonly type: 'resize'; readonly columns: number; readonly rows: number }
  | { readonly type: 'stats'; readonly stats: LinkStats | undefined }
  /** A countdown moved on, see `nextTick`. */
  | { readonly type: 'tick' };

/** What the reducer wants done in the world. */
export type Effect =
  | {
      readonly type: 'post';
      readonly room: string;
      readonly text: string;
      readonly kind: 'text' | 'action';
    }
  | { readonly type: 'direct'; readonly nick: string; readonly text: string }
  | { readonly type: 'nick'; readonly nick: string }
  | { readonly type: 'quit'; readonly reason: string | undefined }
  | { readonly type: 'mouse'; readonly on: boolean }
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
}

export function initialState(options: InitialOptions): WindowState {
  return {
    ...options,
    topic: '',
    status: { type: 'status', status: 'connecting', attempt: 0 },
    users: [],
    log: EMPTY_LOG,
    pending: [],
    settled: new Set(),
    position: FOLLOW,
    unseen: 0,
    editor: EMPTY_EDITOR,
    completion: undefined,
    paste: undefined,
    showUsers: true,
    showLink: true,
    mouse: false,
    stats: undefined,
    rttHistory: [],
    lossHistory: [],
  };
}

/** Where everything is for this state. */
export function layoutOf(state: WindowState): Layout {
  const { columns, rows, editor, showUsers, showLink } = state;
  const room = layout({ columns, rows, inputRows: 1, showUsers, showLink });
  const inputRows = inputRowCount(editor, room.input.width);
  return inputRows === 1 ? room : layout({ columns, rows, inputRows, showUsers, showLink });
}

/** The log and the pending lines below it as one list of rows, `width` columns wide. */
export function rowSource(state: WindowState, width: number): RowSource {
  const { log, pending } = state;
  return {
    first: log.first,
    end: log.end + pending.length,
    rowCount: (index) => {
      const item = entryAt(state, index);
      return item === undefined ? 1 : rowsOf(item, width).length;
    },
  };
}

/** The entry of `rowSource` at an index. */
export function entryAt(state: WindowState, index: number): LineItem | NoteItem | undefined {
  return itemAt(state.log, index) ?? state.pending[index - state.log.end];
}

/** Adds an entry at the end of the log. */
export function addItem(state: WindowState, item: LineItem | NoteItem): WindowState {
  const unseen = state.position.type === 'follow' ? 0 : state.unseen + 1;
  return { ...state, log: append(state.log, item), unseen };
}

export function addNote(
  state: WindowState,
  level: NoteItem['level'],
  text: string,
  at: number = state.epoch + state.now,
): WindowState {
  return addItem(state, { type: 'note', level, text, at });
}
