import { type RandomSource, randomInt } from '../base/random.ts';
import type { PathClass, TransportConfig } from './config.ts';
import type { AckedBytes, CongestionController, LostBytes, PathSample } from './congestion.ts';
import { Cubic } from './cubic.ts';
import { WindowedMax } from './windowed-max.ts';

/** Doubles the rate each round trip: 2 / ln 2 (BBR draft section 4.1.2, pacing gain at startup). */
const STARTUP_GAIN = 2.885;

/** Rounds without growth by a quarter after which the pipe is taken for full (section 4.3.1.1). */
const FULL_ROUNDS = 3;
const FULL_GROWTH = 1.25;

/** Pacing while it probes for more, undoes that, and cruises (section 4.3.3). */
const PHASE_GAINS = { up: 1.15, down: 0.75, cruise: 1 } as const;
type Phase = keyof typeof PHASE_GAINS;
const NEXT_PHASE = { up: 'down', down: 'cruise', cruise: 'up' } as const;

/**
 * Least RTTs of cruising between two probes: at random, so that flows do not probe in step, which
 * would show each of them no more than its share (section 4.3.3.5.3 has a random wait too).
 */
const CRUISE = { least: 4, most: 8 };

/** Window over the bandwidth-delay product while cruising: room for delayed and lost acks. */
const WINDOW_GAIN = 1.3;

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

/** Loss in a round that shows that the queue is full (BBRv3: BBRLossThresh). */
const OVERFLOW_LOSS = 0.02;

/** RTT over the least one that our own window cannot explain: somebody else fills the queue. */
const FOREIGN_DELAY = 2.2;

/**
 * Cycles of probing for which it must be so, and for which a queue that overflows must not have
 * been empty: by then what startup overestimated is forgotten.
 */
const FOREIGN_CYCLES = 10;
const OVERFLOW_CYCLES = 4;

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
 *
 * A flow that fills every queue, as CUBIC does, would leave us little: so while there is one, we do
 * as it does, by CUBIC itself, and look every `minRttWindow` whether the queue is there without us.
 */
export class Bbr implements CongestionController {
  readonly name = 'bbr';
  readonly #config: TransportConfig;
  readonly #random: RandomSource;
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
  #phase: Phase = 'up';
  #phaseStart = 0;
  /** Least RTTs that this phase takes. */
  #phaseLength = 1;
  #sawLossInPhase = false;
  #minRtt = Number.POSITIVE_INFINITY;
  #minRttAt = 0;
  #probeRttUntil = 0;
  /** Of the cycle of probing that goes on, ms. */
  #cycleMin = Number.POSITIVE_INFINITY;
  /** Cycles in a row in which the queue was never empty, and longer than ours can be. */
  #queuedCycles = 0;
  #foreignCycles = 0;
  /** The least RTT before it was looked for. */
  #rttBefore = 0;
  /** What we do while somebody else keeps the queue full: as they do. */
  #rival: Cubic | undefined;
  #bunchStart = 0;
  #bunchBytes = 0;
  window = 0;
  pacingRate: number | undefined;

  constructor(config: TransportConfig, path: PathClass, random: RandomSource) {
    this.#config = config;
    this.#random = random;
    this.#mss = config.maxDatagramSize;
    this.#initialWindow = config.initialWindowPackets[path] * this.#mss;
    this.window = this.#initialWindow;
  }

  onAcked(now: number, acked: AckedBytes, path: PathSample): void {
    this.#roundAcked += acked.bytes;
    this.#cycleMin = Math.min(this.#cycleMin, path.latestRtt);
    this.#rival?.onAcked(now, acked, path);
    const isRoundStart = path.priorDelivered >= this.#roundEnd;
    if (isRoundStart) this.#endRound(now, path);
    this.#updateBandwidth(path);
    this.#updateBunch(now, acked.bytes);
    if (isRoundStart) this.#checkFull(path);
    this.#updateMode(now, path);
    this.#updateMinRtt(now, path);
    this.#setOutputs(path.srtt);
  }

  onLost(now: number, lost: LostBytes): void {
    this.#roundLost += lost.bytes;
    this.#sawLossInPhase = true;
    this.#rival?.onLost(now, lost);
    if (lost.persistent) this.#startOver();
  }

