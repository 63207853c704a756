import type { PathClass, TransportConfig } from './config.ts';
import type { AckedBytes, CongestionController, LostBytes, PathSample } from './congestion.ts';
import { WindowedMax } from './windowed-max.ts';

/** Doubles the rate each round trip: 2 / ln 2 (BBR draft section 4.1.2, pacing gain at startup). */
const STARTUP_GAIN = 2.885;

/** Rounds without growth by a quarter after which the pipe is taken for full (section 4.3.1.1). */
const FULL_ROUNDS = 3;
const FULL_GROWTH = 1.25;

/** Probing: one phase faster, one slower, to undo it, six to cruise (BBRv1 section 4.3.4). */
const PHASE_GAINS = [1.25, 0.75, 1, 1, 1, 1, 1, 1] as const;
const UP = 0;
const DOWN = 1;

/** Window over the bandwidth-delay product while cruising: room for delayed and lost acks. */
const WINDOW_GAIN = 2;

/** Rounds that the largest bandwidth is remembered for: a cycle of phases and a little more. */
const BANDWIDTH_ROUNDS = 10;

/** A little less than what arrives, so that a queue drains rather than stands (Linux: 1 %). */
const PACING_MARGIN = 0.99;

/** Least window, packets (section 4.2.3: BBRMinPipeCwnd), so that acks keep coming. */
const MIN_PIPE = 4;

/** While it looks for the least RTT: window over the product (BBRv2: 0.5), and how long, ms. */
const PROBE_RTT_GAIN = 0.5;
const PROBE_RTT_TIME = 200;

/** Loss in a round above which it means a full queue, if delay rose too (spec/protocol 7.2). */
const HIGH_LOSS = 0.1;

/** Loss in a round that shows how long the queue is when it is full. */
const OVERFLOW_LOSS = 0.02;

/** Of a queue that others fill as well, what is ours: less and they starve us, more and we them. */
const QUEUE_PART = 0.7;

/** Window over the product at most, however long the queue. */
const MAX_WINDOW_GAIN = 4;

/** Fewer losses in a round say nothing. */
const HIGH_LOSS_PACKETS = 4;

/** Delay above which a queue is there: a share of the least RTT, and the noise of timers, ms. */
const QUEUE_SHARE = 0.25;
const QUEUE_NOISE = 2;

/** RTTs below are the machine's timers rather than the path's, ms: less would empty the pipe. */
const MIN_RTT_FLOOR = 1.2;

type Mode = 'startup' | 'drain' | 'probeBandwidth' | 'probeRtt';

/**
 * A model-based controller after BBR (draft-cardwell-iccrg-bbr-congestion-control): it sends at the
 * bandwidth that the path was seen to have and keeps about its bandwidth-delay product in flight.
 * A loss by itself means nothing; many, while delay rises, mean that the model is too large.
 */
export class Bbr implements CongestionController {
  readonly name = 'bbr';
  readonly #config: TransportConfig;
  readonly #mss: number;
  readonly #initialWindow: number;
  /** Bytes a ms, by rounds. */
  readonly #bandwidth = new WindowedMax(BANDWIDTH_ROUNDS);
  /** Bytes acknowledged in a bunch beyond what the bandwidth explains, by rounds. */
  readonly #bunch = new WindowedMax(BANDWIDTH_ROUNDS);
  #mode: Mode = 'startup';
  #round = 0;
  /** What must be delivered for the round to end. */
  #roundEnd = 0;
  #roundAcked = 0;
  #roundLost = 0;
  #roundRate = 0;
  #fullBandwidth = 0;
  #fullRounds = 0;
  #isFull = false;
  #phase = UP;
  #phaseStart = 0;
  #sawLossInPhase = false;
  #minRtt = Number.POSITIVE_INFINITY;
  #minRttAt = 0;
  #probeRttUntil = 0;
  /** Delay of the queue when it overflowed of late, ms. */
  #fullQueue: number | undefined;
  #bunchStart = 0;
  #bunchBytes = 0;
  window: number;
  pacingRate: number | undefined;

