import { type RandomSource, randomBytes } from '../base/random.ts';
import { toHex, utf8Length } from '../chat/bytes.ts';
import { encodeClientRecord } from '../chat/codec.ts';
import { ID_BYTES_MIN, TEXT_BYTES_MAX } from '../chat/config.ts';
import { sanitiseText } from '../chat/sanitise.ts';
import type { EntryKind } from '../chat/schema.ts';
import type { ClientConfig } from './config.ts';
import type { ClientEvent } from './events.ts';
import { DIRECT, Outbox, type OutboxLine } from './outbox.ts';

/** What a post is about, besides its room. */
export interface PostAbout {
  /** Number of a line. */
  readonly ref?: number;
  /** Nick of a person. */
  readonly to?: string;
}

/** Something that a person wants said or done. */
export interface Post {
  /** `#room`, which they want to be in, or `@nick`. */
  readonly room: string;
  readonly nick: string;
  readonly kind: EntryKind;
  readonly text: string;
  readonly about: PostAbout;
}

export interface PostsOptions {
  readonly random: RandomSource;
  /** Wall clock at `now` = 0, ms since 1970. */
  readonly epoch: number;
  readonly config: ClientConfig;
  readonly emit: (event: ClientEvent) => void;
}

/** Kinds that need text. */
const SPOKEN: ReadonlySet<EntryKind> = new Set(['text', 'action', 'edit', 'react', 'unreact']);

/**
 * What we say and do, from the key until it has come back: each post is answered exactly once,
 * over however many connections.
 */
export class OwnPosts {
  readonly #options: PostsOptions;
  readonly #outbox: Outbox;
  /** Accepted posts that have yet to come back as a room's entry: their ids, and the rooms. */
  readonly #awaited = new Map<string, string>();

  constructor(now: number, options: PostsOptions) {
    this.#options = options;
    this.#outbox = new Outbox(now, options.config);
  }

  /** Posts that have no answer. */
  get length(): number {
    return this.#outbox.length;
  }

  /**
   * Queues a post; `pending` says so if it is a line. What cannot be queued is rejected at once;
   * `problem` is a reason to.
   */
  add(now: number, post: Post, problem: string | undefined): string {
    const { random, epoch, emit } = this.#options;
    const { room, nick, kind, about } = post;
    const { ref = 0, to = '' } = about;
    const idBytes = randomBytes(random, ID_BYTES_MIN);
    const id = toHex(idBytes);
    const text = sanitiseText(post.text).trimEnd();
    const isLine = kind === 'text' || kind === 'action';
    if (isLine) {
      const at = Math.floor(epoch + now);
      const answers = ref === 0 ? {} : { ref };
      emit({ type: 'pending', room, id, nick, kind, text, at, ...answers });
    }
    const refuse = (code: string, reason: string): string => {
      emit({ type: 'rejected', room, id, code, reason });
      return id;
    };
    if (problem !== undefined) return refuse('not-in-room', problem);
    if (text === '' && SPOKEN.has(kind)) return refuse('empty', 'a message needs some text');
    if (utf8Length(text) > TEXT_BYTES_MAX) {
      return refuse('too-long', `a message has at most ${TEXT_BYTES_MAX} bytes`);
    }
    const isDirect = room.startsWith('@');
    if (isDirect && !isLine) return refuse('not-in-room', 'that can be done in rooms only');
    const record =
      isDirect && isLine
        ? encodeClientRecord({ type: 'direct', id: idBytes, to: room.slice(1), kind, text })
        : encodeClientRecord({ type: 'post', id: idBytes, room, kind, text, ref, to });
    if (!this.#outbox.add({ id, room, kind, text, record })) {
      return refuse('outbox-full', 'too many messages wait for the server already');
    }
    return id;
  }

  /** The next post to send now, if the window and the pace allow one. */
  poll(now: number): OutboxLine | undefined {
    return this.#outbox.poll(now);
  }

  readyAt(now: number): number {
    return this.#outbox.readyAt(now);
  }

  /** We are in: direct messages may go, rooms follow by `open`. */
  handleWelcome({ continued }: { continued: boolean }): void {
    // Entries of another log never come back.
    if (!continued) this.#awaited.clear();
    this.#outbox.open(DIRECT);
  }

  handleDisconnected(): void {
    for (const { id, room } of this.#outbox.rewind()) {
      const reason = `you left ${room} before it was answered; it may have been said`;
      this.#options.emit({ type: 'rejected', room, id, code: 'unanswered', reason });
    }
  }

  open(room: string): void {
    this.#outbox.open(room);
  }

  /** A room is no more for us: nor are the posts that had yet to go there. */
  shut(room: string): void {
    for (const { id } of this.#outbox.shut(room)) {
      const reason = `you are not in ${room} any more`;
      this.#options.emit({ type: 'rejected', room, id, code: 'not-in-room', reason });
    }
    for (const [id, where] of this.#awaited) if (where === room) this.#awaited.delete(id);
  }

  /** The server has taken a post; `nick` is ours. */
  accept(nick: string, id: string, { seq, at }: { seq: number; at: number }): void {
    const line = this.#outbox.take(id);
    if (line === undefined) return;
    const { emit } = this.#options;
    const { room, text } = line;
    emit({ type: 'accepted', room, id, seq, at });
    if (!room.startsWith('@')) {
      if (this.#outbox.isOpen(room)) this.#awaited.set(id, room);
      return;
    }
    // A direct message does not come back from the server: its tick is ours to show.
    const kind = line.kind === 'action' ? 'action' : 'text';
    const own = { own: true, history: false };
    emit({ type: 'message', room, seq: 0, id, nick, kind, text, at, ...own });
  }

  reject(id: string, code: string, reason: string): void {
    const line = this.#outbox.take(id);
    if (line === undefined) return;
    this.#options.emit({ type: 'rejected', room: line.room, id, code, reason });
  }

  /** Whether an entry is a post of ours that has come back now. */
  comeBack(id: string): boolean {
    return this.#awaited.delete(id);
  }
}
