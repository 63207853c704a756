import { toHex, utf8Length } from '../chat/bytes.ts';
import { encodeServerRecord } from '../chat/codec.ts';
import { CONTROL_CHANNEL, REACTION_BYTES_MAX, TEXT_BYTES_MAX } from '../chat/config.ts';
import { nickKey } from '../chat/names.ts';
import { sanitiseLine } from '../chat/sanitise.ts';
import type { ClientRecord, EntryKind } from '../chat/schema.ts';
import { AUDIT_LOG, inboxOf } from '../store/store.ts';
import { type Act, type Acts, isRefusal } from './acts.ts';
import { Amendments, type AmendVerdict } from './amendments.ts';
import type { RoomDirectory } from './directory.ts';
import type { Journal, Refusal } from './journal.ts';
import type { HubOutbox } from './output.ts';
import type { Roles } from './roles.ts';
import type { Room } from './room.ts';
import type { Accepted, Session } from './session.ts';

type Post = Extract<ClientRecord, { type: 'post' }>;
type Direct = Extract<ClientRecord, { type: 'direct' }>;

export interface PostsOptions {
  readonly outbox: HubOutbox;
  readonly journal: Journal;
  readonly directory: RoomDirectory;
  readonly roles: Roles;
  readonly acts: Acts;
  /** Everyone who is in, by the key of their nick. */
  readonly members: ReadonlyMap<string, Session>;
}

/** What an entry is besides the post that asked for it. */
interface Extras {
  /** What takes the place of the post's own. */
  readonly act?: Act;
  readonly amends?: Extract<AmendVerdict, (seq: number) => unknown>;
  /** Called when all is decided, for good or ill. */
  readonly settled?: () => void;
}

/** Kinds that need text. */
const SPOKEN: ReadonlySet<EntryKind> = new Set(['text', 'action', 'edit', 'react', 'unreact']);
/** Kinds that somebody who is muted may not use. */
const VOICED: ReadonlySet<EntryKind> = new Set([...SPOKEN, 'topic']);
/** Kinds that are about a line. */
const ABOUT_LINES: ReadonlySet<EntryKind> = new Set(['edit', 'delete', 'react', 'unreact']);

/**
 * What people say and do in rooms, and say to each other: judged, kept, answered, passed on; each
 * thing once, however often it is sent.
 */
export class Posts {
  readonly #options: PostsOptions;
  readonly #outbox: HubOutbox;
  readonly #journal: Journal;
  readonly #amendments: Amendments;

  constructor(options: PostsOptions) {
    this.#options = options;
    this.#outbox = options.outbox;
    this.#journal = options.journal;
    this.#amendments = new Amendments(options.journal);
  }

  post(now: number, session: Session, post: Post): void {
    const { id, room: name, kind } = post;
    const room = this.#options.directory.get(name);
    const channel = room?.channel ?? CONTROL_CHANNEL;
    if (this.#isKnown(session, channel, id)) return;
    const outside = { code: 'not-in-room', reason: `you are not in ${name}` };
    const refusal = room?.has(session) ? this.#judgePost(now, session, post) : outside;
    if (room === undefined || refusal !== undefined) {
      this.#reject(now, session, channel, { id, room: name, ...(refusal ?? outside) });
      return;
    }
    if (kind === 'edit' || kind === 'delete') {
      this.#amend(session, room, post);
    } else if (SPOKEN.has(kind)) {
      this.#commit(session, room, post);
    } else {
      const verdict = this.#options.acts.judge(session, room, post);
      if (isRefusal(verdict)) this.#reject(now, session, channel, { id, room: name, ...verdict });
      else this.#commit(session, room, post, { act: verdict });
    }
  }

  direct(now: number, session: Session, { id, to, kind, text }: Direct): void {
    const channel = CONTROL_CHANNEL;
    if (this.#isKnown(session, channel, id)) return;
    const target = this.#options.members.get(nickKey(to));
    const nobody = { code: 'no-such-nick', reason: `nobody here is called ${to}` };
    const refusal = target?.peer === undefined ? nobody : this.#judge(now, session, text);
    if (target === undefined || refusal !== undefined) {
      this.#reject(now, session, channel, { id, room: `@${to}`, ...(refusal ?? nobody) });
      return;
    }
    const room = `@${target.nick}`;
    const { nick } = session;
    this.#journal.append({
      log: inboxOf(target.owner),
      author: session.owner,
      id: toHex(id),
      text: '',
      encode: ({ seq, at }) =>
        encodeServerRecord({ type: 'whisper', seq, id, nick, kind, text, at }),
      onStored: (time, { at }, bytes) => {
        this.#accept(session, channel, id, { room, seq: 0, at });
        if (!target.isInboxBehind) this.#outbox.deliver(time, target.peers, channel, bytes);
        const size = utf8Length(text);
        this.#outbox.event(time, { type: 'direct', from: nick, to: target.nick, bytes: size });
      },
      onRepeated: (_, { at }) => this.#accept(session, channel, id, { room, seq: 0, at }),
      onFailed: (time, failure) => this.#reject(time, session, channel, { id, room, ...failure }),
    });
  }

