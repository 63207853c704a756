import type {
  AcceptedEvent,
  ClientEvent,
  InvitedEvent,
  JoinedEvent,
  LabEvent,
  MembershipEvent,
  MessageEvent,
  NickEvent,
  PartedEvent,
  PendingEvent,
  RejectedEvent,
  RoomsEvent,
  RosterEvent,
  StatusEvent,
  TypingEvent,
} from '../../../lib/index.ts';
import { mentions } from '../text/markup.ts';
import { lineBySeq, reduceEntry } from './entries.ts';
import { compactLine, type LineItem, type Quote } from './log.ts';
import {
  addItem,
  addPast,
  clearMark,
  countUnread,
  directNick,
  labText,
  noteSeq,
  type RoomState,
  spokeNow,
  type UserEntry,
} from './room.ts';
import {
  addNote,
  closeRoom,
  type Effect,
  findRoom,
  type Step,
  switchRoom,
  type Toast,
  updateRoom,
  type WindowState,
} from './state.ts';

/** How long someone who is gone stays in the user list, ms: long enough to be noticed. */
export const GONE_SHOWN = 60_000;
/** How long a toast stands, ms: two lines are read in that time. */
export const TOAST_SHOWN = 5000;
/** How long somebody is shown as writing after the last sign of it, ms; signs come more often. */
const TYPING_SHOWN = 6000;
/** Writers that a room shows. */
const MAX_TYPING = 8;
/** Toasts at one time; the oldest gives way. */
const MAX_TOASTS = 3;

/** What the chat client said, put into the window. */
export function reduceClient(state: WindowState, event: ClientEvent): Step {
  switch (event.type) {
    case 'message':
      return onMessage(numbered(state.spoken ? state : { ...state, spoken: true }, event), event);
    case 'pending':
      return [addPending(state, event), []];
    case 'accepted':
      return [onAccepted(state, event), []];
    case 'rejected':
      return [onRejected(state, event), []];
    case 'roster':
      return [onRoster(state, event), []];
    case 'join':
    case 'leave':
    case 'gone':
      return [onMembership(state, event), []];
    case 'nick':
      return [onNick(state, event), []];
    case 'presence':
      return [
        mapRooms(state, (room) =>
          mapUser(room, event.nick, (user) => ({ ...user, presence: event.presence })),
        ),
        [],
      ];
    case 'status':
      return [onStatus(state, event), []];
    case 'welcome':
      return [{ ...(event.resumed ? state : mapRooms(state, settle)), nick: event.nick }, []];
    case 'notice':
      return [addNote(state, event.level, event.text), []];
    case 'joined':
      return [onJoined(state, event), []];
    case 'parted':
      return [onParted(state, event), []];
    case 'edit':
    case 'delete':
    case 'react':
    case 'topic':
    case 'act':
      return [reduceEntry(numbered(state, event), event), []];
    case 'typing':
      return [onTyping(state, event), []];
    case 'read':
      return [
        updateRoom(state, event.room, (room) => {
          const readByOthers = Math.max(room.readByOthers, event.seq);
          return readByOthers === room.readByOthers ? room : { ...room, readByOthers };
        }),
        [],
      ];
    case 'rooms':
      return [onRooms(state, event), []];
    case 'invited':
      return onInvited(state, event);
    case 'lab':
      return [onLab(state, event), []];
    case 'page':
    case 'closed':
      return [state, []];
  }
}

function numbered(state: WindowState, { room, seq }: { room: string; seq: number }): WindowState {
  const known = findRoom(state, room) !== undefined;
  return known ? updateRoom(state, room, (target) => noteSeq(target, seq)) : state;
}

function mapRooms(state: WindowState, change: (room: RoomState) => RoomState): WindowState {
  return { ...state, rooms: state.rooms.map(change) };
}

function onMessage(state: WindowState, event: MessageEvent): Step {
  const { id, own } = event;
  if (!own && state.ignored.has(event.nick.toLowerCase())) return [state, []];
  if (findRoom(state, event.room)?.settled.has(id) === true) return [state, []];
  const item = lineOf(state, event);
  const isLive = !own && !event.history;
  const isLookedAt = event.room === state.room && state.focused;
  const isForUs = directNick(event.room) !== undefined || item.named !== '';
  const add = event.history && !state.inArrivalOrder ? addPast : addItem;
  const next = updateRoom(state, event.room, (room) => {
    const kept = own ? { ...room, pending: room.pending.filter((line) => line.id !== id) } : room;
    const took = room.pending.find((line) => line.id === id)?.took;
    const placed = took === undefined ? item : { ...item, took };
    const added = spokeNow(add(kept, placed), event.nick);
    if (own) return clearMark(added);
    return isLive && !isLookedAt ? countUnread(added, isForUs) : added;
  });
  return isLive && isForUs && !isLookedAt ? announce(next, item, event.room) : [next, []];
}

