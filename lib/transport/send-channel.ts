import { Queue } from '../base/queue.ts';
import { isReliable } from './channel.ts';
import { MESSAGE_COST } from './config.ts';
import type { OutgoingMessage, Piece } from './outgoing-message.ts';
import { URGENCIES } from './send-order.ts';

/** The sending half of one channel: what is new, what is half sent, what must go again. */
export class SendChannel {
  readonly number: number;
  readonly isReliable: boolean;
  readonly #onGivenUp: (bytes: number) => void;
  readonly #unsent = new Queue<OutgoingMessage>();
  readonly #again = new Queue<Piece>();
  #current: OutgoingMessage | undefined;
  #nextId = 0;
  #hasLifetimes = false;
  /** Credit that the peer has given, and what of it is used (spec/protocol section 6). */
  limit: number;
  spent = 0;
  urgency: number = URGENCIES.standard;
  /** Bytes (as cost) queued or not yet acknowledged. */
  buffered = 0;
  /** The application was asked to wait for room. */
  needsDrain = false;

  /** `onGivenUp` is told when a message expires, and how many bytes that frees. */
  constructor(options: { number: number; limit: number; onGivenUp: (bytes: number) => void }) {
    this.number = options.number;
    this.isReliable = isReliable(options.number);
    this.limit = options.limit;
    this.#onGivenUp = options.onGivenUp;
  }

  /** When the next message that waits to be sent expires; Infinity when none does. */
  get expiryDeadline(): number {
    if (!this.#hasLifetimes) return Number.POSITIVE_INFINITY;
    const never = Number.POSITIVE_INFINITY;
    const unsent = this.#unsent.peek()?.expiresAt ?? never;
    return Math.min(this.#current?.expiresAt ?? never, unsent);
  }

  push(message: OutgoingMessage): void {
    this.buffered += message.cost;
    this.#hasLifetimes ||= message.expiresAt < Number.POSITIVE_INFINITY;
    this.#unsent.push(message);
  }

  /** What went missing, to be sent before anything new, the oldest first; what waits, once. */
  sendAgain(piece: Piece): void {
    const { message } = piece;
    if (piece === message && message.waitsAgain) return;
    if (piece === message) message.waitsAgain = true;
    this.#again.insert(piece, isOlder);
  }

  /** Whether anything waits: not counting what lacks `credit` of the connection. */
  hasNext(now: number, credit: number): boolean {
    if (this.#again.length > 0 || this.#hasLifetimes) return this.next(now, credit) !== undefined;
    return this.#current !== undefined || this.#startable(credit) !== undefined;
  }

  /** The piece to send next, all that is left of it; `took` says how much of it went. */
  next(now: number, credit: number): Piece | undefined {
    this.expire(now);
    for (let piece = this.#again.peek(); piece !== undefined; piece = this.#again.peek()) {
      const { message } = piece;
      const isWanted = !message.isSettled(piece);
      if (isWanted && (piece.isSkip || message.expiresAt > now)) return piece;
      this.#shiftAgain();
      if (isWanted) this.#giveUp(message);
    }
    const message = this.#current ?? this.#startable(credit);
    if (message === undefined || message.sent === 0) return message;
    return { message, offset: message.sent, length: message.bytes.length - message.sent };
  }

  /**
   * `length` bytes of the piece that `next` gave have been put into a packet. Returns whether they
   * had been sent before.
   */
  took(piece: Piece, length: number): boolean {
    if (this.#again.peek() === piece) {
      this.#shiftAgain();
      const rest = piece.length - length;
      if (rest > 0) {
        this.sendAgain({ message: piece.message, offset: piece.offset + length, length: rest });
      }
      return true;
    }
    const { message } = piece;
    if (!message.started) {
      this.#unsent.shift();
      this.#nextId++;
      message.started = true;
      if (this.isReliable) this.spent += message.cost;
    }
    message.sent += length;
    this.#current = message.isFullySent ? undefined : message;
    return false;
  }

  /** Gives up what waits and is late: without a word what was not begun, with a SKIP what was. */
  expire(now: number): void {
    if (!this.#hasLifetimes) return;
    const current = this.#current;
    if (current !== undefined && current.expiresAt <= now) {
      this.#current = undefined;
      this.#giveUp(current);
    }
    for (let head = this.#unsent.peek(); head !== undefined; head = this.#unsent.peek()) {
      if (head.expiresAt > now) break;
      this.#unsent.shift();
      this.#onGivenUp(head.cost);
    }
  }

  /** The SKIP stays in the buffer, as the cost of an empty message, until it is acknowledged. */
  #giveUp(message: OutgoingMessage): void {
    message.isGivenUp = true;
    message.buffered = MESSAGE_COST;
    this.sendAgain({ message, offset: 0, length: 0, isSkip: true });
    this.#onGivenUp(message.bytes.length);
  }

  #shiftAgain(): void {
    const piece = this.#again.shift();
    if (piece !== undefined && piece === piece.message) piece.message.waitsAgain = false;
  }

  #startable(credit: number): OutgoingMessage | undefined {
    const message = this.#unsent.peek();
    if (message === undefined) return undefined;
    message.id = this.#nextId;
    if (!this.isReliable) return message;
    return message.cost <= Math.min(credit, this.limit - this.spent) ? message : undefined;
  }
}

/** Order of what is sent again: a receiver that keeps no gaps has no use for any other. */
function isOlder(a: Piece, b: Piece): boolean {
  return a.message.id < b.message.id || (a.message.id === b.message.id && a.offset <= b.offset);
}
