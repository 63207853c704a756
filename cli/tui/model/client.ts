import type {
  ClientEvent,
  MembershipEvent,
  MessageEvent,
  NickEvent,
  RejectedEvent,
  RosterEvent,
  StatusEvent,
} from '../../../lib/index.ts';
import type { LineItem } from './log.ts';
import {
  addItem,
  addNote,
  type Effect,
  type Step,
  type UserEntry,
  type WindowState,
} from './state.ts';

/** How long someone who is gone stays in the user list, ms: long enough to be noticed. */
export const GONE_SHOWN = 60_000;

/** What the chat client said, put into the window. */
export function reduceClient(state: WindowState, event: ClientEvent): Step {
  switch (event.type) {
    case 'message':
      return onMessage(state, event);
    case 'pending':
      return [addPending(state, event), []];
    case 'accepted':
      return [setMark(state, event.id, 'accepted'), []];
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
        mapUser(state, event.nick, (user) => ({ nick: user.nick, presence: event.presence })),
        [],
      ];
    case 'status':
      return [onStatus(state, event), []];
    case 'welcome':
      return [{ ...(event.resumed ? state : settle(state)), nick: event.nick }, []];
    case 'notice':
      return [addNote(state, event.level, event.text), []];
    default:
      return [state, []];
  }
}

/** The nick of the other side of a room that is two people. */
function directNick(room: string): string | undefined {
  return room.startsWith('@') ? room.slice(1) : undefined;
}

function onMessage(state: WindowState, event: MessageEvent): Step {
  const other = directNick(event.room);
  if (other === undefined && event.room !== state.room) return [state, []];
  const { id, at, kind, text, own } = event;
  if (state.settled.has(id)) return [state, []];
  const item: LineItem = {
    type: 'line',
    id,
    at,
    kind,
    text,
    own,
    nick: other ?? event.nick,
    mark: own ? 'accepted' : 'none',
    ...(other !== undefined && { direct: own ? 'to' : 'from' }),
  };
  const pending = own ? withoutPending(state, id) : state.pending;
  const effects: Effect[] = other !== undefined && !own && !event.history ? [{ type: 'bell' }] : [];
  return [addItem({ ...state, pending }, item), effects];
}

/** A server that does not know us any more may never give our accepted lines their place. */
function settle(state: WindowState): WindowState {
  const accepted = state.pending.filter((line) => line.mark === 'accepted');
  if (accepted.length === 0) return state;
  const settled = new Set(accepted.map((line) => line.id));
  const pending = state.pending.filter((line) => line.mark !== 'accepted');
  return accepted.reduce(addItem, { ...state, pending, settled });
}

function withoutPending(state: WindowState, id: string): readonly LineItem[] {
  return state.pending.filter((line) => line.id !== id);
}

function addPending(
  state: WindowState,
  event: Extract<ClientEvent, { type: 'pending' }>,
): WindowState {
  const { id, at, kind, text } = event;
  const other = directNick(event.room);
  const item: LineItem = {
    type: 'line',
    id,
    at,
    kind,
    text,
    own: true,
    nick: other ?? event.nick,
    mark: 'pending',
    ...(other !== undefined && { direct: 'to' }),
  };
  return { ...state, pending: [...state.pending, item] };
}

function setMark(state: WindowState, id: string, mark: LineItem['mark']): WindowState {
  const pending = state.pending.map((line) => (line.id === id ? { ...line, mark } : line));
  return { ...state, pending };
}

function onRejected(state: WindowState, event: RejectedEvent): WindowState {
  const line = state.pending.find(({ id }) => id === event.id);
  const failed: WindowState =
    line === undefined
      ? state
      : addItem(
          { ...state, pending: withoutPending(state, event.id) },
          { ...line, mark: 'failed' },
        );
  return addNote(failed, 'error', `not sent: ${event.reason}`);
}

function sortUsers(users: readonly UserEntry[]): UserEntry[] {
  return users.toSorted((a, b) => a.nick.localeCompare(b.nick));
}

/** Who is gone stays in the list although the server has forgotten them. */
function onRoster(state: WindowState, event: RosterEvent): WindowState {
  if (event.room !== state.room) return state;
  const present = new Set(event.users.map((user) => user.nick));
  const gone = state.users.filter((user) => user.presence === 'gone' && !present.has(user.nick));
  return { ...state, users: sortUsers([...event.users, ...gone]) };
}

function onMembership(state: WindowState, event: MembershipEvent): WindowState {
  const { type, nick, room, at } = event;
  if (room !== state.room) return state;
  const others = state.users.filter((user) => user.nick !== nick);
  const why = event.reason === '' ? '' : ` (${event.reason})`;
  if (type === 'join') {
    const users = sortUsers([...others, { nick, presence: 'here' }]);
    return addNote({ ...state, users }, 'join', `${nick} joined`, at);
  }
  if (type === 'leave') {
    return addNote({ ...state, users: others }, 'leave', `${nick} left${why}`, at);
  }
  const gone: UserEntry = { nick, presence: 'gone', until: state.now + GONE_SHOWN };
  const users = sortUsers([...others, gone]);
  return addNote({ ...state, users }, 'gone', `${nick} is gone${why}`, at);
}

function onNick(state: WindowState, event: NickEvent): WindowState {
  if (event.room !== state.room) return state;
  const { from, to, own, at } = event;
  const renamed = mapUser(state, from, (user) => ({ ...user, nick: to }));
  const users = sortUsers(renamed.users);
  const text = own ? `you are now ${to}` : `${from} is now ${to}`;
  return addNote({ ...renamed, users, nick: own ? to : state.nick }, 'info', text, at);
}

function mapUser(
  state: WindowState,
  nick: string,
  change: (user: UserEntry) => UserEntry,
): WindowState {
  const users = state.users.map((user) =>
    user.nick === nick && user.presence !== 'gone' ? change(user) : user,
  );
  return { ...state, users };
}

/** The log tells what the status bar would show for too short a time. */
function onStatus(state: WindowState, event: StatusEvent): WindowState {
  const before = state.status.status;
  const next = { ...state, status: event };
  if (event.status === 'reconnecting' && before !== 'reconnecting') {
    const why = event.detail === undefined ? '' : `: ${event.detail}`;
    return addNote(next, 'error', `connection lost${why}; what you type is sent when it is back`);
  }
  if (event.status === 'online' && (before === 'reconnecting' || before === 'connecting')) {
    return addNote(
      next,
      'info',
      before === 'connecting' ? `connected to ${state.room}` : 'connected again',
    );
  }
  return next;
}
