import { RangeSet } from '../base/range-set.ts';
import { type AckFrame, type Frame, MAX_ACK_RANGES } from '../wire/frame.ts';
import type { TransportConfig } from './config.ts';

/** How far behind the newest a packet may be and still be taken: the replay window. */
export const REPLAY_WINDOW = 1024;

/** ACK delays are sent in units of this many ms (spec/protocol section 4.3). */
export const ACK_DELAY_UNIT = 0.008;

/** Packets of bulk that may arrive before they are acknowledged (RFC 9000 section 13.2.2). */
const PARTS_PER_ACK = 2;

/** Packets with messages that may, in a stream of them on a path that loses none. */
const MESSAGES_PER_ACK = 4;

/**
 * Longest message, bytes, of which four may wait. Longer ones are bulk: congestion control lives on
 * their acks, and with one for four a flow took 70 rather than 60 % of a short queue.
 */
const STREAM_MESSAGE_MAX = 512;

/** Packets in a row, each soon after the one before it, from which messages are a stream. */
export const STREAM_RUN = 8;

/**
 * A packet is reported for so long at least, ms, and in so many acks; a path that loses 30 % loses
 * all of those once in 15,000 times. In a flow one way nobody acknowledges the acks, and each gap
 * that is said for ever makes all of them longer (RFC 9000 section 13.2.3).
 */
const REPORT = { time: 500, acks: 8 } as const;

/** How soon a packet wants to be acknowledged, by what in it wants it soonest. */
export const AckUrgency = { none: 0, soon: 1, message: 2, long: 3, now: 4 } as const;
export type AckUrgency = (typeof AckUrgency)[keyof typeof AckUrgency];

/** How soon a packet with this frame is to be acknowledged (spec/protocol section 4.3). */
export function ackUrgency(frame: Frame): AckUrgency {
  switch (frame.type) {
    case 'ack':
    case 'padding':
    case 'close':
      return AckUrgency.none;
    case 'fragment': {
      const isLast = frame.offset + frame.bytes.length === frame.total;
      return isLast ? AckUrgency.now : AckUrgency.soon;
    }
    case 'message':
      return frame.bytes.length > STREAM_MESSAGE_MAX ? AckUrgency.long : AckUrgency.message;
    default:
      return AckUrgency.now;
  }
}

/** The receiver's half of acknowledgement: what arrived, what to say about it, and when. */
export class AckTracker {
  readonly #config: TransportConfig;
  readonly #isPrompt: boolean;
  /** Of a receiver that acknowledges each packet once: those that it has not yet. */
  readonly #fresh: RangeSet | undefined;
  readonly #received = new RangeSet();
  /** Everything below counts as received: it is too old to tell. */
  #floor = 0;
  /** Below this our acks were acked, so there is nothing to repeat. */
  #reportFrom = 0;
  /** The largest packet at the last two rests of the report, and when the later one was. */
  #earlierMark = 0;
  #mark = 0;
  #markedAt = 0;
  #acksSinceMark = 0;
  #largestTime = 0;
  #unreported = 0;
  /** Packets with messages in a row, and when the last of them came. */
  #run = 0;
  #messageAt = 0;
  /** When an acknowledgement is due; Infinity when none is. */
  deadline = Number.POSITIVE_INFINITY;
  largest = -1;
  /** Packets taken, for the stats. */
  count = 0;

  /**
   * `isPrompt`: each packet is acknowledged at once, as a timer that knows no delays wants it;
   * `isOnce`: and by one acknowledgement only.
   */
  constructor(config: TransportConfig, how: { isPrompt?: boolean; isOnce?: boolean } = {}) {
    this.#config = config;
    this.#isPrompt = how.isPrompt ?? false;
    if (how.isOnce) this.#fresh = new RangeSet();
  }

  /** A second copy, or too old to know whether it is one. */
  isDuplicate(packetNumber: number): boolean {
    return packetNumber < this.#floor || this.#received.has(packetNumber);
  }

