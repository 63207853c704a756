import { Queue } from '../base/queue.ts';
import { isReliable } from './channel.ts';
import { OutgoingMessage, type Piece } from './outgoing-message.ts';
import { URGENCIES } from './send-order.ts';

/** The sending half of one channel: what is new, what is half sent, what must go again. */
export class SendChannel {
  readonly number: number;
  readonly isReliable: boolean;
  readonly #unsent = new Queue<OutgoingMessage>();
  readonly #again = new Queue<Piece>();
  #current: OutgoingMessage | undefined;
  #nextId = 0;
  /** Credit that the peer has given, and what of it is used (spec/protocol section 6). */
  limit: number;
  spent = 0;
  urgency: number = URGENCIES.standard;
  /** Bytes (as cost) queued or not yet acknowledged. */
  buffered = 0;
  /** The application was asked to wait for room. */
  needsDrain = false;

  constructor(number: number, limit: number) {
    this.number = number;
    this.isReliable = isReliable(number);
    this.limit = limit;
  }

  push(message: { bytes: Uint8Array; cost: number; fragmented: boolean }): void {
    const { number: channel } = this;
    this.buffered += message.cost;
    this.#unsent.push(new OutgoingMessage({ channel, id: this.#nextId++, ...message }));
  }

  /** What went missing, to be sent before anything new. */
  sendAgain(piece: Piece): void {
    this.#again.push(piece);
  }

  /** Whether anything waits: not counting what lacks `credit` of the connection. */
  hasNext(credit: number): boolean {
    return this.next(credit) !== undefined;
  }

  /** The piece to send next, all that is left of it; `took` says how much of it went. */
  next(credit: number): Piece | undefined {
    for (let piece = this.#again.peek(); piece !== undefined; piece = this.#again.peek()) {
      if (!piece.message.isAcked(piece)) return piece;
      this.#again.shift();
    }
    const message = this.#current ?? this.#startable(credit);
    if (message === undefined) return undefined;
    return { message, offset: message.sent, length: message.bytes.length - message.sent };
  }

  /**
   * `length` bytes of the piece that `next` gave have been put into a packet. Returns whether they
   * had been sent before.
   */
  took(piece: Piece, length: number): boolean {
    if (this.#again.peek() === piece) {
      this.#again.shift();
      const rest = piece.length - length;
      if (rest > 0) {
        this.#again.push({ message: piece.message, offset: piece.offset + length, length: rest });
      }
      return true;
    }
    const { message } = piece;
    if (!message.started) {
      this.#unsent.shift();
      message.started = true;
      if (this.isReliable) this.spent += message.cost;
    }
    message.sent += length;
    this.#current = message.isFullySent ? undefined : message;
    return false;
  }

  #startable(credit: number): OutgoingMessage | undefined {
    const message = this.#unsent.peek();
    if (message === undefined || !this.isReliable) return message;
    return message.cost <= Math.min(credit, this.limit - this.spent) ? message : undefined;
  }
}
