import { type RandomSource, randomFloat } from '../base/random.ts';
import type { PathClass, TransportConfig } from './config.ts';

/** `suspect` is a slow or broken path, not a verdict; `dead` is. */
export type LivenessState = 'alive' | 'suspect' | 'dead';

/** What a timeout asks the connection to do; `suspect` is the news, and the first probe. */
export type LivenessAction = 'heartbeat' | 'probe' | 'suspect' | 'dead' | undefined;

/**
 * Tells a dead peer from a slow one (spec/protocol section 8): heartbeats while idle, suspicion
 * after silence, then quick probes, and death only when none of many is answered.
 */
export class Liveness {
  readonly #config: TransportConfig;
  readonly #random: RandomSource;
  interval: number;
  #lastHeard: number;
  #heartbeatAt: number;
  #suspectSince = 0;
  #probes = 0;
  #nextProbeAt = Number.POSITIVE_INFINITY;
  state: LivenessState = 'alive';

  constructor(options: {
    now: number;
    config: TransportConfig;
    random: RandomSource;
    path: PathClass;
  }) {
    this.#config = options.config;
    this.#random = options.random;
    this.interval = options.config.heartbeatInterval[options.path];
    this.#lastHeard = options.now;
    this.#heartbeatAt = options.now + this.#jittered();
  }

  get lastHeard(): number {
    return this.#lastHeard;
  }

  /** Since when the present suspicion counts: later than it began if the process slept. */
  get suspectSince(): number {
    return this.#suspectSince;
  }

  get deadline(): number {
    if (this.state === 'dead') return Number.POSITIVE_INFINITY;
    if (this.state === 'suspect') return this.#nextProbeAt;
    return Math.min(this.#heartbeatAt, this.#suspectAt);
  }

  /** Any authenticated packet counts. Returns whether a suspicion has just been lifted. */
  onHeard(now: number): boolean {
    this.#lastHeard = now;
    if (this.state !== 'suspect') return false;
    this.state = 'alive';
    this.#heartbeatAt = now + this.#jittered();
    return true;
  }

  /** The peer is elsewhere: perhaps where other intervals are the custom. */
  onMoved(path: PathClass): void {
    this.interval = this.#config.heartbeatInterval[path];
  }

  /** A packet that the peer must answer left: no heartbeat is needed for a while. */
  onElicited(now: number): void {
    this.#heartbeatAt = now + this.#jittered();
  }

  /** `pto` is the probe timeout of the path without backoff, ms. */
  handleTimeout(now: number, pto: number): LivenessAction {
    if (now < this.deadline) return undefined;
    if (now - this.deadline > this.#config.clockJump) this.#startAnew(now);
    if (this.state === 'suspect') return this.#probeOrDie(now, pto);
    if (now >= this.#suspectAt) {
      this.state = 'suspect';
      this.#suspectSince = now;
      this.#probes = 1;
      this.#nextProbeAt = now + this.#probeInterval(pto);
      return 'suspect';
    }
    if (now < this.#heartbeatAt) return undefined;
    this.#heartbeatAt = now + this.#jittered();
    return 'heartbeat';
  }

  get #suspectAt(): number {
    return this.#lastHeard + this.#config.suspectIntervals * this.interval;
  }

  #probeOrDie(now: number, pto: number): LivenessAction {
    const { deadProbes, deadAfter } = this.#config;
    if (this.#probes >= deadProbes && now - this.#suspectSince >= deadAfter) {
      this.state = 'dead';
      return 'dead';
    }
    this.#probes++;
    this.#nextProbeAt = now + this.#probeInterval(pto);
    return 'probe';
  }

  /** Bounded, whatever one late answer did to the estimate: death must come within a bound. */
  #probeInterval(pto: number): number {
    const { suspectProbeInterval, ptoMax } = this.#config;
    return Math.max(suspectProbeInterval, Math.min(pto, ptoMax));
  }

  /** Our own clock stood still (a laptop lid): the silence was ours, not the peer's. */
  #startAnew(now: number): void {
    // Of a suspect it stays true when it was heard; its probes are what begins again.
    if (this.state === 'alive') this.#lastHeard = now;
    this.#suspectSince = now;
    this.#probes = 0;
    this.#nextProbeAt = now;
    this.#heartbeatAt = now;
  }

  #jittered(): number {
    const spread = (2 * randomFloat(this.#random) - 1) * this.#config.heartbeatJitter;
    return this.interval * (1 + spread);
  }
}