  /** Takes a packet that is not a duplicate. */
  onPacket(now: number, packet: { number: number; urgency: AckUrgency; srtt: number }): void {
    const inOrder = packet.number === this.largest + 1;
    this.#received.add(packet.number);
    this.#fresh?.add(packet.number);
    this.#lowerReport(packet.number);
    this.count++;
    if (packet.number > this.largest) {
      this.largest = packet.number;
      this.#largestTime = now;
      this.#floor = Math.max(this.#floor, packet.number - REPLAY_WINDOW);
      this.#received.removeBelow(this.#floor);
    }
    if (packet.urgency === AckUrgency.none) return;
    this.#unreported++;
    const { urgency } = packet;
    if (urgency === AckUrgency.message || urgency === AckUrgency.long) this.#countRun(now);
    const wait = inOrder && !this.#isPrompt ? this.#patience(urgency, packet.srtt) : 0;
    this.deadline = Math.min(this.deadline, now + wait);
  }

  /** The frame to send now; undefined when nothing was received since our acks were acked. */
  frame(now: number): AckFrame | undefined {
    const ranges = [];
    const all = (this.#fresh ?? this.#received).ranges;
    for (let i = all.length - 1; i >= 0 && ranges.length < MAX_ACK_RANGES; i--) {
      const range = all[i];
      if (range === undefined || range.end <= this.#reportFrom) break;
      ranges.push({ start: Math.max(range.start, this.#reportFrom), end: range.end });
    }
    if (ranges.length === 0) return undefined;
    const delay = Math.max(0, Math.floor((now - this.#largestTime) / ACK_DELAY_UNIT));
    return { type: 'ack', delay, ranges };
  }

  /** Whether an ack tells the peer something new. */
  get hasNews(): boolean {
    return this.#unreported > 0;
  }

  /** Whether we report gaps until an ack of ours is acknowledged, which a packet of data gets. */
  get isUnconfirmed(): boolean {
    const ranges = this.#received.ranges;
    return (ranges.at(-2)?.end ?? 0) > this.#reportFrom;
  }

  onAckSent(now: number): void {
    this.deadline = Number.POSITIVE_INFINITY;
    this.#unreported = 0;
    this.#fresh?.removeBelow(Number.POSITIVE_INFINITY);
    this.#acksSinceMark++;
    if (this.#acksSinceMark < REPORT.acks || now - this.#markedAt < REPORT.time) return;
    this.#reportFrom = Math.max(this.#reportFrom, this.#earlierMark);
    this.#earlierMark = this.#mark;
    this.#mark = this.largest;
    this.#markedAt = now;
    this.#acksSinceMark = 0;
  }

  /** Our ack up to `largest` arrived: what it said need not be said again (RFC 9000 13.2.4). */
  onAckAcked(largest: number): void {
    this.#reportFrom = Math.max(this.#reportFrom, Math.min(largest + 1, this.largest));
  }

  /** What came late is as new as what came last. */
  #lowerReport(number: number): void {
    if (number < this.#reportFrom) this.#reportFrom = number;
    if (number < this.#earlierMark) this.#earlierMark = number;
    if (number < this.#mark) this.#mark = number;
  }

  #countRun(now: number): void {
    const isSoon = now - this.#messageAt < this.#config.maxAckDelay;
    this.#run = isSoon ? this.#run + 1 : 1;
    this.#messageAt = now;
  }

  /**
   * How long the acknowledgement of a packet may wait, ms. To receive an ack costs a server about
   * what it costs to send a message, so a stream gets fewer. A thin flow and a lossy path get one
   * at once: their tails live on it.
   */
  #patience(urgency: AckUrgency, srtt: number): number {
    const { bulkAckDelay, maxAckDelay } = this.#config;
    const isBulk = urgency === AckUrgency.long && this.#run >= STREAM_RUN;
    if (urgency === AckUrgency.soon || isBulk) {
      return this.#unreported >= PARTS_PER_ACK ? 0 : Math.min(bulkAckDelay, srtt / 4);
    }
    const mayWait = urgency === AckUrgency.message && this.#unreported < MESSAGES_PER_ACK;
    return mayWait && this.#run >= STREAM_RUN && this.#isWhole ? maxAckDelay : 0;
  }

  /** Whether nothing is missing of the peer's last packets. */
  get #isWhole(): boolean {
    const start = this.#received.ranges.at(-1)?.start ?? 0;
    return start === 0 || this.largest - start >= this.#config.lossWindow;
  }

  /** Share of the peer's last `window` packets that did not arrive, 0..1. */
  lossRate(window: number): number {
    const start = Math.max(this.#floor, this.largest + 1 - window);
    const span = this.largest + 1 - start;
    return span <= 0 ? 0 : 1 - this.#received.countWithin(start, this.largest + 1) / span;
  }
}
