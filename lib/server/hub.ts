import { toHex } from '../chat/bytes.ts';
import { decodeClientRecord } from '../chat/codec.ts';
import { CHAT_DEFAULTS, type ChatConfig, CloseCode, CONTROL_CHANNEL } from '../chat/config.ts';
import { nickKey, validateNick } from '../chat/names.ts';
import { sanitiseLine } from '../chat/sanitise.ts';
import type { ClientRecord } from '../chat/schema.ts';
import { sessionOwner } from '../crypto/digest.ts';
import { inboxOf, type StoreAnswer, type StoreRequest, type StoreState } from '../store/store.ts';
import { RoomDirectory } from './directory.ts';
import { Journal } from './journal.ts';
import { Membership } from './membership.ts';
import { HubOutbox, type HubOutput } from './output.ts';
import { Posts } from './posts.ts';
import { Session, SessionTable } from './session.ts';

type Hello = Extract<ClientRecord, { type: 'hello' }>;

/** Who is at the other end of a connection, as far as the transport knows. */
export interface PeerOrigin {
  /** `192.0.2.1:5000`, proven. */
  readonly address: string;
  /** Static public key, 32 bytes, proven; undefined under `plaintext`. */
  readonly key: Uint8Array | undefined;
}

interface Peer extends PeerOrigin {
  readonly id: number;
  readonly helloBy: number;
  session: Session | undefined;
}

export interface HubOptions {
  /** Wall clock at `now` = 0, ms since 1970. */
  readonly epoch: number;
  readonly config?: Partial<ChatConfig>;
  /** What the store holds. */
  readonly state: StoreState;
}

/**
 * The single writer of a chat: who is in, who is called what, and the one order of each room's
 * lines. Knows peers by number and nothing of how records travel. Sans-IO: after each handle, poll
 * outputs until dry, then see `nextTimeout`.
 */
export class Hub {
  readonly #config: ChatConfig;
  readonly #outbox: HubOutbox;
  readonly #journal: Journal;
  readonly #logId: Uint8Array;
  readonly #peers = new Map<number, Peer>();
  /** Peers without a hello, in the order of their deadlines. */
  readonly #pending = new Set<Peer>();
  readonly #sessions: SessionTable;
  /** Everyone who is in, by the key of their nick. */
  readonly #members = new Map<string, Session>();
  readonly #membership: Membership;
  readonly #posts: Posts;

