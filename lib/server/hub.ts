import { toHex } from '../chat/bytes.ts';
import { decodeClientRecords } from '../chat/codec.ts';
import { CHAT_DEFAULTS, type ChatConfig, CloseCode, CONTROL_CHANNEL } from '../chat/config.ts';
import { validateNick } from '../chat/names.ts';
import { sanitiseLine } from '../chat/sanitise.ts';
import type { ClientRecord } from '../chat/schema.ts';
import type { StoreAnswer, StoreRequest, StoreState } from '../store/store.ts';
import { Acts } from './acts.ts';
import { Admission, type PeerOrigin, type Refusal } from './admission.ts';
import { NickBans } from './ban-list.ts';
import { RoomDirectory } from './directory.ts';
import type { HubFigures } from './figures.ts';
import { type Access, Gate } from './gate.ts';
import { Inboxes } from './inbox.ts';
import { Inquiries } from './inquiries.ts';
import { Journal } from './journal.ts';
import { type JudgeLab, Labs } from './labs.ts';
import { Membership } from './membership.ts';
import { Naming } from './naming.ts';
import { RoomNews } from './news.ts';
import { HubOutbox, type HubOutput } from './output.ts';
import { Pace } from './pace.ts';
import { Pages } from './pages.ts';
import { type Hello, type Peer, PeerTable } from './peers.ts';
import { Posts } from './posts.ts';
import { Presences } from './presence.ts';
import { Roles } from './roles.ts';
import { Session, SessionTable } from './session.ts';

const FULL: Refusal = { code: 'server-full', reason: 'too many newcomers at once; try again' };

export interface HubOptions {
  /** Wall clock at `now` = 0, ms since 1970. */
  readonly epoch: number;
  readonly config?: Partial<ChatConfig>;
  /** What the store holds. */
  readonly state: StoreState;
  /** Who may come in; everybody unless told. */
  readonly access?: Access;
  /** Whose chat this is, by `Session.owner`. */
  readonly owners?: readonly string[];
  /** See `Labs`; without it there is no lab. */
  readonly judgeLab?: JudgeLab;
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
  readonly #admission: Admission;
  readonly #gate: Gate;
  readonly #peers = new PeerTable();
  readonly #sessions: SessionTable;
  /** Everyone who is in, by the key of their nick. */
  readonly #members = new Map<string, Session>();
  readonly #naming: Naming;
  readonly #news: RoomNews;
  readonly #directory: RoomDirectory;
  readonly #labs: Labs;
  readonly #membership: Membership;
  readonly #inboxes: Inboxes;
  readonly #pages: Pages;
  readonly #posts: Posts;
  readonly #inquiries: Inquiries;
  readonly #presences: Presences;
  readonly #roles: Roles;