  constructor(config: TransportConfig, path: PathClass = 'public') {
    this.#config = config;
    this.#mss = config.maxDatagramSize;
    this.#initialWindow = config.initialWindowPackets[path] * this.#mss;
    this.window = this.#initialWindow;
  }

  onAcked(now: number, { bytes }: AckedBytes, path: PathSample): void {
    this.#roundAcked += bytes;
    const isRoundStart = path.priorDelivered >= this.#roundEnd;
    if (isRoundStart) this.#endRound(path);
    this.#updateBandwidth(path);
    this.#updateBunch(now, bytes);
    if (isRoundStart) this.#checkFull(path);
    this.#updateMode(now, path);
    this.#updateMinRtt(now, path);
    this.#setOutputs(path.srtt);
  }

  onLost(_now: number, { bytes, persistent }: LostBytes): void {
    this.#roundLost += bytes;
    this.#sawLossInPhase = true;
    if (persistent) this.#startOver();
  }

  /** The bandwidth-delay product, bytes. */
  get #product(): number {
    return this.#bandwidth.value * Math.max(this.#minRtt, MIN_RTT_FLOOR);
  }

  #endRound(path: PathSample): void {
    const lost = this.#roundLost;
    const share = lost / (lost + this.#roundAcked);
    const isQueued = this.#isQueued(path);
    if (isQueued && share > OVERFLOW_LOSS) this.#fullQueue = path.srtt - this.#minRtt;
    const isMany = share > HIGH_LOSS && lost >= HIGH_LOSS_PACKETS * this.#mss;
    if (isMany && isQueued && this.#roundRate > 0) {
      // The queue overflows: what came through of late is all there is.
      this.#bandwidth.reset(this.#round, this.#roundRate);
      this.#bunch.reset(this.#round, 0);
      this.#isFull = true;
      if (this.#mode !== 'probeRtt') this.#mode = 'drain';
    }
    this.#round++;
    this.#roundEnd = path.delivered;
    this.#roundAcked = 0;
    this.#roundLost = 0;
    this.#roundRate = 0;
  }

  #updateBandwidth({ rate, isAppLimited }: PathSample): void {
    if (rate === 0) return;
    if (isAppLimited && rate < this.#bandwidth.value) return;
    this.#bandwidth.update(this.#round, rate);
    if (!isAppLimited) this.#roundRate = Math.max(this.#roundRate, rate);
  }

  /** Acks that come in bunches would leave the pipe empty between them (Linux: extra_acked). */
  #updateBunch(now: number, bytes: number): void {
    const expected = this.#bandwidth.value * (now - this.#bunchStart);
    if (this.#bunchBytes <= expected) {
      this.#bunchStart = now;
      this.#bunchBytes = 0;
    }
    this.#bunchBytes += bytes;
    const since = this.#bandwidth.value * (now - this.#bunchStart);
    this.#bunch.update(this.#round, Math.min(this.#bunchBytes - since, this.window));
  }

  /** Whether we keep a queue: who has no more in flight than a new connection may, does not. */
  #isQueued({ srtt, inFlight }: PathSample): boolean {
    if (inFlight <= this.#initialWindow) return false;
    return srtt - this.#minRtt > Math.max(QUEUE_SHARE * this.#minRtt, QUEUE_NOISE);
  }

  /** An application that pauses proves no plateau, unless there is a queue all the same. */
  #checkFull(path: PathSample): void {
    if (this.#isFull || (path.isAppLimited && !this.#isQueued(path))) return;
    const bandwidth = this.#bandwidth.value;
    if (bandwidth >= this.#fullBandwidth * FULL_GROWTH) {
      this.#fullBandwidth = bandwidth;
      this.#fullRounds = 0;
      return;
    }
    // A queue says the same sooner (compare RFC 9406).
    this.#isFull = ++this.#fullRounds >= FULL_ROUNDS || this.#isQueued(path);
  }

  #updateMode(now: number, { inFlight }: PathSample): void {
    if (this.#mode === 'startup' && this.#isFull) this.#mode = 'drain';
    if (this.#mode === 'drain' && inFlight <= this.#product) this.#enterPhase(now, DOWN + 1);
    if (this.#mode === 'probeBandwidth' && this.#isPhaseOver(now, inFlight)) {
      this.#enterPhase(now, (this.#phase + 1) % PHASE_GAINS.length);
    }
  }

  #isPhaseOver(now: number, inFlight: number): boolean {
    const isLongEnough = now - this.#phaseStart > this.#minRtt;
    if (this.#phase === DOWN) return isLongEnough || inFlight <= this.#product;
    if (this.#phase !== UP) return isLongEnough;
    // Until the probe has filled the pipe, else it proves nothing.
    return isLongEnough && (this.#sawLossInPhase || inFlight >= FULL_GROWTH * this.#product);
  }

  #enterPhase(now: number, phase: number): void {
    this.#mode = 'probeBandwidth';
    this.#phase = phase;
    this.#phaseStart = now;
    this.#sawLossInPhase = false;
  }

  /** The least RTT shows only when our own queue is gone: every window, once, make it so. */
  #updateMinRtt(now: number, { latestRtt, isAppLimited, inFlight }: PathSample): void {
    const isOld = now - this.#minRttAt > this.#config.minRttWindow;
    if (latestRtt <= this.#minRtt || isOld) {
      this.#minRtt = latestRtt;
      this.#minRttAt = now;
    }
    // Who sends so little has no queue to drain.
    if (isOld && !isAppLimited && this.#isFull && this.#mode !== 'probeRtt') {
      this.#mode = 'probeRtt';
      this.#probeRttUntil = 0;
    }
    if (this.#mode !== 'probeRtt') return;
    if (this.#probeRttUntil === 0 && inFlight <= this.#probeRttWindow) {
      this.#probeRttUntil = now + PROBE_RTT_TIME;
    } else if (this.#probeRttUntil > 0 && now >= this.#probeRttUntil) {
      this.#minRttAt = now;
      this.#enterPhase(now, DOWN + 1);
    }
  }

  get #windowGain(): number {
    if (this.#fullQueue === undefined) return WINDOW_GAIN;
    return Math.min(1 + (QUEUE_PART * this.#fullQueue) / this.#minRtt, MAX_WINDOW_GAIN);
  }

  get #probeRttWindow(): number {
    return Math.max(PROBE_RTT_GAIN * this.#product, MIN_PIPE * this.#mss);
  }

  /** The path must be taken for new: nothing that was learnt holds. */
  #startOver(): void {
    this.#mode = 'startup';
    this.#isFull = false;
    this.#fullBandwidth = 0;
    this.#fullRounds = 0;
    this.#bandwidth.reset(this.#round, 0);
    this.#bunch.reset(this.#round, 0);
    this.#minRtt = Number.POSITIVE_INFINITY;
    this.window = this.#initialWindow;
    this.pacingRate = undefined;
  }

  #setOutputs(srtt: number): void {
    const bandwidth = this.#bandwidth.value;
    if (bandwidth === 0) return;
    const least = this.#initialWindow / Math.max(srtt, MIN_RTT_FLOOR);
    if (this.#mode === 'startup') {
      this.window = Math.max(STARTUP_GAIN * this.#product, this.window);
      this.pacingRate = Math.max(STARTUP_GAIN * bandwidth, least);
      return;
    }
    const gain = this.#mode === 'probeBandwidth' ? (PHASE_GAINS[this.#phase] ?? 1) : 1;
    const isDraining = this.#mode === 'drain';
    this.pacingRate = (isDraining ? 1 / STARTUP_GAIN : gain * PACING_MARGIN) * bandwidth;
    const room = this.#windowGain * this.#product + this.#bunch.value;
    const window = this.#mode === 'probeRtt' ? this.#probeRttWindow : room;
    this.window = Math.max(window, MIN_PIPE * this.#mss);
  }
}