/** Someone wants the person's eye while it is elsewhere. */
function announce(state: WindowState, item: LineItem, room: string): Step {
  const where = directNick(room) === undefined ? ` in ${room}` : '';
  const effects: Effect[] = [];
  if (state.settings.bell) effects.push({ type: 'bell' });
  if (state.settings.notify !== 'off') {
    effects.push({ type: 'notify', title: `${item.nick}${where}`, text: item.text });
  }
  if (room === state.room) return [state, effects];
  return [addToast(state, `${item.nick}${where}: ${item.text}`), effects];
}

function addToast(state: WindowState, text: string): WindowState {
  const toast: Toast = { text, until: state.now + TOAST_SHOWN };
  return { ...state, toasts: [...state.toasts, toast].slice(-MAX_TOASTS) };
}

function lineOf(state: WindowState, event: MessageEvent | PendingEvent): LineItem {
  const { id, at, kind, text, nick } = event;
  // What we said before this session is told as anybody's; our nick belongs to our key.
  const own = event.type === 'pending' || event.own || (event.history && nick === state.nick);
  const mark: LineItem['mark'] = event.type === 'pending' ? 'pending' : own ? 'accepted' : 'none';
  const named = !own && mentions(text, state.nick) ? state.nick : '';
  const seq = event.type === 'message' ? event.seq : 0;
  const quote = quoteOf(findRoom(state, event.room), event.ref);
  const { edited = false, deleted = false } = event.type === 'message' ? event : {};
  const told = { id, seq, at, nick, kind, text, own, mark, named };
  return compactLine({ ...told, quote, edited, deleted, grouped: false, newDay: false });
}

/** What is answered; its number is told at least, when the line itself is not there (any more). */
function quoteOf(room: RoomState | undefined, ref = 0): Quote | undefined {
  if (ref === 0) return undefined;
  const line = room === undefined ? undefined : lineBySeq(room, ref)?.item;
  if (line === undefined) return { seq: ref, nick: '', text: 'an earlier line' };
  return { seq: ref, nick: line.nick, text: line.text };
}

/** A server that does not know us any more may never give our accepted lines their place. */
function settle(room: RoomState): RoomState {
  const accepted = room.pending.filter((line) => line.mark === 'accepted');
  if (accepted.length === 0) return room;
  const settled = new Set(accepted.map((line) => line.id));
  const pending = room.pending.filter((line) => line.mark !== 'accepted');
  return accepted.reduce(addItem, { ...room, pending, settled });
}

function addPending(state: WindowState, event: PendingEvent): WindowState {
  const line = lineOf(state, event);
  return updateRoom(state, event.room, (room) => ({
    ...room,
    pending: [...room.pending, line],
  }));
}

function onAccepted(state: WindowState, { room: name, id }: AcceptedEvent): WindowState {
  const now = state.epoch + state.now;
  return updateRoom(state, name, (room) => {
    const pending = room.pending.map((line): LineItem => {
      if (line.id !== id) return line;
      return { ...line, mark: 'accepted', took: Math.max(0, now - line.at) };
    });
    return { ...room, pending };
  });
}

/** What was refused stays below the log, to be sent again or dropped. */
function onRejected(state: WindowState, event: RejectedEvent): WindowState {
  const failed = updateRoom(state, event.room, (room) => {
    const pending = room.pending.map(
      (line): LineItem => (line.id === event.id ? { ...line, mark: 'failed' } : line),
    );
    return { ...room, pending };
  });
  const text = `not sent: ${event.reason}`;
  return addNote(failed, 'error', text, { room: event.room });
}

function sortUsers(users: readonly UserEntry[]): UserEntry[] {
  return users.toSorted((a, b) => a.nick.localeCompare(b.nick));
}

/** Who is gone stays in the list although the server has forgotten them. */
function onRoster(state: WindowState, event: RosterEvent): WindowState {
  return updateRoom(state, event.room, (room) => {
    const present = new Set(event.users.map((user) => user.nick));
    const gone = room.users.filter((user) => user.presence === 'gone' && !present.has(user.nick));
    const { users, total = 0 } = event;
    return { ...room, total, users: sortUsers([...users, ...gone]) };
  });
}

function onMembership(state: WindowState, event: MembershipEvent): WindowState {
  const { type, nick, room, at } = event;
  const why = event.reason === '' ? '' : ` (${event.reason})`;
  const next = updateRoom(state, room, (target) => {
    const others = target.users.filter((user) => user.nick !== nick);
    const typing = target.typing.filter((entry) => entry.nick !== nick);
    return { ...target, typing, users: sortUsers([...others, ...entryAfter(state, event)]) };
  });
  if (!state.settings.presence) return next;
  const words = { join: `${nick} joined`, leave: `${nick} left`, gone: `${nick} is gone` };
  return addNote(next, type, words[type] + why, { at, room });
}

function entryAfter(state: WindowState, { type, nick }: MembershipEvent): UserEntry[] {
  if (type === 'leave') return [];
  if (type === 'join') return [{ nick, presence: 'here' }];
  return [{ nick, presence: 'gone', until: state.now + GONE_SHOWN }];
}

