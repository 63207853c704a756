import type { RandomSource } from '../base/random.ts';
import type { AckFrame } from '../wire/frame.ts';
import { STREAM_RUN } from './ack-tracker.ts';
import type { RecoveryPolicy } from './arq.ts';
import type { PathClass, TransportConfig } from './config.ts';
import type { CongestionController } from './congestion.ts';
import { createController, initialWindow } from './controllers.ts';
import { DeliveryRate } from './delivery-rate.ts';
import { LossMeter } from './loss-meter.ts';
import { RttEstimator } from './rtt.ts';
import type { SentPacket } from './sent-packet.ts';
import { SentPackets } from './sent-packets.ts';

/** What an ACK frame or a timeout settled. */
export interface Settled {
  readonly acked: readonly SentPacket[];
  /** Of those that went to where the peer is now. */
  readonly bytes: number;
  readonly lost: readonly SentPacket[];
}

const NO_RANGE = { start: 0, end: 0 };

const NONE: readonly SentPacket[] = [];

/** Lost packets remembered, in case their acknowledgement was only late. */
const MAX_LOST_REMEMBERED = 256;

/** Probe timeouts that a lost packet is remembered for. */
const LOST_MEMORY_PTOS = 8;

/** The reordering window grows to at most this many first windows, and never over srtt. */
const MAX_REORDER_FACTOR = 16;

/** How late the timer of an acknowledgement may fire on a busy machine, ms. */
const ACK_DELAY_SLACK = 25;

/** Round trips without a spurious loss after which it shrinks again (RFC 8985 section 6.2: 16). */
const REORDER_DECAY_ROUNDS = 16;

/** RFC 9002 section 7.6.1. */
const PERSISTENT_CONGESTION_PTOS = 3;

/** Datagrams of unused window that make a sender application-limited (RFC 9002 section 7.8). */
const APP_LIMITED_SLACK = 3;

/**
 * Decides what was lost: RACK (RFC 8985) by time, by count only while nothing was ever reordered,
 * and probe timeouts, which send but never declare a loss (RFC 9002 section 6.2). All times in ms.
 */
export class Recovery {
  readonly #config: TransportConfig;
  readonly policy: RecoveryPolicy;
  readonly #random: RandomSource;
  #path: PathClass;
  /** There from the first message on, until nothing was sent for a while. */
  #controller: CongestionController | undefined;
  /** When a message was sent last. */
  #dataSentAt = 0;
  readonly #inFlight = new SentPackets();
  /** Older than all that are in flight, for it is the oldest that get lost. */
  readonly #lost = new SentPackets();
  #meter: LossMeter;
  readonly #rate = new DeliveryRate();
  #largestAcked = -1;
  /** Packets before this one went another way: they tell nothing about the path of today. */
  #firstOnPath = 0;
  /** Of the last ACK frame. */
  #lastRanges: AckFrame['ranges'] = [];
  #rackNumber = -1;
  #reorderingSeen = false;
  #reorderFactor = 1;
  #reorderDecayAt = 0;
  #lastSentAt = 0;
  /** Packets in a row, each soon after the one before it. */
  #run = 0;
  /** Packets sent before give no RTT sample. */
  #sleptUntil = 0;
  #expiries = 0;
  rtt: RttEstimator;
  /** Ack delay of the peer that may be in a sample, ms. */
  peerMaxAckDelay = 0;
  bytesInFlight = 0;
  /** When the next packet becomes lost by time; Infinity when none is about to. */
  lossDeadline = Number.POSITIVE_INFINITY;
  /** But for MTU probes. */
  packetsLost = 0;
  /** Largest number declared lost; -1 before the first. */
  largestLost = -1;
  spuriousLosses = 0;

  constructor(options: {
    config: TransportConfig;
    policy: RecoveryPolicy;
    random: RandomSource;
    path: PathClass;
    initialRtt: number;
  }) {
    this.#config = options.config;
    this.policy = options.policy;
    this.#random = options.random;
    this.#path = options.path;
    this.#meter = new LossMeter(options.config.lossWindow);
    this.rtt = new RttEstimator(options.config, options.initialRtt);
  }

  /** Bytes that may be in flight. */
  get window(): number {
    return this.#controller?.window ?? initialWindow(this.#config, this.#path);
  }

  /** Bytes a ms to send at; undefined: whatever spreads the window over a round trip. */
  get pacingRate(): number | undefined {
    return this.#controller?.pacingRate;
  }

