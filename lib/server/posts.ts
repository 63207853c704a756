import { toHex, utf8Length } from '../chat/bytes.ts';
import { encodeServerRecord } from '../chat/codec.ts';
import { CONTROL_CHANNEL, TEXT_BYTES_MAX } from '../chat/config.ts';
import { nickKey } from '../chat/names.ts';
import type { ClientRecord } from '../chat/schema.ts';
import { inboxOf } from '../store/store.ts';
import type { RoomDirectory } from './directory.ts';
import type { Journal, Refusal } from './journal.ts';
import type { HubOutbox } from './output.ts';
import type { Accepted, Session } from './session.ts';

type Post = Extract<ClientRecord, { type: 'post' }>;
type Direct = Extract<ClientRecord, { type: 'direct' }>;

const UNSUPPORTED: Refusal = { code: 'unsupported', reason: 'this server cannot do that' };

export interface PostsOptions {
  readonly outbox: HubOutbox;
  readonly journal: Journal;
  readonly directory: RoomDirectory;
  /** Everyone who is in, by the key of their nick. */
  readonly members: ReadonlyMap<string, Session>;
}

/**
 * What people say: judged, kept, answered, passed on; each line once, however often it is sent.
 */
export class Posts {
  readonly #outbox: HubOutbox;
  readonly #journal: Journal;
  readonly #rooms: RoomDirectory;
  readonly #members: ReadonlyMap<string, Session>;

  constructor({ outbox, journal, directory, members }: PostsOptions) {
    this.#outbox = outbox;
    this.#journal = journal;
    this.#rooms = directory;
    this.#members = members;
  }

  post(now: number, session: Session, { id, room: name, kind, text, ref }: Post): void {
    const room = this.#rooms.get(name);
    const channel = room?.channel ?? CONTROL_CHANNEL;
    if (this.#isKnown(session, channel, id)) return;
    const outside = { code: 'not-in-room', reason: `you are not in ${name}` };
    const isLine = kind === 'text' || kind === 'action';
    const verdict = (): Refusal | undefined =>
      isLine ? this.#judge(now, session, text) : UNSUPPORTED;
    const refusal = room?.has(session) ? verdict() : outside;
    if (room === undefined || refusal !== undefined) {
      this.#reject(now, session, channel, { id, room: name, ...(refusal ?? outside) });
      return;
    }
    const { nick } = session;
    this.#journal.append({
      log: name,
      author: session.owner,
      id: toHex(id),
      text,
      encode: ({ seq, at }) =>
        encodeServerRecord({ type: 'message', room: name, seq, id, nick, kind, text, at, ref }),
      onStored: (time, { seq, at }, bytes) => {
        this.#accept(session, channel, id, { room: name, seq, at });
        this.#outbox.sendBytes(room.upToDate, channel, bytes);
        const size = utf8Length(text);
        this.#outbox.event(time, { type: 'message', room: name, seq, nick, bytes: size });
      },
      onRepeated: (_, { seq, at }) => this.#accept(session, channel, id, { room: name, seq, at }),
      onFailed: (time, failure) =>
        this.#reject(time, session, channel, { id, room: name, ...failure }),
    });
  }

  direct(now: number, session: Session, { id, to, kind, text }: Direct): void {
    const channel = CONTROL_CHANNEL;
    if (this.#isKnown(session, channel, id)) return;
    const target = this.#members.get(nickKey(to));
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
        if (!target.isInboxBehind) this.#outbox.sendBytes(target.peers, channel, bytes);
        const size = utf8Length(text);
        this.#outbox.event(time, { type: 'direct', from: nick, to: target.nick, bytes: size });
      },
      onRepeated: (_, { at }) => this.#accept(session, channel, id, { room, seq: 0, at }),
      onFailed: (time, failure) => this.#reject(time, session, channel, { id, room, ...failure }),
    });
  }

  /** Whether a line was here before: then it gets the answer it got then, or will get. */
  #isKnown(session: Session, channel: number, id: Uint8Array): boolean {
    const answer = session.answer(toHex(id));
    if (answer === undefined) return this.#journal.isWaiting(session.owner, toHex(id));
    this.#outbox.send(session.peers, channel, { type: 'accepted', id, ...answer });
    return true;
  }

  #accept(session: Session, channel: number, id: Uint8Array, answer: Accepted): void {
    session.accept(toHex(id), answer);
    this.#outbox.send(session.peers, channel, { type: 'accepted', id, ...answer });
  }

  #reject(
    now: number,
    session: Session,
    channel: number,
    answer: Refusal & { readonly id: Uint8Array; readonly room: string },
  ): void {
    this.#outbox.send(session.peers, channel, { type: 'rejected', ...answer });
    this.#outbox.event(now, { type: 'rejected', nick: session.nick, code: answer.code });
  }

  /** Why a session may not say `text` now; if it may, it has paid for it. */
  #judge(now: number, session: Session, text: string): Refusal | undefined {
    const size = utf8Length(text);
    if (size > TEXT_BYTES_MAX) {
      return { code: 'too-long', reason: `a message has at most ${TEXT_BYTES_MAX} bytes` };
    }
    if (text.trim() === '') return { code: 'empty', reason: 'a message needs some text' };
    if (!session.allowance.lines.take(now, 1) || !session.allowance.bytes.take(now, size)) {
      return { code: 'rate-limited', reason: 'too much at once; wait a moment' };
    }
    return this.#journal.refusal;
  }
}
