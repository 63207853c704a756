import { RangeSet } from '../base/range-set.ts';

/** Part of a message that one frame carries. */
export interface Piece {
  readonly message: OutgoingMessage;
  readonly offset: number;
  readonly length: number;
}

/** A message on its way out, until all of it is acknowledged. */
export class OutgoingMessage {
  readonly channel: number;
  readonly id: number;
  readonly bytes: Uint8Array;
  /** What it takes from the flow control credit (spec/protocol section 6). */
  readonly cost: number;
  /** Longer than a packet: goes in FRAGMENT frames. */
  readonly fragmented: boolean;
  /** Bytes that were sent at least once. */
  sent = 0;
  started = false;
  /** Packets on the way that carry it, if it is not fragmented. */
  flights = 0;
  #acked: RangeSet | undefined;
  isDone = false;

  constructor(options: {
    channel: number;
    id: number;
    bytes: Uint8Array;
    cost: number;
    fragmented: boolean;
  }) {
    this.channel = options.channel;
    this.id = options.id;
    this.bytes = options.bytes;
    this.cost = options.cost;
    this.fragmented = options.fragmented;
  }

  /** Whether every byte has left once. An empty message has once it was started. */
  get isFullySent(): boolean {
    return this.started && this.sent === this.bytes.length;
  }

  isAcked({ offset, length }: Piece): boolean {
    return this.isDone || (this.#acked?.covers(offset, offset + length) ?? false);
  }

  /** Notes an acknowledged piece; true when that completed the message. */
  ack({ offset, length }: Piece): boolean {
    if (this.isDone) return false;
    if (this.fragmented) {
      this.#acked ??= new RangeSet();
      this.#acked.add(offset, offset + length);
      this.isDone = this.#acked.covers(0, this.bytes.length);
    } else this.isDone = true;
    return this.isDone;
  }
}
