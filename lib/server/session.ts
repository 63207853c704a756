import type { ChatConfig } from '../chat/config.ts';
import { TokenBucket } from '../chat/limits.ts';
import { nickKey } from '../chat/names.ts';
import { Inbox } from './inbox.ts';

/** What a session was answered to a line that it posted. */
export interface Receipt {
  readonly room: string;
  readonly seq: number;
  readonly at: number;
}

/** One person over several connections: told apart by a secret that only they know. */
export class Session {
  readonly secret: string;
  /** The connection it speaks through now; undefined while it is away. */
  peer: number | undefined;
  presence: 'here' | 'slow' = 'here';
  /** When it lost its last connection, in the clock of `now`. */
  departedAt = 0;
  readonly lines: TokenBucket;
  readonly bytes: TokenBucket;
  readonly nicks: TokenBucket;
  readonly inbox: Inbox;
  readonly #idsMax: number;
  readonly #receipts = new Map<string, Receipt>();
  #nick: string;
  #key: string;

  constructor(now: number, secret: string, nick: string, config: ChatConfig) {
    this.secret = secret;
    this.#nick = nick;
    this.#key = nickKey(nick);
    this.#idsMax = config.idsPerSession;
    this.inbox = new Inbox(config);
    this.lines = new TokenBucket(now, { rate: config.lineRate, burst: config.lineBurst });
    this.bytes = new TokenBucket(now, { rate: config.byteRate, burst: config.byteBurst });
    this.nicks = new TokenBucket(now, { rate: config.nickRate, burst: config.nickBurst });
  }

  get nick(): string {
    return this.#nick;
  }

  /** Two sessions with one key cannot be in at the same time. */
  get key(): string {
    return this.#key;
  }

  /** `peer` as something to send to: nobody while it is away. */
  get peers(): readonly number[] {
    return this.peer === undefined ? [] : [this.peer];
  }

  rename(nick: string): void {
    this.#nick = nick;
    this.#key = nickKey(nick);
  }

  receipt(id: string): Receipt | undefined {
    return this.#receipts.get(id);
  }

  /** Remembers the answer to line `id`; forgets the oldest beyond the bound. */
  accept(id: string, receipt: Receipt): void {
    this.#receipts.set(id, receipt);
    if (this.#receipts.size <= this.#idsMax) return;
    for (const oldest of this.#receipts.keys()) {
      this.#receipts.delete(oldest);
      return;
    }
  }
}

/** Sessions by secret. Those without a connection are kept for a while, within bounds. */
export class SessionTable {
  readonly #config: ChatConfig;
  readonly #all = new Map<string, Session>();
  /** In the order of departure. */
  readonly #departed = new Set<Session>();

  constructor(config: ChatConfig) {
    this.#config = config;
  }

  get size(): number {
    return this.#all.size;
  }

  find(now: number, secret: string): Session | undefined {
    this.#expire(now);
    return this.#all.get(secret);
  }

  add(session: Session): Session {
    this.#all.set(session.secret, session);
    return session;
  }

  attach(session: Session, peer: number): void {
    session.peer = peer;
    this.#departed.delete(session);
  }

  detach(now: number, session: Session): void {
    session.peer = undefined;
    session.presence = 'here';
    session.departedAt = now;
    this.#departed.add(session);
    this.#expire(now);
  }

  #expire(now: number): void {
    for (const session of this.#departed) {
      const fresh = now - session.departedAt < this.#config.departedFor;
      if (fresh && this.#departed.size <= this.#config.departedSessions) return;
      this.#departed.delete(session);
      this.#all.delete(session.secret);
    }
  }
}
