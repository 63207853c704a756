/**
 * Every bound of the chat layer: unit, value, reason. Both ends rely on them, so those that a peer
 * can notice are also written in spec/protocol/chat.md.
 */

/** Graphemes: fits the user list's column twice over. */
export const NICK_GRAPHEMES_MAX = 32;
/** UTF-8 bytes: keeps a piece of a roster within one transport message, see `USERS_MAX`. */
export const NAME_BYTES_MAX = 64;
/** Graphemes of a room's name with its `#`; the same reason. */
export const ROOM_GRAPHEMES_MAX = 32;

/**
 * UTF-8 bytes of one post after sanitising: a pasted file of 200 wide lines fits, a core dump
 * doesn't.
 */
export const TEXT_BYTES_MAX = 16 * 1024;
/** UTF-16 units kept of any text a peer sends; control characters triple when made visible. */
export const TEXT_UNITS_MAX = 64 * 1024;
/** UTF-16 units of a reason, code or other one-line text. */
export const LINE_UNITS_MAX = 256;
/** Combining marks in one cluster: Vietnamese needs 2, polytonic Hebrew 5; zalgo wants hundreds. */
export const MARKS_PER_CLUSTER_MAX = 8;
/** Columns between tab stops once expanded. */
export const TAB_COLUMNS = 4;

/** Bytes of one encoded record: the transport's message limit. */
export const RECORD_BYTES_MAX = 64 * 1024;
/**
 * Bytes up to which records share a message: with headers and tag, what a path of 1,200 bytes
 * (`maxDatagramSize`) takes in one datagram, whole.
 */
export const MESSAGE_BYTES = 1136;
/** Nesting of a record: map > array of users > user. One more for what comes later. */
export const RECORD_DEPTH_MAX = 4;
/** CBOR items in a message: a piece of a roster has 4 a member. */
export const RECORD_ITEMS_MAX = 4096;

/** Bytes: a session's secret, 128 bits so that it cannot be guessed. */
export const SESSION_BYTES = 16;
/** Bytes of the name of a store: enough that no two are ever called the same. */
export const LOG_ID_BYTES = 8;
/** Bytes of a static key (X25519). */
export const PUBLIC_KEY_BYTES = 32;
/** UTF-16 units of a password: a long sentence. */
export const SECRET_UNITS_MAX = 1024;
/** Bytes of the id a client gives its line. */
export const ID_BYTES_MIN = 8;
export const ID_BYTES_MAX = 16;

/** People in one record: 512 * (64 + 5) bytes stay under `RECORD_BYTES_MAX`; more take several. */
export const USERS_MAX = 512;
/** Comings and goings in one record: 64 * (64 + 3 * 256 + 8) bytes stay under it, too. */
export const NEWS_MAX = 64;
/** Rooms a client may be in, and name in its hello: more than anybody reads. */
export const ROOMS_PER_CLIENT_MAX = 64;
/** Rooms in one answer to `list`: 128 * (64 + 256 + 16) bytes stay under `RECORD_BYTES_MAX`. */
export const ROOMS_LISTED_MAX = 128;
/** UTF-8 bytes of a reaction: the longest emoji sequence (a family with skin tones) has 41. */
export const REACTION_BYTES_MAX = 48;
/** UTF-8 bytes of a topic: two lines of a window. */
export const TOPIC_BYTES_MAX = 256;
/** UTF-8 bytes of the key of a room. */
export const KEY_BYTES_MAX = 64;

/** The room everyone is in. */
export const LOBBY = '#lobby';
/** Ordered, reliable channels: their numbers are multiples of 4 (spec/protocol, Channels). */
export const CONTROL_CHANNEL = 0;
export const LOBBY_CHANNEL = 4;
/** Between the channels of two rooms. */
export const CHANNEL_STEP = 4;
/**
 * Channels that rooms share: half of the 256 that a connection may open, the rest is for what comes
 * later. Two rooms on one channel only wait for each other's losses.
 */
export const ROOM_CHANNELS = 128;
/** Unreliable: what is of no use when it is late. */
export const SIGNAL_CHANNEL = 3;

