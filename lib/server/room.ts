import type { WireUser } from '../chat/schema.ts';
import type { Session } from './session.ts';

/** A room: who is in it. What was said in it is in its log. */
export class Room {
  readonly name: string;
  readonly channel: number;
  readonly #members = new Set<Session>();
  /** Connections that are to get older lines before new ones, and have not got them yet. */
  readonly #behind = new Set<number>();
  #peers: readonly number[] | undefined;

  constructor(name: string, channel: number) {
    this.name = name;
    this.channel = channel;
  }

  get size(): number {
    return this.#members.size;
  }

  /** The connections of everyone in the room: one array until someone comes, goes or reconnects. */
  get peers(): readonly number[] {
    this.#peers ??= [...this.#members].flatMap(({ peer }) => (peer === undefined ? [] : [peer]));
    return this.#peers;
  }

  /** Those of them that have all lines so far: the next one goes to them. */
  get upToDate(): readonly number[] {
    if (this.#behind.size === 0) return this.peers;
    return this.peers.filter((peer) => !this.#behind.has(peer));
  }

  /** New lines do not go to `peer` until `catchUp`: the read for it will have them. */
  fallBehind(peer: number): void {
    this.#behind.add(peer);
  }

  /** Whether `peer` was behind. */
  catchUp(peer: number): boolean {
    return this.#behind.delete(peer);
  }

  has(session: Session): boolean {
    return this.#members.has(session);
  }

  add(session: Session): void {
    this.#members.add(session);
    this.#peers = undefined;
  }

  delete(session: Session): boolean {
    this.#peers = undefined;
    if (session.peer !== undefined) this.#behind.delete(session.peer);
    return this.#members.delete(session);
  }

  roster(): WireUser[] {
    return [...this.#members].map(({ nick, presence }) => ({ nick, presence }));
  }
}
