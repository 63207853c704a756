/**
 * What a chat client tells whoever shows it: a window, a pipe, a bot. Plain values, all text
 * sanitised.
 */
export type ClientEvent =
  | StatusEvent
  | WelcomeEvent
  | JoinedEvent
  | PartedEvent
  | RosterEvent
  | MessageEvent
  | EditEvent
  | DeleteEvent
  | ReactEvent
  | TopicEvent
  | ActEvent
  | PendingEvent
  | AcceptedEvent
  | RejectedEvent
  | MembershipEvent
  | NickEvent
  | PresenceEvent
  | TypingEvent
  | ReadEvent
  | RoomsEvent
  | InvitedEvent
  | LabEvent
  | NoticeEvent
  | PageEvent
  | ClosedEvent;

/** `slow`: the transport suspects the path, see spec/protocol, Liveness; `away`: they said so. */
export type Presence = 'here' | 'slow' | 'away';

/** What somebody may do, from least to most. */
export type Role = 'guest' | 'member' | 'op' | 'owner';

export interface User {
  readonly nick: string;
  readonly presence: Presence;
  readonly role?: Role;
}

/** The connection's own state. `retryAt` is in the clock of `now`, ms; set while reconnecting. */
export interface StatusEvent {
  readonly type: 'status';
  readonly status: 'connecting' | 'online' | 'slow' | 'reconnecting' | 'closed';
  readonly attempt: number;
  readonly retryAt?: number;
  /** Why the last connection ended, for people. */
  readonly detail?: string;
}

/** The server has let us in under `nick`. `resumed`: the same server still knew us. */
export interface WelcomeEvent {
  readonly type: 'welcome';
  readonly nick: string;
  readonly resumed: boolean;
}

/** We are in a room, for the first time or again; its `roster` and its lines follow. */
export interface JoinedEvent {
  readonly type: 'joined';
  readonly room: string;
  readonly topic: string;
  /** `+` and a letter for each mode that is on: `i` by invitation only, `k` with a key. */
  readonly modes: string;
}

/** We are not in a room any more, or were not let in; `code` is `left` when we wanted it so. */
export interface PartedEvent {
  readonly type: 'parted';
  readonly room: string;
  readonly code: string;
  readonly reason: string;
}

/** Everyone in a room who is known by name, sorted by it; replaces what was known. */
export interface RosterEvent {
  readonly type: 'roster';
  readonly room: string;
  readonly users: readonly User[];
  /** People in the room, where not all are known by name: in very large ones. */
  readonly total?: number;
}

/** A line in a room, or between two people (then `room` is `@` and the other's nick). */
export interface MessageEvent {
  readonly type: 'message';
  readonly room: string;
  /** The server's number of the line in its room, from 1; 0 for direct messages. */
  readonly seq: number;
  /** The sender's id of the line, hexadecimal. */
  readonly id: string;
  readonly nick: string;
  readonly kind: 'text' | 'action';
  readonly text: string;
  /** Number of the line that this one answers; absent or 0: none. */
  readonly ref?: number;
  /** Its author gave it another text since; this is the last one. */
  readonly edited?: boolean;
  /** It was taken back since: there is no text. */
  readonly deleted?: boolean;
  /** Server's wall clock, ms since 1970. */
  readonly at: number;
  /** Sent by this client: it was shown as pending before, and this is its tick. */
  readonly own: boolean;
  /** From the room's history, not live. */
  readonly history: boolean;
}

/** What an event has that is an entry of a room's log. */
interface Entry<T extends string> {
  readonly type: T;
  readonly room: string;
  /** The number of this entry in its room. */
  readonly seq: number;
  /** Who did it. */
  readonly nick: string;
  /** Server's wall clock, ms since 1970. */
  readonly at: number;
  readonly own: boolean;
  /** From the room's history, not live. */
  readonly history: boolean;
}

/** The author gave line `ref` another text. */
export interface EditEvent extends Entry<'edit'> {
  readonly ref: number;
  readonly text: string;
}

/** Line `ref` was taken back by its author, or by somebody who may. */
export interface DeleteEvent extends Entry<'delete'> {
  readonly ref: number;
}

/** A reaction to line `ref`, or (`on` false) one taken back. */
export interface ReactEvent extends Entry<'react'> {
  readonly ref: number;
  readonly text: string;
  readonly on: boolean;
}

/** The room has another topic. */
export interface TopicEvent extends Entry<'topic'> {
  readonly topic: string;
}

/** What somebody with a role did to a person (`to`) or to the room's modes (`text`). */
export interface ActEvent extends Entry<'act'> {
  readonly act: 'mode' | 'kick' | 'ban' | 'unban' | 'mute' | 'unmute' | 'op' | 'deop';
  readonly to: string;
  /** The reason, or the modes. */
  readonly text: string;
}

