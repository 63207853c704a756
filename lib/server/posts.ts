import { toHex, utf8Length } from '../chat/bytes.ts';
import { encodeServerRecord } from '../chat/codec.ts';
import { CONTROL_CHANNEL, TEXT_BYTES_MAX } from '../chat/config.ts';
import { nickKey } from '../chat/names.ts';
import type { ClientRecord } from '../chat/schema.ts';
import type { HubOutbox } from './output.ts';
import type { Room } from './room.ts';
import type { Session } from './session.ts';

type Post = Extract<ClientRecord, { type: 'post' }>;
type Direct = Extract<ClientRecord, { type: 'direct' }>;

interface Refusal {
  readonly code: string;
  readonly reason: string;
}

export interface PostsOptions {
  readonly outbox: HubOutbox;
  readonly rooms: ReadonlyMap<string, Room>;
  /** Everyone who is in, by the key of their nick. */
  readonly members: ReadonlyMap<string, Session>;
}

/**
 * What people say: judged, numbered, answered, passed on; each line once, however often it is sent.
 */
export class Posts {
  readonly #outbox: HubOutbox;
  readonly #rooms: ReadonlyMap<string, Room>;
  readonly #members: ReadonlyMap<string, Session>;

  constructor({ outbox, rooms, members }: PostsOptions) {
    this.#outbox = outbox;
    this.#rooms = rooms;
    this.#members = members;
  }

  post(now: number, session: Session, { id, room: name, kind, text }: Post): void {
    const room = this.#rooms.get(name);
    const channel = room?.channel ?? CONTROL_CHANNEL;
    if (this.#answerAgain(session, channel, id)) return;
    if (!room?.has(session)) {
      const refusal = { code: 'not-in-room', reason: `you are not in ${name}` };
      this.#reject(now, session, channel, { id, room: name, ...refusal });
      return;
    }
    const refusal = judge(now, session, text);
    if (refusal !== undefined) {
      this.#reject(now, session, channel, { id, room: name, ...refusal });
      return;
    }
    const at = this.#outbox.wallClock(now);
    const seq = room.lastSeq + 1;
    const { nick } = session;
    this.#accept(session, channel, id, { room: name, seq, at });
    const record = { type: 'message', room: name, seq, id, nick, kind, text, at } as const;
    const bytes = encodeServerRecord(record);
    room.append(bytes);
    this.#outbox.sendBytes(room.peers, channel, bytes);
    this.#outbox.event(now, { type: 'message', room: name, seq, nick, bytes: utf8Length(text) });
  }

  direct(now: number, session: Session, { id, to, kind, text }: Direct): void {
    if (this.#answerAgain(session, CONTROL_CHANNEL, id)) return;
    const target = this.#members.get(nickKey(to));
    if (target?.peer === undefined) {
      const refusal = { code: 'no-such-nick', reason: `nobody here is called ${to}` };
      this.#reject(now, session, CONTROL_CHANNEL, { id, room: `@${to}`, ...refusal });
      return;
    }
    const refusal = judge(now, session, text);
    if (refusal !== undefined) {
      this.#reject(now, session, CONTROL_CHANNEL, { id, room: `@${to}`, ...refusal });
      return;
    }
    const at = this.#outbox.wallClock(now);
    const { nick } = session;
    this.#accept(session, CONTROL_CHANNEL, id, { room: `@${target.nick}`, seq: 0, at });
    const seq = target.inbox.lastSeq + 1;
    const record = { type: 'whisper', seq, id, nick, kind, text, at } as const;
    const bytes = encodeServerRecord(record);
    target.inbox.push(bytes);
    this.#outbox.sendBytes([target.peer], CONTROL_CHANNEL, bytes);
    const event = { type: 'direct', from: nick, to: target.nick, bytes: utf8Length(text) } as const;
    this.#outbox.event(now, event);
  }

  /** A line that was accepted before gets the answer it got then. */
  #answerAgain(session: Session, channel: number, id: Uint8Array): boolean {
    const receipt = session.receipt(toHex(id));
    if (receipt === undefined) return false;
    this.#outbox.send(session.peers, channel, { type: 'accepted', id, ...receipt });
    return true;
  }

  #accept(
    session: Session,
    channel: number,
    id: Uint8Array,
    receipt: { room: string; seq: number; at: number },
  ): void {
    session.accept(toHex(id), receipt);
    this.#outbox.send(session.peers, channel, { type: 'accepted', id, ...receipt });
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
}

/** Why a session may not say `text` now; if it may, it has paid for it. */
function judge(now: number, session: Session, text: string): Refusal | undefined {
  const size = utf8Length(text);
  if (size > TEXT_BYTES_MAX) {
    return { code: 'too-long', reason: `a message has at most ${TEXT_BYTES_MAX} bytes` };
  }
  if (text.trim() === '') return { code: 'empty', reason: 'a message needs some text' };
  if (!session.lines.take(now, 1) || !session.bytes.take(now, size)) {
    return { code: 'rate-limited', reason: 'too much at once; wait a moment' };
  }
  return undefined;
}