  constructor({ epoch, config, state }: HubOptions) {
    this.#config = { ...CHAT_DEFAULTS, ...config };
    this.#outbox = new HubOutbox(epoch);
    const outbox = this.#outbox;
    this.#journal = new Journal(state, this.#config, (now) => outbox.wallClock(now));
    this.#logId = state.logId;
    this.#sessions = new SessionTable(this.#config);
    const directory = new RoomDirectory(this.#config, this.#journal);
    const parts = {
      config: this.#config,
      outbox,
      journal: this.#journal,
      directory,
      members: this.#members,
    };
    this.#membership = new Membership(parts);
    this.#posts = new Posts(parts);
  }

  /** How many people are in. */
  get memberCount(): number {
    return this.#members.size;
  }

  /** Peers that are connected, with a hello or without. */
  get peerCount(): number {
    return this.#peers.size;
  }

  /** A peer whose address is proven; it has `helloTimeout` to say who it is. */
  handleConnected(now: number, id: number, { address, key }: PeerOrigin): void {
    const helloBy = now + this.#config.helloTimeout;
    const peer: Peer = { id, address, key, helloBy, session: undefined };
    this.#peers.set(id, peer);
    this.#pending.add(peer);
    if (this.#pending.size > this.#config.pendingPeers) {
      this.#refuse(now, peer, 'server-full', 'too many newcomers at once; try again');
    }
  }

  /**
   * A whole record of a peer, from any channel: which room it is about is in the record. Records of
   * peers that were closed are ignored.
   */
  handleMessage(now: number, id: number, _channel: number, bytes: Uint8Array): void {
    const peer = this.#peers.get(id);
    if (peer === undefined) return;
    const { record, error } = decodeClientRecord(bytes);
    if (error === 'unknown-type') {
      const reason = 'this server is older than what you asked of it';
      this.#outbox.send([id], CONTROL_CHANNEL, { type: 'error', code: 'unsupported', reason });
    } else if (error !== undefined) {
      this.#drop(now, peer, CloseCode.protocol, `protocol error: ${error}`);
    } else {
      this.#handleRecord(now, peer, record);
    }
  }

  /** The transport's opinion of a peer's path. */
  handleLiveness(_now: number, id: number, state: 'alive' | 'suspect'): void {
    const session = this.#peers.get(id)?.session;
    if (session !== undefined) this.#setPresence(session, state === 'alive' ? 'here' : 'slow');
  }

  /** The peer said goodbye (`left`) or was lost (`gone`). */
  handleDisconnected(now: number, id: number, how: 'left' | 'gone', reason: string): void {
    const peer = this.#peers.get(id);
    if (peer === undefined) return;
    this.#forget(peer);
    if (peer.session !== undefined) this.#depart(now, peer.session, how, sanitiseLine(reason));
  }

  /** Closes peers that did not say hello in time. */
  handleTimeout(now: number): void {
    for (const peer of this.#pending) {
      if (peer.helloBy > now) return;
      this.#drop(now, peer, CloseCode.helloTimeout, 'no hello in time');
    }
  }

  nextTimeout(): number {
    for (const { helloBy } of this.#pending) return helloBy;
    return Infinity;
  }

  pollOutput(): HubOutput | undefined {
    return this.#outbox.poll();
  }

  /** What the store is to do: in this order, and answered in this order. */
  pollStoreRequest(now: number): StoreRequest | undefined {
    return this.#journal.pollRequest(now);
  }

  /** The store has done, or could not do, what was asked of it. */
  handleStoreAnswer(now: number, answer: StoreAnswer): void {
    this.#journal.handleAnswer(now, answer);
  }

  #handleRecord(now: number, peer: Peer, record: ClientRecord): void {
    const { session } = peer;
    if (record.type === 'hello') {
      if (session === undefined) this.#hello(now, peer, record);
      else this.#drop(now, peer, CloseCode.protocol, 'protocol error: hello twice');
    } else if (session === undefined) {
      this.#drop(now, peer, CloseCode.protocol, `protocol error: ${record.type} before hello`);
    } else {
      this.#handleMember(now, session, record);
    }
  }

  #handleMember(now: number, session: Session, record: Exclude<ClientRecord, Hello>): void {
    switch (record.type) {
      case 'post':
        this.#posts.post(now, session, record);
        return;
      case 'direct':
        this.#posts.direct(now, session, record);
        return;
      case 'nick':
        this.#rename(now, session, record.nick);
        return;
      case 'join': {
        const { room, key, seq, history } = record;
        const count = seq < 0 ? history : this.#config.historyLines;
        this.#membership.enter(now, session, { room, key, after: Math.max(0, seq), count });
        return;
      }
      case 'part':
        this.#membership.part(now, session, record);
        return;
      case 'list':
        this.#membership.list(session, record);
        return;
      case 'invite':
        this.#membership.invite(now, session, record);
        return;
      case 'away':
      case 'typing':
      case 'read':
        return;
    }
  }

