import type { KeptOutbox, KeptPost } from '../chat/kept.ts';
import type { ClientCore } from '../client/core.ts';

/** What somebody leaves behind who is killed, as a file would have it. */
export class SimulatedOutbox {
  /** Whose it is. */
  readonly name: string;
  readonly #session: Uint8Array;
  readonly #posts = new Map<string, KeptPost>();

  constructor(name: string, session: Uint8Array) {
    this.name = name;
    this.#session = session;
  }

  /** Ids of what had no answer. */
  get ids(): Iterable<string> {
    return this.#posts.keys();
  }

  /** The rooms that it was for. */
  get rooms(): string[] {
    const all = [...this.#posts.values()].map(({ room }) => room);
    return all.filter((room) => room.startsWith('#'));
  }

  load(): KeptOutbox {
    return { session: this.#session, posts: [...this.#posts.values()] };
  }

  /** Keeps what a client wants kept now. */
  follow(core: ClientCore): void {
    for (let next = core.pollChange(); next !== undefined; next = core.pollChange()) {
      if (next.type === 'add') this.#posts.set(next.post.id, next.post);
      else this.#posts.delete(next.id);
    }
  }
}
