import type { Presence, ReactEvent, Role } from '../../../lib/index.ts';
import { type Editor, EMPTY_EDITOR } from './editor.ts';
import {
  append,
  appendPast,
  EMPTY_LOG,
  itemAt,
  type LineItem,
  type Log,
  type LogItem,
  roomIn,
} from './log.ts';
import { FOLLOW, type Position } from './viewport.ts';

/** One in the user list. Who is gone stays in it until `until`, in the clock of `now`. */
export interface UserEntry {
  readonly nick: string;
  readonly presence: Presence | 'gone';
  readonly role?: Role;
  readonly until?: number;
}

/** Someone who writes at this moment, until `until` in the clock of `now`. */
export interface Typing {
  readonly nick: string;
  readonly until: number;
}

/** A place further back that the person wants to see; `from`: where we were when they said so. */
export type Goal =
  | { readonly type: 'seq'; readonly seq: number; readonly from: number }
  | { readonly type: 'time'; readonly at: number; readonly from: number };

/** What the server has of a room and we have not, and how we get at it. */
export interface Past {
  /** Number of the oldest entry that we know; Infinity: none. */
  readonly oldest: number;
  /** There is nothing before it. */
  readonly isAll: boolean;
  /** The person has come near the beginning of what is there. */
  readonly isWanted: boolean;
  /** A page is on its way. */
  readonly isAsked: boolean;
  readonly goal: Goal | undefined;
  /** Reactions to lines that we have not got. */
  readonly orphans: readonly ReactEvent[];
}

const NO_PAST: Past = {
  oldest: Infinity,
  isAll: false,
  isWanted: false,
  isAsked: false,
  goal: undefined,
  orphans: [],
};
/** Reactions that wait for their lines; the oldest go first. */
const MAX_ORPHANS = 500;

/** The bad network that an operator, `nick`, asks a room to try. */
export interface Lab {
  readonly impairment: string;
  readonly nick: string;
}

/** `lab: loss 20% by alice`, and whether this person's own link is like that. */
export function labText({ impairment, nick }: Lab, { lab: isAccepted }: { lab: boolean }): string {
  return `lab: ${impairment} by ${nick}${isAccepted ? '' : ' (not on your link)'}`;
}

/** A room, or two people (`@nick`), as the window shows it. */
export interface RoomState {
  readonly name: string;
  readonly topic: string;
  readonly users: readonly UserEntry[];
  /** How many are in it, where not all are known by name; else 0. */
  readonly total: number;
  readonly lab: Lab | undefined;
  readonly log: Log;
  readonly past: Past;
  /** Lines of ours without a place in the log yet; shown below it, so that order never changes. */
  readonly pending: readonly LineItem[];
  /** Ids of accepted lines that went into the log without their message, see `settle`. */
  readonly settled: ReadonlySet<string>;
  readonly position: Position;
  /** Entries that came in below what is shown. */
  readonly unseen: number;
  /** Lines of others since the person last looked, and how many of them were meant for them. */
  readonly unread: number;
  readonly mentions: number;
  /** Index of the first line that came in while nobody looked: the unread line is above it. */
  readonly readMark: number | undefined;
  /** The draft stays with its room. */
  readonly editor: Editor;
  readonly typing: readonly Typing[];
  /** Numbers of the line up to which somebody else has read, and up to which we said we have. */
  readonly readByOthers: number;
  readonly readByUs: number;
  /** Who spoke, the latest first. */
  readonly spoke: readonly string[];
}

/** Nicks kept in `spoke`: more than a completion menu shows. */
const MAX_SPOKE = 32;

export function newRoom(name: string): RoomState {
  return {
    name,
    topic: '',
    lab: undefined,
    users: [],
    total: 0,
    log: EMPTY_LOG,
    past: NO_PAST,
    pending: [],
    settled: new Set(),
    position: FOLLOW,
    unseen: 0,
    unread: 0,
    mentions: 0,
    readMark: undefined,
    editor: EMPTY_EDITOR,
    typing: [],
    readByOthers: 0,
    readByUs: 0,
    spoke: [],
  };
}

/** The nick of the other side of a room that is two people. */
export function directNick(room: string): string | undefined {
  return room.startsWith('@') ? room.slice(1) : undefined;
}

/** The entry of the log, or of the pending lines below it, at an index. */
export function entryAt(room: RoomState, index: number): LogItem | undefined {
  return itemAt(room.log, index) ?? room.pending[index - room.log.end];
}

/** Index behind the last entry, pending lines included. */
export function entriesEnd(room: RoomState): number {
  return room.log.end + room.pending.length;
}

/** The entry nearest to `from` in the direction of `step`, pending lines too. */
export function findEntry(
  room: RoomState,
  from: number,
  step: 1 | -1,
  matches: (item: LogItem) => boolean,
): number | undefined {
  for (let index = from; index >= room.log.first && index < entriesEnd(room); index += step) {
    const item = entryAt(room, index);
    if (item !== undefined && matches(item)) return index;
  }
  return undefined;
}

/** An entry with this number has come in. */
export function noteSeq(room: RoomState, seq: number): RoomState {
  if (seq <= 0 || seq >= room.past.oldest) return room;
  return { ...room, past: { ...room.past, oldest: seq, isAll: seq === 1 } };
}

/** The room with a wish for what was said before what it shows, if there may be more. */
export function wantOlder(room: RoomState, goal?: Goal): RoomState {
  const { past, log } = room;
  const isFull = roomIn(log) === 0;
  if (past.isAll || past.oldest === Infinity || isFull || !room.name.startsWith('#')) return room;
  if (past.isWanted && goal === undefined) return room;
  return { ...room, past: { ...past, isWanted: true, goal: goal ?? past.goal } };
}

/** Keeps a reaction for the time when its line comes in. */
export function keepOrphan(room: RoomState, event: ReactEvent): RoomState {
  const orphans = [...room.past.orphans, event].slice(-MAX_ORPHANS);
  return { ...room, past: { ...room.past, orphans } };
}

/** Adds an entry at the end of the log. */
export function addItem(room: RoomState, item: LogItem): RoomState {
  const unseen = room.position.type === 'follow' ? 0 : room.unseen + 1;
  return { ...room, log: append(room.log, item), unseen };
}

/** Adds a line that was said before we came, see `appendPast`. */
export function addPast(room: RoomState, item: LogItem): RoomState {
  const unseen = room.position.type === 'follow' ? 0 : room.unseen + 1;
  return { ...room, log: appendPast(room.log, item), unseen };
}

/** Counts the newest entry as one that nobody has looked at. */
export function countUnread(room: RoomState, mentions: boolean): RoomState {
  return {
    ...room,
    unread: room.unread + 1,
    mentions: room.mentions + (mentions ? 1 : 0),
    readMark: room.readMark ?? room.log.end - 1,
  };
}

/** The person looks at the room: nothing is unread, but the line stays where it was. */
export function look(room: RoomState): RoomState {
  return room.unread === 0 ? room : { ...room, unread: 0, mentions: 0 };
}

/** The person has looked at everything: the next unread line begins anew. */
export function clearMark(room: RoomState): RoomState {
  return room.readMark === undefined ? room : { ...room, readMark: undefined };
}

export function spokeNow(room: RoomState, nick: string): RoomState {
  const typing = room.typing.filter((entry) => entry.nick !== nick);
  if (room.spoke[0] === nick && typing.length === room.typing.length) return room;
  const others = room.spoke.filter((other) => other !== nick);
  return { ...room, typing, spoke: [nick, ...others].slice(0, MAX_SPOKE) };
}