/** A line of ours was queued; it gets `accepted` (or `rejected`) with the same id later. */
export interface PendingEvent {
  readonly type: 'pending';
  readonly room: string;
  readonly id: string;
  readonly nick: string;
  readonly kind: 'text' | 'action';
  readonly text: string;
  /** Number of the line that this one answers; absent or 0: none. */
  readonly ref?: number;
  readonly at: number;
}

/** The server has taken our line as number `seq`. Always before or with its `message`. */
export interface AcceptedEvent {
  readonly type: 'accepted';
  readonly room: string;
  readonly id: string;
  readonly seq: number;
  readonly at: number;
}

/** A post of ours was not taken; with `code` `unanswered`, nobody knows: we left before. */
export interface RejectedEvent {
  readonly type: 'rejected';
  readonly room: string;
  readonly id: string;
  readonly code: string;
  readonly reason: string;
}

/** `leave` said goodbye; `gone` was lost without a word. */
export interface MembershipEvent {
  readonly type: 'join' | 'leave' | 'gone';
  readonly room: string;
  readonly nick: string;
  readonly reason: string;
  readonly at: number;
}

/** Told in each room that both are in; of ourselves, when we are in none, with an empty `room`. */
export interface NickEvent {
  readonly type: 'nick';
  readonly room: string;
  readonly from: string;
  readonly to: string;
  readonly own: boolean;
  readonly at: number;
}

export interface PresenceEvent {
  readonly type: 'presence';
  readonly nick: string;
  readonly presence: Presence;
  /** What somebody who is away has to say about it. */
  readonly reason?: string;
}

/** Somebody is writing in a room, or (`@nick`) to us; true for a few seconds. May get lost. */
export interface TypingEvent {
  readonly type: 'typing';
  readonly room: string;
  readonly nick: string;
}

/** Somebody has read a room up to line `seq`. May get lost. */
export interface ReadEvent {
  readonly type: 'read';
  readonly room: string;
  readonly nick: string;
  readonly seq: number;
}

/** The answer to `list`: the fullest rooms first; there are `total`. */
export interface RoomsEvent {
  readonly type: 'rooms';
  readonly rooms: readonly {
    readonly room: string;
    readonly members: number;
    readonly topic: string;
  }[];
  readonly total: number;
}

/** Somebody asks us into a room; `join` goes there. */
export interface InvitedEvent {
  readonly type: 'invited';
  readonly room: string;
  readonly nick: string;
}

/**
 * An operator asks a room to try a bad network; an empty impairment: that is over. Whoever has a
 * socket does it there, or does not (`LiveLab`). It ends with our stay in the room, and with the
 * connection: after it the server says what is on.
 */
export interface LabEvent {
  readonly type: 'lab';
  readonly room: string;
  /** Who began it, or ended it. */
  readonly nick: string;
  /** In the words of tc-netem. */
  readonly impairment: string;
}

/** Something to tell the person that is not chat: an error answer, "3 missed messages". */
export interface NoticeEvent {
  readonly type: 'notice';
  readonly level: 'info' | 'error';
  readonly code: string;
  readonly text: string;
}

/** The answer to `history` or `search`: oldest first, or, of a search, newest first. */
export interface PageEvent {
  readonly type: 'page';
  /** What the question returned. */
  readonly ask: number;
  readonly room: string;
  /** The words that were looked for; empty for a page of history. */
  readonly query: string;
  /** Entries of the room's log; none: there is nothing more that way. */
  readonly entries: readonly ClientEvent[];
  /** Of a search: numbers of the entries that have the words; the others are their neighbours. */
  readonly found: readonly number[];
  /** Numbers of the first and the last entry of the page; 0: it is empty. */
  readonly from: number;
  readonly to: number;
  /** Number of the oldest entry that the server still has. */
  readonly first: number;
}

/** The last event: this client will not come back by itself. */
export interface ClosedEvent {
  readonly type: 'closed';
  /**
   * `quit` by ourselves; `unreachable`: no first connection within the timeout; `server-key`: the
   * server has proven a key that we do not accept; `protection`: one side wants encryption and the
   * other does not; `nick-yours`: another session of ours has that nick. What the others mean:
   * spec/protocol/chat.md, section 3.
   */
  readonly code:
    | 'quit'
    | 'unreachable'
    | 'server-key'
    | 'protection'
    | 'nick-taken'
    | 'nick-invalid'
    | 'nick-yours'
    | 'not-authorized'
    | 'invitation-required'
    | 'invitation-wrong'
    | 'password-required'
    | 'password-wrong'
    | 'too-many-tries'
    | 'banned'
    | 'refused'
    | 'kicked';
  readonly reason: string;
  /** Lines that the server never accepted. */
  readonly undelivered: number;
}