  constructor({ epoch, config, state, access = {}, owners = [], judgeLab }: HubOptions) {
    this.#config = { ...CHAT_DEFAULTS, ...config };
    this.#outbox = new HubOutbox(epoch, new Pace(this.#config));
    const outbox = this.#outbox;
    const wallClock = (now: number): number => outbox.wallClock(now);
    this.#journal = new Journal(state, { config: this.#config, wallClock, pace: outbox.pace });
    this.#logId = state.logId;
    this.#admission = new Admission({
      config: this.#config,
      wallClock,
      rows: state.rows,
      keep: (put) => this.#journal.put(put),
      owners,
    });
    this.#gate = new Gate({
      config: this.#config,
      access,
      owners,
      rows: state.rows,
      keep: (put) => this.#journal.put(put),
    });
    this.#sessions = new SessionTable(this.#config);
    this.#directory = new RoomDirectory(this.#config, this.#journal, state.rows);
    this.#roles = new Roles({ owners, rows: state.rows });
    this.#news = new RoomNews({ config: this.#config, outbox });
    this.#labs = new Labs({ outbox, directory: this.#directory, judgeLab });
    const parts = {
      config: this.#config,
      outbox,
      journal: this.#journal,
      directory: this.#directory,
      news: this.#news,
      labs: this.#labs,
      members: this.#members,
    };
    this.#naming = new Naming({
      outbox,
      admission: this.#admission,
      news: this.#news,
      members: this.#members,
      isSilent: ({ presence, peer }) =>
        presence === 'slow' || this.#peers.get(peer)?.returnBy !== undefined,
      drop: (now, { peer }) => {
        const silent = this.#peers.get(peer);
        if (silent === undefined) return;
        this.#drop(now, silent, CloseCode.replaced, 'continued on a newer connection');
      },
    });
    this.#membership = new Membership(parts);
    this.#pages = new Pages(parts);
    this.#inboxes = new Inboxes(parts);
    this.#presences = new Presences(parts);
    const acts = new Acts({
      roles: this.#roles,
      bans: new NickBans(this.#admission.bans, (now) => outbox.wallClock(now)),
      members: this.#members,
      expel: (now, session, reason) => this.#expel(now, session, reason),
      showRole: (now, session) => {
        this.#showRole(session);
        this.#labs.roleChanged(now, session);
      },
    });
    this.#posts = new Posts({ ...parts, roles: this.#roles, acts });
    this.#inquiries = new Inquiries({ ...parts, claims: this.#admission.claims });
  }

  /** Who is kept out, and whose nicks are whose. */
  get admission(): Admission {
    return this.#admission;
  }

  get figures(): HubFigures {
    const { counters } = this.#outbox;
    const rooms = this.#directory.size;
    return { ...this.#journal.figures, ...counters, members: this.#members.size, rooms };
  }

  /** How many people are in. */
  get memberCount(): number {
    return this.#members.size;
  }

  /** The ids of all peers. */
  get peerIds(): Iterable<number> {
    return this.#peers.ids;
  }

  /** A peer whose address is proven; it has `helloTimeout` to say who it is. */
  handleConnected(now: number, id: number, from: PeerOrigin): void {
    // A shard that began anew may give out an id whose session has not come back yet.
    this.handleDisconnected(now, id, 'gone', 'its connection was lost');
    const { address } = from;
    const helloBy = now + this.#config.helloTimeout;
    const peer = this.#peers.add(id, { address, origin: this.#admission.originOf(from), helloBy });
    const refusal = this.#admission.connect(now, peer.origin);
    if (refusal !== undefined) this.#refuse(now, peer, refusal);
    else if (this.#peers.pending > this.#config.pendingPeers) this.#refuse(now, peer, FULL);
  }

  /**
   * Records of a peer, from any channel: which room one is about is in the record. Those of peers
   * that were closed are ignored.
   */
  handleMessage(now: number, id: number, bytes: Uint8Array): void {
    for (const { record, error } of decodeClientRecords(bytes)) {
      const peer = this.#peers.get(id);
      if (peer === undefined) return;
      if (record !== undefined) this.#handleRecord(now, peer, record);
      else if (error === 'unknown-type') {
        const reason = 'this server is older than what you asked of it';
        this.#outbox.send([id], CONTROL_CHANNEL, { type: 'error', code: 'unsupported', reason });
      } else this.#drop(now, peer, CloseCode.protocol, `protocol error: ${error}`);
    }
  }

  /** The transport's opinion of a peer's path. */
  handleLiveness(now: number, id: number, state: 'alive' | 'suspect'): void {
    const session = this.#peers.get(id)?.session;
    if (session !== undefined) this.#presences.setSlow(now, session, state === 'suspect');
  }

  /** The peer has received nearly all that was sent, after some was not even sent to it. */
  handleCaughtUp(id: number): void {
    const session = this.#peers.get(id)?.session;
    for (const room of session?.rooms ?? []) if (session) this.#news.remind(room, session);
  }

  /** The peer said goodbye (`left`) or was lost (`gone`). */
  handleDisconnected(now: number, id: number, how: 'left' | 'gone', reason: string): void {
    const peer = this.#peers.get(id);
    if (peer === undefined) return;
    this.#forget(peer);
    if (peer.session !== undefined) this.#depart(now, peer.session, how, sanitiseLine(reason));
  }

  /**
   * The connection is gone with the thread that had it. Nobody is told: its session is to come back
   * within `returnWithin`.
   */
  handleLost(now: number, id: number): void {
    const peer = this.#peers.get(id);
    if (peer === undefined || peer.returnBy !== undefined) return;
    if (peer.session === undefined) {
      this.#forget(peer);
      return;
    }
    // It will come back from where it was, and is not to be counted twice.
    this.#admission.disconnect(peer.origin);
    this.#peers.lose(peer, now + this.#config.returnWithin);
  }

  /** Ends the waiting for a hello, or for a return; tells what has been collected. */
  handleTimeout(now: number): void {
    this.#news.handleTimeout(now);
    this.#outbox.handleTimeout(now);
    const peers = this.#peers;
    for (let peer = peers.pollSilent(now); peer !== undefined; peer = peers.pollSilent(now)) {
      this.#drop(now, peer, CloseCode.helloTimeout, 'no hello in time');
    }
    for (let peer = peers.pollLost(now); peer !== undefined; peer = peers.pollLost(now)) {
      this.handleDisconnected(now, peer.id, 'gone', 'its connection was lost');
    }
  }

  /** Nothing waits for more to go with any longer. */
  hurry(): void {
    this.#outbox.hurry();
  }

  nextTimeout(): number {
    const own = Math.min(this.#news.nextTimeout(), this.#peers.nextTimeout());
    return Math.min(own, this.#journal.nextTimeout(), this.#outbox.nextTimeout());
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

  /** The password that was to be checked is right, or is not. */
  handleVerified(now: number, isRight: boolean): void {
    const peer = this.#peers.get(this.#gate.handleVerified(now, isRight)?.peer);
    if (peer !== undefined) {
      peer.isChecked = false;
      peer.isTrusted = isRight;
      this.#peers.await(peer, now + this.#config.helloTimeout);
      if (!isRight) this.#refuse(now, peer, { code: 'password-wrong', reason: 'wrong password' });
      else if (peer.held !== undefined) this.#hello(now, peer, peer.held);
    }
    this.#checkNext(now);
  }

  #handleRecord(now: number, peer: Peer, record: ClientRecord): void {
    const { session } = peer;
    if (record.type === 'auth') {
      if (session === undefined && !peer.isChecked) this.#authenticate(now, peer, record.secret);
      else this.#drop(now, peer, CloseCode.protocol, 'protocol error: auth out of place');
    } else if (record.type === 'hello') {
      if (session !== undefined || peer.held !== undefined) {
        this.#drop(now, peer, CloseCode.protocol, 'protocol error: hello twice');
      } else if (peer.isChecked) peer.held = record;
      else this.#hello(now, peer, record);
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
        this.#naming.rename(now, session, record.nick);
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
      case 'history':
        this.#pages.show(now, session, record);
        return;
      case 'list':
        this.#membership.list(session, record);
        return;
      case 'invite':
        this.#membership.invite(now, session, record);
        return;
      case 'away':
        this.#presences.setAway(now, session, record.reason);
        return;
      case 'typing':
        this.#presences.typing(now, session, record);
        return;
      case 'read':
        this.#presences.read(now, session, record);
        return;
      case 'lab':
        this.#labs.announce(now, session, record);
        return;
      case 'whois':
      case 'register':
        this.#inquiries.handle(now, session, record);
        return;
    }
  }

  #authenticate(now: number, peer: Peer, secret: string): void {
    // A secret that nobody asked for is not looked at.
    const { key } = peer.origin;
    if (this.#gate.admits(key)) return;
    const verdict = this.#gate.invite(this.#outbox.wallClock(now), key, secret);
    if (verdict === 'welcome') return;
    if (verdict !== undefined) {
      this.#refuse(now, peer, verdict);
      return;
    }
    const owner = this.#admission.ownerOf(peer.origin, peer.address);
    const allowance = this.#admission.allowanceOf(now, peer.origin, owner);
    if (!this.#gate.submit({ peer: peer.id, secret, allowance })) {
      this.#refuse(now, peer, FULL);
      return;
    }
    peer.isChecked = true;
    this.#peers.settle(peer);
    this.#checkNext(now);
  }

  /** Has the next password checked; those that come too soon after wrong ones are not looked at. */
  #checkNext(now: number): void {
    for (let next = this.#gate.poll(now); next !== undefined; next = this.#gate.poll(now)) {
      const { attempt, waitUntil } = next;
      if (waitUntil === undefined) {
        this.#outbox.verify(attempt.secret);
        return;
      }
      const peer = this.#peers.get(attempt.peer);
      const wait = Math.ceil((waitUntil - now) / 1000);
      const reason = `too many wrong passwords; try again in ${wait} s`;
      if (peer !== undefined) this.#refuse(now, peer, { code: 'too-many-tries', reason });
    }
  }

  #hello(now: number, peer: Peer, hello: Hello): void {
    const secret = toHex(hello.session);
    const owner = this.#admission.ownerOf(peer.origin, secret);
    const known = this.#sessions.find(now, secret);
    const judged = this.#judgeHello(now, peer, { hello, owner, known });
    if ('code' in judged) {
      this.#refuse(now, peer, judged);
      return;
    }
    const session = known ?? this.#newSession(now, peer, { secret, owner, nick: judged.nick });
    session.allowance = this.#admission.allowanceOf(now, peer.origin, owner);
    if (session.peer === undefined) session.rename(judged.nick);
    this.#admission.takeNick(session.nick, owner);
    this.#admit(now, peer, session);
    const isContinued = toHex(hello.logId) === toHex(this.#logId);
    this.#outbox.send([peer.id], CONTROL_CHANNEL, {
      type: 'welcome',
      nick: session.nick,
      logId: this.#logId,
      resumed: isContinued,
    });
    this.#inboxes.show(session, isContinued ? hello.heard : 0);
    // A client that begins anew does not know in which rooms its session still is.
    if (hello.logId.length === 0) this.#membership.keepOnly(now, session, hello.seen);
    for (const { room, seen } of hello.seen) {
      const count = isContinued ? this.#config.historyLines : hello.history;
      const after = isContinued ? seen : 0;
      this.#membership.enter(now, session, { room, key: '', after, count });
    }
  }

  /** The nick under which a peer comes in, or why it does not. */
  #judgeHello(
    now: number,
    peer: Peer,
    { hello, owner, known }: { hello: Hello; owner: string; known: Session | undefined },
  ): { readonly nick: string } | Refusal {
    const nick = validateNick(hello.nick);
    if (nick.error !== undefined) return { code: 'nick-invalid', reason: nick.reason };
    if (!peer.isTrusted && !this.#gate.admits(peer.origin.key)) return this.#gate.refusal;
    if (known !== undefined && known.owner !== owner) {
      return { code: 'not-authorized', reason: 'this session is of somebody with another key' };
    }
    const allowance = this.#admission.allowanceOf(now, peer.origin, owner);
    const refusal = this.#admission.judgeJoin(now, allowance);
    if (refusal !== undefined) return refusal;
    if (known?.peer !== undefined) return { nick: known.nick };
    const taken = this.#naming.judge(now, nick.name, owner);
    if (taken !== undefined) return taken;
    if (this.#members.size >= this.#config.members) {
      return { code: 'server-full', reason: `the server is full (${this.#members.size} people)` };
    }
    return { nick: nick.name };
  }

  #newSession(
    now: number,
    { origin }: Peer,
    person: { secret: string; owner: string; nick: string },
  ): Session {
    const allowance = this.#admission.allowanceOf(now, origin, person.owner);
    const session = new Session({ ...person, publicKey: origin.key, allowance }, this.#config);
    this.#showRole(session);
    return this.#sessions.add(session);
  }

  /** Ties a session to `peer`; an older connection of the same session is closed in its favour. */
  #admit(now: number, peer: Peer, session: Session): void {
    const replaced = this.#peers.get(session.peer);
    if (replaced !== undefined) {
      // No departure: the person never left, so nobody is told that they did.
      replaced.session = undefined;
      this.#drop(now, replaced, CloseCode.replaced, 'continued on a newer connection');
      this.#outbox.event(now, { type: 'resumed', nick: session.nick, address: peer.address });
    }
    this.#peers.settle(peer);
    peer.session = session;
    this.#sessions.attach(session, peer.id, peer.address);
    this.#members.set(session.key, session);
    this.#presences.setSlow(now, session, false);
  }

  /** Sends somebody away; those who are told why will not come back by themselves. */
  #expel(now: number, session: Session, reason: string): void {
    const peer = this.#peers.get(session.peer);
    if (peer !== undefined) this.#drop(now, peer, CloseCode.kicked, reason);
  }

  #showRole(session: Session): void {
    const { owner, publicKey } = session;
    session.role = this.#roles.of(owner) ?? (publicKey === undefined ? 'guest' : 'member');
    for (const room of session.rooms) this.#news.roleChanged(room);
  }

  /** A session lost its connection: its nick is free, its rooms are told. */
  #depart(now: number, session: Session, how: 'left' | 'gone', reason: string): void {
    this.#members.delete(session.key);
    this.#naming.leave(now, session);
    this.#sessions.detach(now, session);
    this.#membership.depart(now, session, how, reason);
  }

  /** Turns a newcomer away, with a code that its client understands. */
  #refuse(now: number, peer: Peer, { code, reason }: Refusal): void {
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
    const isCounted = peer.returnBy === undefined;
    if (this.#peers.forget(peer) && isCounted) this.#admission.disconnect(peer.origin);
  }
}