  get largestAcked(): number {
    return this.#largestAcked;
  }

  get hasOutstanding(): boolean {
    return this.#inFlight.size > 0;
  }

  /** Whether the ARQ's window, which counts packets, is full. */
  get isFull(): boolean {
    return this.#inFlight.size >= this.policy.maxOutstanding;
  }

  /** Share of our packets that were lost, 0..1, over the last `lossWindow`. */
  get lossRate(): number {
    return this.#meter.rate;
  }

  /** The same, estimated so that chance alone does not raise it. */
  get cautiousLossRate(): number {
    return this.#meter.lowerBound;
  }

  /** Sum of what is unresolved: the checkers compare it with `bytesInFlight`. */
  get unresolvedBytes(): number {
    let sum = 0;
    for (const packet of this.#inFlight) sum += packet.size;
    return sum;
  }

  /** How long the fate of a packet may be unknown before something is done, without backoff, ms. */
  get timeout(): number {
    const { coveringAcks, maxOutstanding } = this.policy;
    return this.rtt.pto(0) + (coveringAcks * this.rtt.srtt) / maxOutstanding;
  }

  /** When to probe because nothing was heard of what is outstanding. */
  get ptoDeadline(): number {
    if (!this.hasOutstanding || this.policy.detection === 'timer') return Number.POSITIVE_INFINITY;
    return this.#lastSentAt + this.#backedOffPto + this.#ackPatience;
  }

  onSent(packet: SentPacket): void {
    const { time } = packet;
    if (packet.pieces !== undefined) {
      this.#dataSentAt = time;
      this.#controller ??= createController(this.#config, this.#path, this.#random);
    }
    this.#rate.stamp(packet, this.bytesInFlight);
    this.#inFlight.push(packet);
    this.bytesInFlight += packet.size;
    this.#run = time - this.#lastSentAt < this.peerMaxAckDelay ? this.#run + 1 : 1;
    this.#lastSentAt = time;
    if (this.policy.detection === 'timer' && this.#inFlight.size === 1) this.#armTimer();
  }

  /** There was room to send, but nothing to send: this says nothing about the path. */
  onAppLimited(now: number): void {
    this.#rate.onAppLimited(this.bytesInFlight);
    const isIdle = this.bytesInFlight === 0 && now - this.#dataSentAt > this.#config.minRttWindow;
    // What it learnt is old, and an idle connection holds no more than it must (RFC 5681 4.1).
    if (isIdle) this.#controller = undefined;
  }

  /** Takes an ACK frame whose largest number we have sent. `ackDelay` in ms. */
  onAck(now: number, frame: AckFrame, ackDelay: number): Settled {
    const flightBefore = this.bytesInFlight;
    this.#noticeSleep(now);
    this.#forgetLost(now);
    const largest = (frame.ranges[0]?.end ?? 0) - 1;
    const acked: SentPacket[] = [];
    this.#takeNews(frame.ranges, acked);
    const newest = acked.at(-1);
    this.#largestAcked = Math.max(this.#largestAcked, largest);
    if (newest === undefined) return { acked, bytes: 0, lost: NONE };
    const isOfPath = largest >= this.#firstOnPath;
    const isAwake = newest.time >= this.#sleptUntil;
    if (newest.number === largest && isOfPath && isAwake && !this.#isSaidAgain(ackDelay)) {
      this.rtt.update(now, now - newest.time, Math.min(ackDelay, this.peerMaxAckDelay));
    }
    this.#rackNumber = Math.max(this.#rackNumber, newest.number);
    this.#expiries = 0;
    const appLimited =
      flightBefore + APP_LIMITED_SLACK * this.#config.maxDatagramSize < this.window;
    let bytes = 0;
    for (const packet of acked) {
      if (packet.number < this.#firstOnPath) continue;
      bytes += packet.size;
      this.#rate.onAcked(now, packet);
    }
    const lost = this.detectLost(now);
    if (bytes === 0) return { acked, bytes, lost };
    const { latest: latestRtt, srtt, min: minRtt } = this.rtt;
    const path = this.#rate.take({ minRtt, latestRtt, srtt, inFlight: this.bytesInFlight });
    this.#controller?.onAcked(now, { bytes, sentTime: newest.time, appLimited }, path);
    return { acked, bytes, lost };
  }

  /** Declares lost what the policy says is; call on each ack and at `lossDeadline`. */
  detectLost(now: number): readonly SentPacket[] {
    const lost = this.policy.detection === 'timer' ? this.#expired(now) : this.#overtaken(now);
    if (lost.length > 0) this.#declareLost(now, lost);
    if (this.policy.detection === 'timer') this.#armTimer();
    return lost;
  }

  /** Those whose time is up, or all, if the policy goes back to the oldest. */
  #expired(now: number): readonly SentPacket[] {
    const timeout = this.#backedOffPto;
    const lost: SentPacket[] = [];
    for (const packet of this.#inFlight) {
      const isGoingBack = this.policy.goesBack && lost.length > 0;
      if (packet.time + timeout > now && !isGoingBack) break;
      lost.push(packet);
    }
    if (lost.length > 0) this.#expiries++;
    return lost;
  }

  /** When the timer of the oldest unresolved packet runs out. */
  #armTimer(): void {
    const oldest = this.#inFlight.first;
    this.lossDeadline =
      oldest === undefined ? Number.POSITIVE_INFINITY : oldest.time + this.#backedOffPto;
  }

  /** Those that RACK takes for lost, because later ones arrived. */
  #overtaken(now: number): readonly SentPacket[] {
    const lost: SentPacket[] = [];
    const after = Math.max(this.rtt.srtt, this.rtt.latest) + this.#reorderWindow(now);
    this.lossDeadline = Number.POSITIVE_INFINITY;
    if ((this.#inFlight.first?.number ?? this.#rackNumber) >= this.#rackNumber) return NONE;
    for (let packet = this.#inFlight.first; packet !== undefined; packet = packet.next) {
      if (packet.number >= this.#rackNumber) break;
      const overtaken = this.#rackNumber - packet.number >= this.#config.packetThreshold;
      if (packet.time + after <= now || (overtaken && !this.#reorderingSeen)) lost.push(packet);
      else {
        this.lossDeadline = packet.time + after;
        break;
      }
    }
    return lost;
  }

  /**
   * A probe timeout has expired: returns how many packets to send in spite of the window. Nothing
   * is declared lost.
   */
  onPtoExpired(now: number): number {
    this.#noticeSleep(now);
    this.#expiries++;
    this.#lastSentAt = now;
    return this.#expiries === 1 ? 1 : 2;
  }

  /** The `count` oldest unresolved packets with data in them: what probes had best repeat. */
  oldestWithData(count: number): readonly SentPacket[] {
    const oldest: SentPacket[] = [];
    for (const packet of this.#inFlight) {
      if (oldest.length >= count) break;
      if (packet.hasData) oldest.push(packet);
    }
    return oldest;
  }

  /** The peer has moved; `next` is the number of the first packet that goes to its new address. */
  onMoved(next: number): void {
    this.#firstOnPath = next;
    this.#expiries = 0;
  }

  /** Forgets what was measured: the path is a new one. */
  startAnew(path: PathClass): void {
    this.#path = path;
    this.#controller = undefined;
    this.#meter = new LossMeter(this.#config.lossWindow);
    this.rtt = new RttEstimator(this.#config, this.#config.initialRtt[path]);
  }

  /** Forgets everything: the connection is over. */
  clear(): void {
    this.#inFlight.clear();
    this.#lost.clear();
    this.bytesInFlight = 0;
    this.lossDeadline = Number.POSITIVE_INFINITY;
  }

  get #backedOffPto(): number {
    const base = this.timeout;
    const grown = Math.max(0, this.#expiries - this.#config.ptoLinearExpiries + 1);
    const { ptoBackoff, ptoMax } = this.#config;
    if (grown === 0) return base;
    return Math.min(base * ptoBackoff ** grown, Math.max(base, ptoMax));
  }

  /** How long the peer may keep the ack of what is outstanding: that of a stream without loss. */
  get #ackPatience(): number {
    const isStream = this.#run >= STREAM_RUN && this.lossRate === 0;
    return isStream && this.#expiries === 0 ? this.peerMaxAckDelay : 0;
  }

  /** A timer this late means that the process slept: that time is no round trip. */
  #noticeSleep(now: number): void {
    if (now - this.ptoDeadline > this.#config.clockJump) this.#sleptUntil = now;
  }

  /** An ack that waited longer than any does had a first copy, which was lost: no sample. */
  #isSaidAgain(ackDelay: number): boolean {
    return ackDelay > this.peerMaxAckDelay + ACK_DELAY_SLACK;
  }

  /** What this frame says and the last one did not: each number is looked at once, mostly. */
  #takeNews(ranges: AckFrame['ranges'], acked: SentPacket[]): void {
    const known = this.#lastRanges;
    this.#lastRanges = ranges;
    // Both lists have the newest range first.
    let at = known.length - 1;
    for (let i = ranges.length - 1; i >= 0; i--) {
      const { start, end } = ranges[i] ?? NO_RANGE;
      let from = start;
      for (; at >= 0; at--) {
        const old = known[at] ?? NO_RANGE;
        if (old.start >= end) break;
        if (old.start > from) this.#takeRange(from, old.start, acked);
        from = Math.max(from, old.end);
        // It may reach into the next range of this frame as well.
        if (old.end > end) break;
      }
      if (from < end) this.#takeRange(from, end, acked);
    }
  }

  #takeRange(start: number, end: number, acked: SentPacket[]): void {
    const before = acked.length;
    this.#lost.take(start, end, acked);
    for (let i = before; i < acked.length; i++) {
      const packet = acked[i];
      if (packet !== undefined) this.#onLateAck(packet);
    }
    const late = acked.length;
    this.#inFlight.take(start, end, acked);
    for (let i = late; i < acked.length; i++) {
      this.bytesInFlight -= acked[i]?.size ?? 0;
      this.#meter.onAcked();
    }
    if ((acked[before]?.number ?? end) < this.#largestAcked) this.#reorderingSeen = true;
  }

  /** A packet that was taken for lost has arrived after all: be more patient from now on. */
  #onLateAck({ time, isMtuProbe }: SentPacket): void {
    this.spuriousLosses++;
    if (!isMtuProbe) this.#meter.onSpurious();
    this.#reorderFactor = Math.min(this.#reorderFactor * 2, MAX_REORDER_FACTOR);
    this.#reorderDecayAt = time + REORDER_DECAY_ROUNDS * this.rtt.srtt;
  }

  /** An ack this late would be of no use. */
  #forgetLost(now: number): void {
    let oldest = this.#lost.first;
    if (oldest === undefined) return;
    const horizon = now - LOST_MEMORY_PTOS * this.rtt.pto(this.peerMaxAckDelay);
    while (oldest !== undefined) {
      if (oldest.time >= horizon && this.#lost.size <= MAX_LOST_REMEMBERED) break;
      this.#lost.shift(1);
      oldest = this.#lost.first;
    }
  }

  #reorderWindow(now: number): number {
    if (this.#reorderFactor > 1 && now > this.#reorderDecayAt) {
      this.#reorderFactor /= 2;
      this.#reorderDecayAt = now + REORDER_DECAY_ROUNDS * this.rtt.srtt;
    }
    const { reorderWindowShare, reorderWindowFloor } = this.#config;
    const window = this.rtt.min * reorderWindowShare * this.#reorderFactor;
    return Math.max(Math.min(window, this.rtt.srtt), reorderWindowFloor);
  }

  #declareLost(now: number, lost: readonly SentPacket[]): void {
    this.#inFlight.shift(lost.length);
    for (const packet of lost) {
      this.#lost.push(packet);
      this.bytesInFlight -= packet.size;
    }
    this.packetsLost += lost.filter(({ isMtuProbe }) => !isMtuProbe).length;
    this.largestLost = Math.max(this.largestLost, lost.at(-1)?.number ?? -1);
    const telling = lost.filter((packet) => this.#isTelling(packet));
    const newest = telling.at(-1);
    if (newest === undefined) return;
    let bytes = 0;
    for (const packet of telling) {
      bytes += packet.size;
      this.#meter.onLost();
    }
    const persistent = this.#isPersistent(telling);
    this.#controller?.onLost(now, { bytes, sentTime: newest.time, persistent });
  }

  #isTelling({ number, isMtuProbe }: SentPacket): boolean {
    return number >= this.#firstOnPath && !isMtuProbe;
  }

  /** Losses without a gap over three probe timeouts (RFC 9002 section 7.6). */
  #isPersistent(lost: readonly SentPacket[]): boolean {
    const first = lost[0];
    const last = lost.at(-1);
    if (first === undefined || last === undefined || !this.rtt.hasSample) return false;
    const isGapless = last.number - first.number === lost.length - 1;
    const duration = PERSISTENT_CONGESTION_PTOS * this.rtt.pto(this.peerMaxAckDelay);
    return isGapless && last.time - first.time > duration;
  }
}
