/**
 * What a chat client tells whoever shows it: a window, a pipe, a bot. Plain values, all text
 * sanitised.
 */
export type ClientEvent =
  | StatusEvent
  | WelcomeEvent
  | RosterEvent
  | MessageEvent
  | PendingEvent
  | AcceptedEvent
  | RejectedEvent
  | MembershipEvent
  | NickEvent
  | PresenceEvent
  | NoticeEvent
  | ClosedEvent;

/** `slow`: the transport suspects the path; see spec/protocol, Liveness. */
export type Presence = 'here' | 'slow';

export interface User {
  readonly nick: string;
  readonly presence: Presence;
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

/** Everyone in a room, sorted by nick; replaces what was known. */
export interface RosterEvent {
  readonly type: 'roster';
  readonly room: string;
  readonly users: readonly User[];
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
  /** Server's wall clock, ms since 1970. */
  readonly at: number;
  /** Sent by this client: it was shown as pending before, and this is its tick. */
  readonly own: boolean;
  /** From the room's history, not live. */
  readonly history: boolean;
}

/** A line of ours was queued; it gets `accepted` (or `rejected`) with the same id later. */
export interface PendingEvent {
  readonly type: 'pending';
  readonly room: string;
  readonly id: string;
  readonly nick: string;
  readonly kind: 'text' | 'action';
  readonly text: string;
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
}

/** Something to tell the person that is not chat: an error answer, "3 missed messages". */
export interface NoticeEvent {
  readonly type: 'notice';
  readonly level: 'info' | 'error';
  readonly code: string;
  readonly text: string;
}

/** The last event: this client will not come back by itself. */
export interface ClosedEvent {
  readonly type: 'closed';
  /**
   * `quit` by ourselves; `unreachable`: no first connection within the timeout; `server-key`: the
   * server has proven a key that we do not accept.
   */
  readonly code:
    | 'quit'
    | 'unreachable'
    | 'server-key'
    | 'nick-taken'
    | 'nick-invalid'
    | 'refused'
    | 'kicked';
  readonly reason: string;
  /** Lines that the server never accepted. */
  readonly undelivered: number;
}
