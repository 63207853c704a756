import type { ChatConfig } from '../chat/config.ts';
import { nickKey } from '../chat/names.ts';
import type { Role, WirePresence } from '../chat/schema.ts';
import type { Allowance } from './allowances.ts';
import type { Room } from './room.ts';

/** What a session was answered to a line. `room` is `@nick` and `seq` 0 for a direct message. */
export interface Accepted {
  readonly room: string;
  readonly seq: number;
  readonly at: number;
}

/** Who somebody is: a secret that only they know, what their lines are filed under, a name. */
export interface Person {
  readonly secret: string;
  readonly owner: string;
  readonly nick: string;
  /** Hexadecimal; undefined without authentication. */
  readonly publicKey: string | undefined;
  readonly allowance: Allowance;
}

/** One person over several connections: told apart by a secret that only they know. */
export class Session {
  readonly secret: string;
  /** Whose the lines are, in the store: the same in every session of a person, and no secret. */
  readonly owner: string;
  /** The connection it speaks through now; undefined while it is away. */
  peer: number | undefined;
  /** Where it speaks from, for people. */
  address = '';
  /** The transport suspects its path. */
  isSlow = false;
  /** What it says about not being there; empty: it is there. */
  away = '';
  role: Role = 'member';
  /** Rooms it is in; kept by them. */
  readonly rooms = new Set<Room>();
  /** Names of rooms that let it in: it comes back to them without a key. */
  readonly admissions = new Set<string>();
  /** When it lost its last connection, in the clock of `now`. */
  departedAt = 0;
  /** The static key that it has proven, hexadecimal; undefined without authentication. */
  readonly publicKey: string | undefined;
  /** What it may still do, from where it is now. */
  allowance: Allowance;
  /** Its connection is to get older direct messages before new ones. */
  isInboxBehind = false;
  readonly #idsMax: number;
  readonly #answers = new Map<string, Accepted>();
  #nick: string;
  #key: string;

  constructor({ secret, owner, nick, publicKey, allowance }: Person, config: ChatConfig) {
    this.secret = secret;
    this.owner = owner;
    this.publicKey = publicKey;
    this.allowance = allowance;
    this.#nick = nick;
    this.#key = nickKey(nick);
    this.#idsMax = config.idsPerSession;
  }

  get nick(): string {
    return this.#nick;
  }

  get presence(): WirePresence {
    if (this.away !== '') return 'away';
    return this.isSlow ? 'slow' : 'here';
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

  answer(id: string): Accepted | undefined {
    return this.#answers.get(id);
  }

  /** Remembers the answer to line `id`; forgets the oldest beyond the bound. */
  accept(id: string, answer: Accepted): void {
    this.#answers.set(id, answer);
    if (this.#answers.size <= this.#idsMax) return;
    for (const oldest of this.#answers.keys()) {
      this.#answers.delete(oldest);
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

  attach(session: Session, peer: number, address: string): void {
    session.peer = peer;
    session.address = address;
    for (const room of session.rooms) room.refresh();
    this.#departed.delete(session);
  }

  detach(now: number, session: Session): void {
    session.peer = undefined;
    session.isSlow = false;
    session.away = '';
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
