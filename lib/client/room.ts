import { LOBBY_CHANNEL } from '../chat/config.ts';
import { nickKey } from '../chat/names.ts';
import type { ServerRecord } from '../chat/schema.ts';
import type { User } from './events.ts';

type Joined = Extract<ServerRecord, { type: 'joined' }>;

/**
 * A room as the client knows it: who is in, which lines were seen, and what a reconnect brings
 * back.
 */
export class ClientRoom {
  readonly name: string;
  /** What opens it; empty: nothing is needed. */
  readonly key: string;
  /** Whether this connection has been let in. */
  isIn = false;
  /** Whether any connection of ours has. */
  wasIn = false;
  channel: number = LOBBY_CHANNEL;
  /** Number of the line up to which we said that we have read. */
  read = 0;
  /** Our nick as the room knows it: its channel may be behind, or ahead of, the others. */
  nick = '';
  readonly #usersMax: number;
  readonly #users = new Map<string, User>();
  /** People in it, where not all are known by name; else 0. */
  total = 0;
  #seen = 0;
  /** The newest line when we came in: up to it everything is history. */
  #historyEnd = 0;
  #catchUp: { missed: number; lost: number } | undefined;

  constructor({ name, key, usersMax }: { name: string; key: string; usersMax: number }) {
    this.name = name;
    this.key = key;
    this.#usersMax = usersMax;
  }

  /** The number of the newest line that was shown. */
  get seen(): number {
    return this.#seen;
  }

  /** Sorted by nick. */
  get users(): User[] {
    return [...this.#users].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, user]) => user);
  }

  /**
   * We are in, for the first time or again. `continued`: the server counts on from what we have
   * seen; else it shows the newest `history` lines. `back`: the person was in before and wants to
   * know what they missed.
   */
  join(joined: Joined, options: { continued: boolean; back: boolean; history: number }): void {
    this.#users.clear();
    for (const user of joined.users) this.addUser(user);
    this.total = joined.total;
    this.isIn = true;
    this.channel = joined.channel;
    this.nick = joined.nick;
    this.#historyEnd = joined.seq;
    // A server that knows fewer lines than we do has begun to count anew.
    const continued = options.continued && this.wasIn && joined.seq >= this.#seen;
    if (!continued) this.#seen = Math.max(0, joined.seq - options.history);
    // A connection that was lost before all had come has told of nothing yet.
    const before = this.#catchUp ?? { missed: 0, lost: 0 };
    this.#catchUp = options.back && this.wasIn ? before : undefined;
    this.wasIn = true;
  }

  /**
   * Whether an entry is new to us; then it counts as shown. `missable`: it counts as a message that
   * was missed.
   */
  show(seq: number, missable: boolean): { fresh: boolean; history: boolean } {
    if (seq <= this.#seen) return { fresh: false, history: true };
    if (this.#catchUp !== undefined) {
      this.#catchUp.lost += seq - this.#seen - 1;
      if (missable) this.#catchUp.missed += 1;
    }
    this.#seen = seq;
    return { fresh: true, history: seq <= this.#historyEnd };
  }

  /**
   * What a reconnect brought, once all of it is shown: lines of others, and lines no longer kept.
   */
  caughtUp(): { missed: number; lost: number } | undefined {
    const done = this.#catchUp;
    if (done === undefined || this.#seen < this.#historyEnd) return undefined;
    this.#catchUp = undefined;
    return done;
  }

  addUser(user: User): void {
    if (this.#users.size < this.#usersMax) this.#users.set(nickKey(user.nick), user);
  }

  removeUser(nick: string): void {
    this.#users.delete(nickKey(nick));
  }

  has(nick: string): boolean {
    return this.#users.has(nickKey(nick));
  }

  renameUser(from: string, to: string): void {
    const user = this.#users.get(nickKey(from));
    this.removeUser(from);
    // Known: the roster that we got had heard of it before us.
    if (!this.has(to)) this.addUser({ presence: 'here', ...user, nick: to });
  }

  /** Whether there is somebody of that name. */
  changeUser(nick: string, change: Partial<User>): boolean {
    const user = this.#users.get(nickKey(nick));
    if (user === undefined) return false;
    this.#users.set(nickKey(nick), { ...user, ...change });
    return true;
  }
}