  /** Changes an earlier line, once it has been looked up. */
  #amend(session: Session, room: Room, post: Post): void {
    const settled = (): void => this.#amendments.settled(room, post.ref);
    this.#amendments.judge(session, room, post, (now, verdict) => {
      if (typeof verdict === 'function') {
        this.#commit(session, room, post, { amends: verdict, settled });
        return;
      }
      const answer = { id: post.id, room: room.name, ...verdict };
      this.#reject(now, session, room.channel, answer);
      settled();
    });
  }

  /** Has an entry stored; then, and only then, it has happened. */
  #commit(session: Session, room: Room, post: Post, extras: Extras = {}): void {
    const { id, kind, ref } = post;
    const { act, amends, settled } = extras;
    const { name, channel } = room;
    const { nick } = session;
    const { text, to } = act ?? { text: post.text, to: '' };
    const isLine = kind === 'text' || kind === 'action';
    this.#journal.append({
      log: name,
      author: session.owner,
      id: toHex(id),
      text: isLine ? text : '',
      puts: act?.puts ?? [],
      encode: ({ seq, at }) => {
        const entry = { room: name, seq, id, nick, kind, text, at, ref, to };
        return encodeServerRecord({ type: 'message', ...entry });
      },
      ...(amends && { amends: ({ seq }) => amends(seq) }),
      onStored: (now, { seq, at }, bytes) => {
        const answer = { room: name, seq, at };
        // Who is sent the entry itself reads its own id in it.
        if (room.isUpToDate(session)) session.accept(toHex(id), answer);
        else this.#accept(session, channel, id, answer);
        this.#outbox.deliver(now, room.upToDate, channel, bytes);
        this.#report(now, { room: name, seq, nick, kind, text, to });
        act?.apply(now);
        settled?.();
      },
      onRepeated: (_, { seq, at }) => {
        this.#accept(session, channel, id, { room: name, seq, at });
        settled?.();
      },
      onFailed: (now, failure) => {
        this.#reject(now, session, channel, { id, room: name, ...failure });
        settled?.();
      },
    });
  }

  /** The server's log hears of everything, and of acts the store's audit too. */
  #report(
    now: number,
    entry: { room: string; seq: number; nick: string; kind: EntryKind; text: string; to: string },
  ): void {
    const { room, seq, nick, kind, text, to } = entry;
    if (kind === 'text' || kind === 'action') {
      this.#outbox.event(now, { type: 'message', room, seq, nick, bytes: utf8Length(text) });
      return;
    }
    if (to === '' && kind !== 'mode') {
      this.#outbox.event(now, { type: 'entry', room, seq, nick, kind });
      return;
    }
    this.#outbox.event(now, { type: 'act', room, by: nick, act: kind, to, text });
    const id = new Uint8Array(8);
    this.#journal.append({
      log: AUDIT_LOG,
      author: '',
      id: '',
      text: `${nick} ${kind} ${to} ${text}`,
      encode: ({ seq: number, at }) =>
        encodeServerRecord({ type: 'message', room, seq: number, id, nick, kind, text, at, to }),
      onStored: () => {},
      onRepeated: () => {},
      onFailed: () => {},
    });
  }

  /** Whether a line was here before: then it gets the answer it got then, or will get. */
  #isKnown(session: Session, channel: number, id: Uint8Array): boolean {
    const answer = session.answer(toHex(id));
    if (answer === undefined) return this.#journal.isWaiting(session.owner, toHex(id));
    this.#outbox.answer(session.peers, channel, { type: 'accepted', id, ...answer });
    return true;
  }

  #accept(session: Session, channel: number, id: Uint8Array, answer: Accepted): void {
    session.accept(toHex(id), answer);
    this.#outbox.answer(session.peers, channel, { type: 'accepted', id, ...answer });
  }

  #reject(
    now: number,
    session: Session,
    channel: number,
    answer: Refusal & { readonly id: Uint8Array; readonly room: string },
  ): void {
    this.#outbox.answer(session.peers, channel, { type: 'rejected', ...answer });
    this.#outbox.event(now, { type: 'rejected', nick: session.nick, code: answer.code });
  }

  /** Why a post cannot be, whatever it is about; if it can, it has been paid for. */
  #judgePost(now: number, session: Session, post: Post): Refusal | undefined {
    const { kind, text, ref, room } = post;
    if (this.#options.roles.isMuted(session.owner) && VOICED.has(kind)) {
      return { code: 'muted', reason: 'you are muted here' };
    }
    const needsRef = ABOUT_LINES.has(kind);
    if (ref > this.#journal.last(room) || (needsRef && ref === 0)) {
      return { code: 'no-such-line', reason: 'there is no such message' };
    }
    const isReaction = kind === 'react' || kind === 'unreact';
    if (isReaction && (utf8Length(text) > REACTION_BYTES_MAX || sanitiseLine(text) !== text)) {
      const reason = `a reaction is an emoji or a word of at most ${REACTION_BYTES_MAX} bytes`;
      return { code: 'reaction-invalid', reason };
    }
    return this.#judge(now, session, text, SPOKEN.has(kind));
  }

  /** Why a session may not say `text` now; if it may, it has paid for it. */
  #judge(now: number, session: Session, text: string, needsText = true): Refusal | undefined {
    const size = utf8Length(text);
    if (size > TEXT_BYTES_MAX) {
      return { code: 'too-long', reason: `a message has at most ${TEXT_BYTES_MAX} bytes` };
    }
    if (needsText && text.trim() === '') {
      return { code: 'empty', reason: 'a message needs some text' };
    }
    if (!session.allowance.lines.take(now, 1) || !session.allowance.bytes.take(now, size)) {
      return { code: 'rate-limited', reason: 'too much at once; wait a moment' };
    }
    return this.#journal.refusal;
  }
}
