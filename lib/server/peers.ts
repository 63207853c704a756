import type { ClientRecord } from '../chat/schema.ts';
import type { Origin } from './admission.ts';
import type { Session } from './session.ts';

export type Hello = Extract<ClientRecord, { type: 'hello' }>;

/** A connection, as the hub knows it. */
export interface Peer {
  readonly id: number;
  readonly address: string;
  readonly origin: Origin;
  /** Until when it has to say who it is, in the clock of `now`. */
  helloBy: number;
  session: Session | undefined;
  /** Has said the password. */
  isTrusted: boolean;
  /** Has said a password that is being checked; what it said next waits. */
  isChecked: boolean;
  held: Hello | undefined;
  /** Its connection is gone with the thread that had it; until when its session may come back. */
  returnBy: number | undefined;
}

/** All connections of a server. */
export class PeerTable {
  readonly #all = new Map<number, Peer>();
  /** Those without a hello, in the order of their deadlines. */
  readonly #pending = new Set<Peer>();
  /** Those that have only a session left, in the order of their deadlines. */
  readonly #lost = new Set<Peer>();

  get ids(): Iterable<number> {
    return this.#all.keys();
  }

  /** Peers that have not said who they are. */
  get pending(): number {
    return this.#pending.size;
  }

  get(id: number | undefined): Peer | undefined {
    return id === undefined ? undefined : this.#all.get(id);
  }

  add(id: number, from: Pick<Peer, 'address' | 'origin' | 'helloBy'>): Peer {
    const peer: Peer = {
      ...from,
      id,
      session: undefined,
      isTrusted: false,
      isChecked: false,
      held: undefined,
      returnBy: undefined,
    };
    this.#all.set(id, peer);
    this.#pending.add(peer);
    return peer;
  }

  /** A hello is due until `helloBy`. */
  await(peer: Peer, helloBy: number): void {
    peer.helloBy = helloBy;
    this.#pending.add(peer);
  }

  /** No hello is due (any more). */
  settle(peer: Peer): void {
    this.#pending.delete(peer);
  }

  /** Keeps the place of a session whose connection is gone. */
  lose(peer: Peer, returnBy: number): void {
    peer.returnBy = returnBy;
    this.#lost.add(peer);
  }

  /** False when it was forgotten before. */
  forget(peer: Peer): boolean {
    this.#pending.delete(peer);
    this.#lost.delete(peer);
    return this.#all.delete(peer.id);
  }

  /** Somebody whose time for a hello is over. */
  pollSilent(now: number): Peer | undefined {
    const [first] = this.#pending;
    return first !== undefined && first.helloBy <= now ? first : undefined;
  }

  /** Somebody who has not come back in time. */
  pollLost(now: number): Peer | undefined {
    const [first] = this.#lost;
    return first?.returnBy !== undefined && first.returnBy <= now ? first : undefined;
  }

  nextTimeout(): number {
    const [silent] = this.#pending;
    const [lost] = this.#lost;
    return Math.min(silent?.helloBy ?? Infinity, lost?.returnBy ?? Infinity);
  }
}
