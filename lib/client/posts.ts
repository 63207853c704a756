import type { RandomSource } from '../base/random.ts';
import { fromHex, utf8Length } from '../chat/bytes.ts';
import { encodeClientRecord } from '../chat/codec.ts';
import { TEXT_BYTES_MAX } from '../chat/config.ts';
import type { KeptPost, OutboxChange } from '../chat/kept.ts';
import { sanitiseText } from '../chat/sanitise.ts';
import type { EntryKind } from '../chat/schema.ts';
import { joinRecords } from '../chat/sequence.ts';
import type { ClientConfig } from './config.ts';
import type { ClientEvent } from './events.ts';
import { DIRECT, Outbox } from './outbox.ts';

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
  /** Told what is unanswered and what no longer is, for whoever keeps that. */
  readonly keep?: (change: OutboxChange) => void;
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
  /** Of ids so far, from anywhere: another client of ours counts elsewhere. */
  #count: number;

  constructor(now: number, options: PostsOptions) {
    this.#options = options;
    this.#outbox = new Outbox(now, options.config);
    this.#count = options.random.uint32();
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
    const { epoch } = this.#options;
    const { room, nick, kind, about } = post;
    const { ref = 0, to = '' } = about;
    const text = sanitiseText(post.text).trimEnd();
    const at = Math.floor(epoch + now);
    const id = this.#newId(at);
    const kept = { id, room, kind, text, ref, to, nick, at };
    this.#show(kept);
    const refusal =
      problem === undefined ? this.#queue(kept) : { code: 'not-in-room', reason: problem };
    if (refusal === undefined) this.#options.keep?.({ type: 'add', post: kept });
    else this.#options.emit({ type: 'rejected', room, id, ...refusal });
    return id;
  }

  /** Goes on with what an earlier client left behind, unless that is too old to be wanted. */
  restore(now: number, posts: readonly KeptPost[]): void {
    const { epoch, config } = this.#options;
    for (const post of posts) {
      this.#show(post);
      const age = epoch + now - post.at;
      const refusal =
        age > config.outboxAge
          ? { code: 'unanswered', reason: 'it waited too long; it may have been said' }
          : this.#queue(post);
      if (refusal !== undefined) this.#refuse(post, refusal.code, refusal.reason);
    }
  }

  /** The posts that window and pace allow now, as messages. */
  *pollMessages(now: number): Iterable<{ readonly room: string; readonly bytes: Uint8Array }> {
    const byRoom = new Map<string, Uint8Array[]>();
    for (let line = this.#outbox.poll(now); line !== undefined; line = this.#outbox.poll(now)) {
      const records = byRoom.get(line.room) ?? [];
      byRoom.set(line.room, records);
      records.push(line.record);
    }
    for (const [room, records] of byRoom) {
      for (const bytes of joinRecords(records)) yield { room, bytes };
    }
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
    for (const line of this.#outbox.rewind()) {
      const reason = `you left ${line.room} before it was answered; it may have been said`;
      this.#refuse(line, 'unanswered', reason);
    }
  }

  open(room: string): void {
    this.#outbox.open(room);
  }

  /** A room is no more for us: nor are the posts that had yet to go there. */
  shut(room: string): void {
    for (const line of this.#outbox.shut(room)) {
      this.#refuse(line, 'not-in-room', `you are not in ${room} any more`);
    }
    for (const [id, where] of this.#awaited) if (where === room) this.#awaited.delete(id);
  }

  /** The server has taken a post, if it is ours and has no answer yet; `nick` is ours. */
  accept(nick: string, id: string, { seq, at }: { seq: number; at: number }): void {
    const line = this.#outbox.take(id);
    if (line === undefined) return;
    const { emit, keep } = this.#options;
    const { room, text } = line;
    keep?.({ type: 'remove', id });
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
    if (line !== undefined) this.#refuse(line, code, reason);
  }

  /** Whether an entry is a post of ours that has come back now. */
  comeBack(id: string): boolean {
    return this.#awaited.delete(id);
  }

  /**
   * 8 bytes, hexadecimal: the second, and a count. New ones stand side by side in the server's
   * index of ids; random ones would each change another page of it, half of what storing costs.
   */
  #newId(at: number): string {
    this.#count = (this.#count + 1) >>> 0;
    return [Math.floor(at / 1000) >>> 0, this.#count]
      .map((half) => half.toString(16).padStart(8, '0'))
      .join('');
  }

  #show({ room, id, nick, kind, text, at, ref }: KeptPost): void {
    if (kind !== 'text' && kind !== 'action') return;
    const answers = ref === 0 ? {} : { ref };
    this.#options.emit({ type: 'pending', room, id, nick, kind, text, at, ...answers });
  }

  /** Puts a post on its way, or tells why it cannot be. */
  #queue(post: KeptPost): { readonly code: string; readonly reason: string } | undefined {
    const { room, kind, text, ref, to } = post;
    if (text === '' && SPOKEN.has(kind)) {
      return { code: 'empty', reason: 'a message needs some text' };
    }
    if (utf8Length(text) > TEXT_BYTES_MAX) {
      return { code: 'too-long', reason: `a message has at most ${TEXT_BYTES_MAX} bytes` };
    }
    const isDirect = room.startsWith('@');
    const isLine = kind === 'text' || kind === 'action';
    if (isDirect && !isLine) {
      return { code: 'not-in-room', reason: 'that can be done in rooms only' };
    }
    const id = fromHex(post.id);
    const record =
      isDirect && isLine
        ? encodeClientRecord({ type: 'direct', id, to: room.slice(1), kind, text })
        : encodeClientRecord({ type: 'post', id, room, kind, text, ref, to });
    if (this.#outbox.add({ id: post.id, room, kind, text, record })) return undefined;
    return { code: 'outbox-full', reason: 'too many messages wait for the server already' };
  }

  /** A post of ours that is not on its way any more was not taken. */
  #refuse({ id, room }: { id: string; room: string }, code: string, reason: string): void {
    this.#options.keep?.({ type: 'remove', id });
    this.#options.emit({ type: 'rejected', room, id, code, reason });
  }
}