/** UTF-8 bytes of the reason in a CLOSE: the transport's limit. */
export const CLOSE_REASON_BYTES_MAX = 128;

/** Why a connection was closed, on the wire: the application's half of the CLOSE code space. */
export const CloseCode = {
  quit: 256,
  refused: 257,
  replaced: 258,
  helloTimeout: 259,
  protocol: 260,
  tooSlow: 261,
  shutdown: 262,
  kicked: 263,
} as const;

export interface ChatConfig {
  /**
   * Lines of a room that a client gets at most when it comes in or back; older ones it asks for.
   * 1,000: a working day of a busy room.
   */
  readonly historyLines: number;
  /** Bytes of them, so that a full replay fits a connection's send queue. */
  readonly historyBytes: number;
  /** ms a peer may stay without a valid hello. 5,000: three lost round trips on a bad link. */
  readonly helloTimeout: number;
  /** Peers without a hello at one time; each costs a map entry. 256. */
  readonly pendingPeers: number;
  /**
   * People on the server at one time: as many as connections, whose ids are what costs memory.
   */
  readonly members: number;
  /**
   * People of a room whom the others know by name; beyond, people are only counted, so that what
   * it costs to come in does not grow with the room. 1,000: nobody reads a longer list.
   */
  readonly namedMembers: number;
  /** People in a room up to which its members hear of each coming and going at once. */
  readonly promptMembers: number;
  /** ms for which the news of a larger room are collected. 500: nobody sees that they are late. */
  readonly newsInterval: number;
  /** News of a room that wait at most; with so many, it hears them at once. */
  readonly newsMax: number;
  /** Rooms on the server at one time; each costs its history. */
  readonly rooms: number;
  /** Rooms a second and in one burst that a session may make. */
  readonly roomRate: number;
  readonly roomBurst: number;
  /** People in a room up to which its members hear who has read what: all read all. */
  readonly readersMax: number;
  /** People who are invited to one room and have not come yet; the oldest invitation goes first. */
  readonly invitations: number;
  /**
   * Ids remembered a session, so that a repeated post is answered, not posted: twice the outbox.
   */
  readonly idsPerSession: number;
  /** Lines, and bytes of them, in one page of history: it travels as one record. */
  readonly pageLines: number;
  readonly pageBytes: number;
  /** Neighbours on each side of an entry that a search has found: what fits a screen. */
  readonly searchContext: number;
  /** Direct messages that a client gets at most when it comes back. */
  readonly whispersKept: number;
  /** Bytes of them. */
  readonly whisperBytesKept: number;
  /** Entries and bytes that wait for the disk before more are refused (`busy`): seconds of them. */
  readonly journalEntries: number;
  readonly journalBytes: number;
  /** Entries and bytes in one commit: a slow disk still answers within a second. */
  readonly commitEntries: number;
  readonly commitBytes: number;
  /**
   * Bytes that wait for one client from which on it is told neither who is away nor who is typing.
   * 65,536: a second of a slow link; what a page of history takes in one go does not count as slow.
   */
  readonly shedBytes: number;
  /**
   * Messages with lines a second, to one connection each, above which a host counts as busy, about
   * a sixth of a core; it may make as many more before it does.
   */
  readonly busyMessages: number;
  /** As how many messages a commit counts: it costs 0.5 ms of CPU, however little is in it. */
  readonly commitWork: number;
  /** ms for which a busy host gathers lines for one commit at most. */
  readonly commitFor: number;
  /**
   * ms for which a busy host then waits at most until a room's lines fill a message. 150: in a room
   * that quick nobody sees it.
   */
  readonly gatherFor: number;
  /** Sessions remembered after their connection went away, oldest dropped first. */
  readonly departedSessions: number;
  /**
   * ms a session is remembered after its connection went away. 600,000: a lid closed for a coffee.
   */
  readonly departedFor: number;
  /**
   * ms within which those are to be back whose connections are gone with the thread that had them;
   * nobody hears of it unless they are late. 60,000: who is idle far away finds out after 18 s.
   */
  readonly returnWithin: number;
  /**
   * ms that a server which stops gives to answering, and to the last acknowledgements. 3,000: a
   * slow disk, or three losses in a row; less than what a person waits before the second Ctrl-C.
   */
  readonly drainFor: number;
  /** Lines a second and in one burst that a session may post. A pasted block is one line. */
  readonly lineRate: number;
  readonly lineBurst: number;
  /** Bytes of text a second and in one burst that a session may post. */
  readonly byteRate: number;
  readonly byteBurst: number;
  /** Changes of nick a second and in one burst. */
  readonly nickRate: number;
  readonly nickBurst: number;
  /** Times a second and in one burst that a person may come in: a lid that opens and closes. */
  readonly joinRate: number;
  readonly joinBurst: number;
  /** Questions (who is that, older lines) a second and in one burst. */
  readonly queryRate: number;
  readonly queryBurst: number;
  /** Signals (typing, read up to here) a second and in one burst; more are dropped. */
  readonly signalRate: number;
  readonly signalBurst: number;
  /** Wrong passwords a second and in one burst, of one key and of one place: 3 a minute. */
  readonly tryRate: number;
  readonly tryBurst: number;
  /**
   * What all people of one place (an IPv4 address, an IPv6 /64) may do together, as a multiple of
   * what one may: a class behind one router chats freely, a flood of fresh keys does not.
   */
  readonly placeShare: number;
  /** Connections from one place at one time. 128: a lecture hall behind one router. */
  readonly placeConnections: number;
  /** People and places whose use is remembered, the least recent forgotten first. */
  readonly allowancesKept: number;
  /** Bans at one time. Each newcomer is compared with all that name addresses. */
  readonly bans: number;
  /** ms that a nick stays its owner's after they left. 86,400,000: until tomorrow. */
  readonly nickKeptFor: number;
  /** Nicks of people who left, and as many registered ones. */
  readonly nicksKept: number;
  /** Nicks that one person may register. */
  readonly nicksPerPerson: number;
  /** Keys that may come by invitation; as many invitations are known as used until they end. */
  readonly invitedKeys: number;
  /** ms that an invitation is good for. 604,800,000: a week. */
  readonly invitationLifetime: number;
}