function onNick(state: WindowState, event: NickEvent): WindowState {
  const { from, to, own, at, room } = event;
  if (findRoom(state, room) === undefined) {
    const text = own ? `you are now ${to}` : `${from} is now ${to}`;
    return addNote({ ...state, nick: own ? to : state.nick }, 'info', text, { at });
  }
  const renamed = updateRoom(state, room, (target) => {
    const { users } = mapUser(target, from, (user) => ({ ...user, nick: to }));
    const spoke = target.spoke.map((nick) => (nick === from ? to : nick));
    return { ...target, users: sortUsers(users), spoke };
  });
  const text = own ? `you are now ${to}` : `${from} is now ${to}`;
  return addNote({ ...renamed, nick: own ? to : state.nick }, 'info', text, { at, room });
}

function mapUser(room: RoomState, nick: string, change: (user: UserEntry) => UserEntry): RoomState {
  if (!room.users.some((user) => user.nick === nick)) return room;
  const users = room.users.map((user) =>
    user.nick === nick && user.presence !== 'gone' ? change(user) : user,
  );
  return { ...room, users };
}

/** We are in; shown at once if the person asked for it. */
function onJoined(state: WindowState, { room, topic }: JoinedEvent): WindowState {
  const next = updateRoom(state, room, (target) => ({ ...target, topic, lab: undefined }));
  if (state.joining !== room) return next;
  return { ...switchRoom(next, room), joining: undefined };
}

/** We are out. What we left by ourselves goes; from where we were put out, the log stays. */
function onParted(state: WindowState, { room, code, reason }: PartedEvent): WindowState {
  const next = state.joining === room ? { ...state, joining: undefined } : state;
  if (code === 'left') return closeRoom(next, room);
  const text = `not in ${room}${reason === '' ? '' : `: ${reason}`}`;
  if (findRoom(next, room) === undefined) return addNote(next, 'error', text);
  const emptied = updateRoom(next, room, (target) => ({ ...target, users: [], typing: [] }));
  return addNote(emptied, 'error', text, { room });
}

function onTyping(state: WindowState, { room, nick }: TypingEvent): WindowState {
  if (findRoom(state, room) === undefined) return state;
  const until = state.now + TYPING_SHOWN;
  return updateRoom(state, room, (target) => {
    const others = target.typing.filter((entry) => entry.nick !== nick);
    return { ...target, typing: [...others, { nick, until }].slice(-MAX_TYPING) };
  });
}

function onRooms(state: WindowState, { rooms, total }: RoomsEvent): WindowState {
  const lines = rooms.map(({ room, members, topic }) => {
    const people = `${members} ${members === 1 ? 'person' : 'people'}`;
    return `${room}  ${people}${topic === '' ? '' : `  ${topic}`}`;
  });
  const more = total > rooms.length ? [`and ${total - rooms.length} more; /list WORD finds`] : [];
  const all = lines.length === 0 ? ['no such room'] : [...lines, ...more];
  return all.reduce((next, text) => addNote(next, 'info', text), state);
}

function onInvited(state: WindowState, { room, nick }: InvitedEvent): Step {
  const text = `${nick} asks you into ${room}; /join ${room} goes there`;
  const effects: Effect[] = state.settings.bell ? [{ type: 'bell' }] : [];
  return [addNote(state, 'info', text), effects];
}

/** The link panel shows it as long as it lasts; the log says when it began and ended. */
function onLab(state: WindowState, { room, nick, impairment }: LabEvent): WindowState {
  if (impairment === '') {
    const next = updateRoom(state, room, (target) => ({ ...target, lab: undefined }));
    return addNote(next, 'info', `lab: off, by ${nick}`, { room });
  }
  const lab = { impairment, nick };
  const next = updateRoom(state, room, (target) => ({ ...target, lab }));
  const { settings } = state;
  const hint = `/set lab ${settings.lab ? 'off keeps your link out of it' : 'on takes part'}`;
  return addNote(next, 'info', `${labText(lab, settings)}; ${hint}`, { room });
}

/** The log tells what the status bar would show for too short a time. */
function onStatus(state: WindowState, event: StatusEvent): WindowState {
  const before = state.status.status;
  const isLost = event.status === 'reconnecting' || event.status === 'closed';
  const known = { ...state, status: event };
  // The server says what is on when we are back.
  const next = isLost ? mapRooms(known, (room) => ({ ...room, lab: undefined })) : known;
  if (event.status === 'reconnecting' && before !== 'reconnecting') {
    const why = event.detail === undefined ? '' : `: ${event.detail}`;
    return addNote(next, 'error', `connection lost${why}; what you type is sent when it is back`);
  }
  if (event.status === 'online' && (before === 'reconnecting' || before === 'connecting')) {
    const text = before === 'connecting' ? `connected to ${state.room}` : 'connected again';
    return addNote(next, 'info', text);
  }
  return next;
}
