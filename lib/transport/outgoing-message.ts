import { RangeSet } from '../base/range-set.ts';
import { MESSAGE_COST } from './config.ts';

/** Part of a message that one frame carries. */
export interface Piece {
  readonly message: OutgoingMessage;
  readonly offset: number;
  readonly length: number;
  /** Goes as a SKIP frame: the message was given up. */
  readonly isSkip?: boolean;
}

/**
 * A message on its way out, until all of it is acknowledged, or given up. It is itself the piece
 * that is all of it, so that a message which fits a packet needs no second object.
 */
export class OutgoingMessage implements Piece {
  readonly offset = 0;
  readonly channel: number;
  /** Given when its turn comes, so that what is never begun leaves no gap. */
  id = -1;
  readonly bytes: Uint8Array;
  /** What it takes from the flow control credit (spec/protocol section 6). */
  readonly cost: number;
  readonly fragmented: boolean;
  /** When it is given up, ms; Infinity for never. */
  readonly expiresAt: number;
  /** What of `cost` is in the send buffer. */
  buffered: number;
  /** Bytes that were sent at least once. */
  sent = 0;
  started = false;
  /** Packets on the way that carry it, if it is not fragmented. */
  flights = 0;
  /** All of it is to be sent again, and has not been yet. */
  waitsAgain = false;
  #acked: RangeSet | undefined;
  /** The peer has it, or knows that it will not come. */
  isDone = false;
  isGivenUp = false;

  constructor(options: {
    channel: number;
    bytes: Uint8Array;
    /** Longer than a packet: goes in FRAGMENT frames. */
    fragmented: boolean;
    expiresAt: number;
  }) {
    this.channel = options.channel;
    this.bytes = options.bytes;
    this.cost = options.bytes.length + MESSAGE_COST;
    this.fragmented = options.fragmented;
    this.expiresAt = options.expiresAt;
    this.buffered = this.cost;
  }

  get message(): OutgoingMessage {
    return this;
  }

  get length(): number {
    return this.bytes.length;
  }

  /** Whether every byte has left once. An empty message has once it was started. */
  get isFullySent(): boolean {
    return this.started && this.sent === this.bytes.length;
  }

  /** Whether it is of no use any more to send any of it. */
  get isOver(): boolean {
    return this.isDone || this.isGivenUp;
  }

  /** Whether a piece need not be sent any more. */
  isSettled({ offset, length, isSkip }: Piece): boolean {
    if (this.isDone || this.isGivenUp) return this.isDone || isSkip !== true;
    return this.#acked?.covers(offset, offset + length) ?? false;
  }

  /** Notes an acknowledged piece; true when that settled the message. */
  ack({ offset, length, isSkip }: Piece): boolean {
    if (this.isDone) return false;
    if (this.fragmented && isSkip !== true) {
      this.#acked ??= new RangeSet();
      this.#acked.add(offset, offset + length);
      this.isDone = this.#acked.covers(0, this.bytes.length);
    } else this.isDone = true;
    return this.isDone;
  }
}
