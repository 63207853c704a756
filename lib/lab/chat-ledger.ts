import type { ClientEvent, MessageEvent } from '../client/events.ts';
import { InvariantError } from './connection-checker.ts';

/** A line as the whole room must see it. */
interface Line {
  readonly id: string;
  readonly text: string;
}

/** What one person's screen has shown. */
export interface Screen {
  readonly name: string;
  /** Number of the newest line of the room; 0 before the first. */
  lastSeq: number;
  /** Who is in the room. */
  readonly roster: Set<string>;
  /** Ids of own lines that have no answer. */
  readonly pending: Set<string>;
  readonly whispers: Set<string>;
  isOnline: boolean;
  isClosed: boolean;
}

/**
 * Compares what people see in one room: the same lines under the same numbers, without a gap or a
 * second copy, with the words that were typed; and each line of their own answered exactly once.
 */
export class ChatLedger {
  readonly #room: string;
  /** The room's lines by number, as first seen by anyone. */
  readonly #lines: Line[] = [];
  /** What was typed, by the line's id. */
  readonly #typed = new Map<string, string>();
  /** Numbers of accepted lines, by id. */
  readonly #accepted = new Map<string, number>();
  /** Lines that were refused, by id: nobody may ever see them. */
  readonly #rejected = new Set<string>();
  /** Direct messages that were accepted, and not yet seen by anybody but their author. */
  readonly #undelivered = new Set<string>();
  readonly #delivered = new Set<string>();

  constructor(room: string) {
    this.#room = room;
  }

  /** Lines that anybody has seen. */
  get length(): number {
    return this.#lines.length;
  }

  get accepted(): number {
    return this.#accepted.size;
  }

  /** Direct messages that were ticked and that nobody has been shown. */
  get undelivered(): number {
    return this.#undelivered.size;
  }

  screen(name: string): Screen {
    return {
      name,
      lastSeq: 0,
      roster: new Set(),
      pending: new Set(),
      whispers: new Set(),
      isOnline: false,
      isClosed: false,
    };
  }

  typed(id: string, text: string): void {
    this.#typed.set(id, text);
  }

  show(screen: Screen, event: ClientEvent): void {
    if (screen.isClosed) throw new Error(`${screen.name}: ${event.type} after closed`);
    switch (event.type) {
      case 'pending':
        screen.pending.add(event.id);
        break;
      case 'accepted':
        this.#answer(screen, event.id);
        if (event.room === this.#room) this.#accept(screen, event.id, event.seq);
        else if (!this.#delivered.has(event.id)) this.#undelivered.add(event.id);
        break;
      case 'rejected':
        this.#answer(screen, event.id);
        this.#rejected.add(event.id);
        break;
      case 'message':
        if (event.room === this.#room) this.#showLine(screen, event);
        else this.#showWhisper(screen, event);
        break;
      case 'status':
        screen.isOnline = event.status === 'online' || event.status === 'slow';
        break;
      case 'closed':
        screen.isClosed = true;
        break;
      default:
        followRoster(screen, event);
    }
  }

  #answer(screen: Screen, id: string): void {
    if (!screen.pending.delete(id)) {
      throw new InvariantError(1, `${screen.name}: line ${id} was answered twice, or never typed`);
    }
  }

  #accept(screen: Screen, id: string, seq: number): void {
    const before = this.#accepted.get(id);
    if (before !== undefined && before !== seq) {
      throw new InvariantError(1, `${screen.name}: line ${id} is number ${before} and ${seq}`);
    }
    this.#accepted.set(id, seq);
  }

  #showLine(screen: Screen, event: MessageEvent): void {
    const { seq, id, text } = event;
    const what = `${screen.name}: line ${seq} (${id})`;
    const isFirst = screen.lastSeq === 0;
    if (!isFirst && seq !== screen.lastSeq + 1) {
      throw new InvariantError(2, `${what} follows line ${screen.lastSeq}`);
    }
    if (isFirst && !event.history && seq !== 1 && seq !== this.#lines.length) {
      // A newcomer may be shown fewer old lines than there are, but new ones are not skipped.
      if (seq > this.#lines.length + 1) throw new InvariantError(2, `${what} skips lines`);
    }
    screen.lastSeq = seq;
    if (this.#rejected.has(id)) throw new InvariantError(1, `${what} was rejected`);
    const known = this.#lines[seq - 1];
    if (known === undefined) {
      if (this.#lines.some((line) => line?.id === id)) {
        throw new InvariantError(1, `${what} has been there under another number`);
      }
      this.#lines[seq - 1] = { id, text };
    } else if (known.id !== id || known.text !== text) {
      throw new InvariantError(2, `${what} is ${known.id} on other screens`);
    }
    if (this.#typed.get(id) !== text)
      throw new InvariantError(13, `${what} was not typed like that`);
    const seqOfAccepted = this.#accepted.get(id);
    if (seqOfAccepted !== undefined && seqOfAccepted !== seq) {
      throw new InvariantError(1, `${what} was accepted as ${seqOfAccepted}`);
    }
  }

  #showWhisper(screen: Screen, { id, text, own }: MessageEvent): void {
    if (!own) {
      this.#delivered.add(id);
      this.#undelivered.delete(id);
    }
    if (screen.whispers.has(id)) {
      throw new InvariantError(1, `${screen.name}: direct message ${id} came twice`);
    }
    screen.whispers.add(id);
    if (this.#typed.get(id) !== text) {
      throw new InvariantError(13, `${screen.name}: direct message ${id} was not typed like that`);
    }
  }
}

function followRoster({ roster }: Screen, event: ClientEvent): void {
  switch (event.type) {
    case 'roster':
      roster.clear();
      for (const { nick } of event.users) roster.add(nick);
      break;
    case 'join':
      roster.add(event.nick);
      break;
    case 'leave':
    case 'gone':
      roster.delete(event.nick);
      break;
    case 'nick':
      roster.delete(event.from);
      roster.add(event.to);
      break;
    default:
      break;
  }
}
