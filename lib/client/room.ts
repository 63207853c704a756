import { nickKey } from '../chat/names.ts';
import type { ServerRecord } from '../chat/schema.ts';
import type { Presence, User } from './events.ts';

type Joined = Extract<ServerRecord, { type: 'joined' }>;

/**
 * A room as the client knows it: who is in, which lines were seen, and what a reconnect brings
 * back.
 */
export class ClientRoom {
  readonly name: string;
  readonly #usersMax: number;
  readonly #users = new Map<string, { nick: string; presence: Presence }>();
  #seen = 0;
  /** The newest line when we came in: up to it everything is history. */
  #historyEnd = 0;
  #catchUp: { missed: number; lost: number } | undefined;

  constructor(name: string, usersMax: number) {
    this.name = name;
    this.#usersMax = usersMax;
  }

  /** The number of the newest line that was shown. */
  get seen(): number {
    return this.#seen;
  }

  /** Sorted by nick. */
  get users(): User[] {
    return [...this.#users.values()]
      .map(({ nick, presence }) => ({ nick, presence }))
      .sort((a, b) => (nickKey(a.nick) < nickKey(b.nick) ? -1 : 1));
  }

  /**
   * We are in, for the first time or again. `continued`: the server counts on from what we have
   * seen; else it shows the newest `history` lines. `back`: the person was in before and wants to
   * know what they missed.
   */
  join(joined: Joined, options: { continued: boolean; back: boolean; history: number }): void {
    this.#users.clear();
    for (const { nick, presence } of joined.users) this.addUser(nick, presence);
    this.#historyEnd = joined.seq;
    if (!options.continued) this.#seen = Math.max(0, joined.seq - options.history);
    this.#catchUp = options.back ? { missed: 0, lost: 0 } : undefined;
  }

  /** Whether a line is new to us; then it counts as shown. `own` lines are not missed ones. */
  show(seq: number, own: boolean): { fresh: boolean; history: boolean } {
    if (seq <= this.#seen) return { fresh: false, history: true };
    if (this.#catchUp !== undefined) {
      this.#catchUp.lost += seq - this.#seen - 1;
      if (!own) this.#catchUp.missed += 1;
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

  addUser(nick: string, presence: Presence): void {
    if (this.#users.size < this.#usersMax) this.#users.set(nickKey(nick), { nick, presence });
  }

  removeUser(nick: string): void {
    this.#users.delete(nickKey(nick));
  }

  renameUser(from: string, to: string): void {
    const presence = this.#users.get(nickKey(from))?.presence ?? 'here';
    this.removeUser(from);
    this.addUser(to, presence);
  }

  /** Whether that was news. */
  setPresence(nick: string, presence: Presence): boolean {
    const user = this.#users.get(nickKey(nick));
    if (user === undefined || user.presence === presence) return false;
    user.presence = presence;
    return true;
  }
}