  #hello(now: number, peer: Peer, hello: Hello): void {
    const nick = validateNick(hello.nick);
    if (nick.error !== undefined) {
      this.#refuse(now, peer, 'nick-invalid', nick.reason);
      return;
    }
    const secret = toHex(hello.session);
    const known = this.#sessions.find(now, secret);
    if (known?.peer === undefined) {
      if (this.#members.has(nickKey(nick.name))) {
        this.#refuse(now, peer, 'nick-taken', `the nick ${nick.name} is taken`);
        return;
      }
      if (this.#members.size >= this.#config.members) {
        this.#refuse(now, peer, 'server-full', `the server is full (${this.#members.size} people)`);
        return;
      }
      known?.rename(nick.name);
    }
    const session = known ?? this.#newSession(now, secret, nick.name);
    this.#admit(now, peer, session);
    const isContinued = toHex(hello.logId) === toHex(this.#logId);
    this.#outbox.send([peer.id], CONTROL_CHANNEL, {
      type: 'welcome',
      nick: session.nick,
      logId: this.#logId,
      resumed: isContinued,
    });
    this.#showInbox(peer, session, isContinued ? hello.heard : 0);
    for (const { room, seen } of hello.seen) {
      const count = isContinued ? this.#config.historyLines : hello.history;
      const after = isContinued ? seen : 0;
      this.#membership.enter(now, session, { room, key: '', after, count });
    }
  }

  #newSession(now: number, secret: string, nick: string): Session {
    const person = { secret, owner: sessionOwner(secret), nick };
    return this.#sessions.add(new Session(now, person, this.#config));
  }

  /** Sends the direct messages after number `after` again. */
  #showInbox(peer: Peer, session: Session, after: number): void {
    session.isInboxBehind = true;
    const { whispersKept: count, whisperBytesKept: bytes } = this.#config;
    const log = inboxOf(session.owner);
    this.#journal.read({ log, after, count, bytes, from: 'newest' }, (_, page) => {
      if (session.peer !== peer.id) return;
      session.isInboxBehind = false;
      if (page.type === 'failed') this.#tellUnread(peer, page.reason);
      else for (const { record } of page.entries) this.#sendTo(peer, CONTROL_CHANNEL, record);
    });
  }

  #sendTo(peer: Peer, channel: number, record: Uint8Array): void {
    this.#outbox.sendBytes([peer.id], channel, record);
  }

  #tellUnread(peer: Peer, reason: string): void {
    const text = `older messages cannot be read: ${reason}`;
    const record = { type: 'error', code: 'storage', reason: text } as const;
    this.#outbox.send([peer.id], CONTROL_CHANNEL, record);
  }

  /** Ties a session to `peer`; an older connection of the same session is closed in its favour. */
  #admit(now: number, peer: Peer, session: Session): void {
    const replaced = session.peer === undefined ? undefined : this.#peers.get(session.peer);
    if (replaced !== undefined) {
      // No departure: the person never left, so nobody is told that they did.
      replaced.session = undefined;
      this.#drop(now, replaced, CloseCode.replaced, 'continued on a newer connection');
      this.#outbox.event(now, { type: 'resumed', nick: session.nick, address: peer.address });
    }
    this.#pending.delete(peer);
    peer.session = session;
    this.#sessions.attach(session, peer.id, peer.address);
    this.#members.set(session.key, session);
    this.#setPresence(session, 'here');
  }

  #rename(now: number, session: Session, wanted: string): void {
    const checked = validateNick(wanted);
    const refuse = (code: string, reason: string): void => {
      this.#outbox.send(session.peers, CONTROL_CHANNEL, { type: 'error', code, reason });
      this.#outbox.event(now, { type: 'rejected', nick: session.nick, code });
    };
    if (checked.error !== undefined) {
      refuse('nick-invalid', checked.reason);
      return;
    }
    const from = session.nick;
    const to = checked.name;
    const holder = this.#members.get(nickKey(to));
    if (holder !== undefined && holder !== session) {
      refuse('nick-taken', `the nick ${to} is taken`);
      return;
    }
    if (!session.nicks.take(now, 1)) {
      refuse('rate-limited', 'too many changes of nick; wait a little');
      return;
    }
    this.#members.delete(session.key);
    session.rename(to);
    this.#members.set(session.key, session);
    const at = this.#outbox.wallClock(now);
    const renamed = { type: 'renamed', room: '', nick: from, to, at } as const;
    this.#outbox.send(session.peers, CONTROL_CHANNEL, renamed);
    for (const room of session.rooms) {
      this.#outbox.broadcast(room, { ...renamed, room: room.name });
    }
    this.#outbox.event(now, { type: 'nick', from, to });
  }

  #setPresence(session: Session, presence: 'here' | 'slow'): void {
    if (session.presence === presence) return;
    session.presence = presence;
    const { nick } = session;
    for (const room of session.rooms) {
      this.#outbox.broadcast(room, { type: 'presence', room: room.name, nick, presence });
    }
  }

  /** A session lost its connection: its nick is free, its rooms are told. */
  #depart(now: number, session: Session, how: 'left' | 'gone', reason: string): void {
    this.#members.delete(session.key);
    this.#sessions.detach(now, session);
    this.#membership.depart(now, session, how, reason);
  }

  /** Turns a newcomer away, with a code that its client understands. */
  #refuse(now: number, peer: Peer, code: string, reason: string): void {
    this.#outbox.send([peer.id], CONTROL_CHANNEL, { type: 'refused', code, reason });
    this.#outbox.event(now, { type: 'refused', address: peer.address, code });
    this.#forget(peer);
    this.#outbox.close(peer.id, CloseCode.refused, reason);
  }

  /** Closes a peer of whom we want to hear no more. */
  #drop(now: number, peer: Peer, code: number, reason: string): void {
    this.#forget(peer);
    if (code !== CloseCode.replaced) {
      this.#outbox.event(now, { type: 'closed', address: peer.address, reason });
    }
    if (peer.session !== undefined) this.#depart(now, peer.session, 'gone', reason);
    this.#outbox.close(peer.id, code, reason);
  }

  #forget(peer: Peer): void {
    this.#peers.delete(peer.id);
    this.#pending.delete(peer);
  }
}