export const CHAT_DEFAULTS: ChatConfig = {
  historyLines: 1000,
  historyBytes: 1024 * 1024,
  pageLines: 500,
  pageBytes: 40 * 1024,
  searchContext: 10,
  helloTimeout: 5000,
  pendingPeers: 256,
  members: 16_384,
  namedMembers: 1000,
  promptMembers: 32,
  newsInterval: 500,
  newsMax: 512,
  rooms: 512,
  roomRate: 0.05,
  roomBurst: 10,
  readersMax: 32,
  invitations: 64,
  idsPerSession: 2048,
  whispersKept: 100,
  whisperBytesKept: 64 * 1024,
  journalEntries: 10_000,
  journalBytes: 16 * 1024 * 1024,
  commitEntries: 1000,
  commitBytes: 2 * 1024 * 1024,
  busyMessages: 5_000,
  commitWork: 15,
  commitFor: 50,
  gatherFor: 150,
  departedSessions: 64,
  departedFor: 600_000,
  shedBytes: 64 * 1024,
  returnWithin: 60_000,
  drainFor: 3_000,
  lineRate: 100,
  lineBurst: 500,
  byteRate: 128 * 1024,
  byteBurst: 1024 * 1024,
  nickRate: 0.2,
  nickBurst: 5,
  joinRate: 0.5,
  joinBurst: 20,
  queryRate: 2,
  queryBurst: 20,
  signalRate: 2,
  signalBurst: 20,
  tryRate: 3 / 60,
  tryBurst: 3,
  placeShare: 8,
  placeConnections: 128,
  allowancesKept: 32_768,
  bans: 1024,
  nickKeptFor: 86_400_000,
  nicksKept: 4096,
  nicksPerPerson: 4,
  invitedKeys: 4096,
  invitationLifetime: 604_800_000,
};