  /** The bandwidth-delay product, bytes. */
  get #product(): number {
    return this.#bandwidth.value * Math.max(this.#minRtt, MIN_RTT_FLOOR);
  }

  #endRound(now: number, path: PathSample): void {
    const lost = this.#roundLost;
    const share = lost / (lost + this.#roundAcked);
    const isQueued = this.#isQueued(path);
    const isMany = share > HIGH_LOSS && lost >= HIGH_LOSS_PACKETS * this.#mss;
    if (isMany && isQueued && this.#roundRate > 0) {
      // The queue overflows: what came through of late is all there is.
      this.#bandwidth.reset(this.#round, this.#roundRate);
      this.#bunch.reset(this.#round, 0);
      this.#isFull = true;
      if (this.#mode !== 'probeRtt' && this.#rival === undefined) this.#mode = 'drain';
    }
    if (this.#mode === 'probeBandwidth') this.#lookForRival(now, share, path);
    this.#round++;
    this.#roundEnd = path.delivered;
    this.#roundAcked = 0;
    this.#roundLost = 0;
    this.#roundRate = 0;
  }

  /** Our own queue is short, and gone once a cycle: one that is neither, somebody else fills. */
  #lookForRival(now: number, share: number, path: PathSample): void {
    if (this.#rival !== undefined || path.isAppLimited) return;
    if (!this.#isDelay(path.srtt - this.#minRtt)) return;
    const overflows = share > OVERFLOW_LOSS && this.#queuedCycles >= OVERFLOW_CYCLES;
    if (!overflows && this.#foreignCycles < FOREIGN_CYCLES) return;
    // What keeps our bandwidth at the RTT that the queue makes.
    const window = Math.max(this.#bandwidth.value * path.srtt, this.window);
    this.#rival = new Cubic(this.#config, 'public', window);
    if (overflows) {
      this.#rival.onLost(now, { bytes: this.#roundLost, sentTime: now, persistent: false });
    }
    this.#minRttAt = now;
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
    return inFlight > this.#initialWindow && this.#isDelay(srtt - this.#minRtt);
  }

  #isDelay(ms: number): boolean {
    return ms > Math.max(QUEUE_SHARE * this.#minRtt, QUEUE_NOISE);
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
    if (this.#mode === 'drain' && inFlight <= this.#product) this.#enterPhase(now, 'cruise');
    if (this.#mode === 'probeBandwidth' && this.#isPhaseOver(now, inFlight)) {
      this.#enterPhase(now, NEXT_PHASE[this.#phase]);
    }
  }

  #isPhaseOver(now: number, inFlight: number): boolean {
    const isLongEnough = now - this.#phaseStart > this.#phaseLength * this.#minRtt;
    if (this.#phase === 'down') return isLongEnough || inFlight <= this.#product;
    if (this.#phase === 'cruise') return isLongEnough;
    // Until the probe has filled the pipe, else it proves nothing.
    return isLongEnough && (this.#sawLossInPhase || inFlight >= PHASE_GAINS.up * this.#product);
  }

  #enterPhase(now: number, phase: Phase): void {
    this.#mode = 'probeBandwidth';
    this.#phase = phase;
    this.#phaseStart = now;
    this.#sawLossInPhase = false;
    const spread = CRUISE.most - CRUISE.least + 1;
    this.#phaseLength = phase === 'cruise' ? CRUISE.least + randomInt(this.#random, spread) : 1;
    if (phase === 'up') this.#endCycle();
  }

  #endCycle(): void {
    const least = this.#cycleMin;
    const isHeld = this.#isDelay(least - this.#minRtt);
    this.#queuedCycles = isHeld ? this.#queuedCycles + 1 : 0;
    const isForeign = isHeld && least > FOREIGN_DELAY * this.#minRtt;
    this.#foreignCycles = isForeign ? this.#foreignCycles + 1 : 0;
    this.#cycleMin = Number.POSITIVE_INFINITY;
  }

  /** The least RTT shows only when our own queue is gone: every window, once, make it so. */
  #updateMinRtt(now: number, { latestRtt, isAppLimited, inFlight }: PathSample): void {
    const isOld = now - this.#minRttAt > this.#config.minRttWindow;
    const before = this.#minRtt;
    if (latestRtt <= this.#minRtt || isOld) {
      this.#minRtt = latestRtt;
      if (this.#rival === undefined || isOld) this.#minRttAt = now;
    }
    // Who sends so little has no queue to drain.
    if (isOld && !isAppLimited && this.#isFull && this.#mode !== 'probeRtt') {
      this.#mode = 'probeRtt';
      this.#probeRttUntil = 0;
      this.#rttBefore = before;
    }
    if (this.#mode !== 'probeRtt') return;
    if (this.#probeRttUntil === 0 && inFlight <= this.#probeRttWindow) {
      this.#probeRttUntil = now + PROBE_RTT_TIME;
    } else if (this.#probeRttUntil > 0 && now >= this.#probeRttUntil) {
      this.#minRttAt = now;
      // The queue went with what was ours of it: nobody else fills it, or no more.
      if (!this.#isDelay(this.#minRtt - this.#rttBefore)) this.#rival = undefined;
      this.#enterPhase(now, 'cruise');
    }
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
    this.#rival = undefined;
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
    if (this.#rival !== undefined && this.#mode !== 'probeRtt') {
      this.window = Math.max(this.#rival.window, this.#product, MIN_PIPE * this.#mss);
      this.pacingRate = undefined;
      return;
    }
    const gain = this.#mode === 'probeBandwidth' ? PHASE_GAINS[this.#phase] : 1;
    const isDraining = this.#mode === 'drain';
    this.pacingRate = (isDraining ? 1 / STARTUP_GAIN : gain * PACING_MARGIN) * bandwidth;
    const room = WINDOW_GAIN * this.#product + this.#bunch.value;
    const window = this.#mode === 'probeRtt' ? this.#probeRttWindow : room;
    this.window = Math.max(window, MIN_PIPE * this.#mss);
  }
}
