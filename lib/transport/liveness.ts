import { type RandomSource, randomFloat } from '../base/random.ts';
import type { PathClass, TransportConfig } from './config.ts';
import type { ProbePace } from './probe-pace.ts';

/** `suspect` is a slow or broken path, not a verdict; `dead` is. */
export type LivenessState = 'alive' | 'suspect' | 'dead';

/** What a timeout asks the connection to do; `suspect` is the news, and the first probe. */
export type LivenessAction = 'heartbeat' | 'probe' | 'suspect' | 'dead' | undefined;

/** A server's wait: its client's heartbeat, and the answer, tell both what they want to know. */
const SERVER_PATIENCE = 4 / 3;

/**
 * Tells a dead peer from a slow one (spec/protocol section 8): heartbeats while idle, suspicion
 * after silence, then quick probes, and death only when none of many is answered.
 */
export class Liveness {
  readonly #config: TransportConfig;
  readonly #random: RandomSource;
  /** How long this side waits for the other's heartbeat before it sends its own, in intervals. */
  readonly #patience: number;
  readonly #pace: ProbePace;
  #path: PathClass;
  #lastHeard = 0;
  /** When a packet that the peer must answer last left, or might have. */
  #lastAsked = 0;
  /** The silence before the next heartbeat. */
  #wait = 0;
  #suspectSince = 0;
  #probes = 0;
  #nextProbeAt = Number.POSITIVE_INFINITY;
  /** The next probe has waited for its place among those of other peers. */
  #hasPlace = false;
  state: LivenessState = 'alive';

  constructor(options: {
    now: number;
    config: TransportConfig;
    random: RandomSource;
    path: PathClass;
    side: 'client' | 'server';
    /** That of all connections of an endpoint. */
    pace: ProbePace;
  }) {
    this.#config = options.config;
    this.#random = options.random;
    this.#pace = options.pace;
    this.#patience = options.side === 'client' ? 1 : SERVER_PATIENCE;
    this.#path = options.path;
    this.#lastHeard = options.now;
    this.#lastAsked = options.now;
    this.#wait = this.#jittered();
  }

  get lastHeard(): number {
    return this.#lastHeard;
  }

  /** Since when the present suspicion counts: later than it began if the process slept. */
  get suspectSince(): number {
    return this.#suspectSince;
  }

  /** Silence after which the peer is suspect, ms. */
  get suspectAfter(): number {
    return this.#config.suspectAfter[this.#path];
  }

  /** In steps, so that one timer serves many idle connections. */
  get deadline(): number {
    if (this.state === 'dead') return Number.POSITIVE_INFINITY;
    if (this.state === 'suspect') return this.#nextProbeAt;
    const { livenessGrain } = this.#config;
    return Math.ceil(Math.min(this.#heartbeatAt, this.#suspectAt) / livenessGrain) * livenessGrain;
  }

  /** Any authenticated packet counts. Returns whether a suspicion has just been lifted. */
  onHeard(now: number): boolean {
    this.#lastHeard = now;
    if (this.state !== 'suspect') return false;
    this.state = 'alive';
    return true;
  }

  /** The peer is elsewhere: perhaps where other intervals are the custom. */
  onMoved(path: PathClass): void {
    this.#path = path;
    this.#wait = this.#jittered();
  }

  /** A packet that the peer must answer left: no heartbeat is needed for a while. */
  onElicited(now: number): void {
    this.#lastAsked = now;
  }

  /** `pto` is the probe timeout of the path without backoff, ms. */
  handleTimeout(now: number, pto: number): LivenessAction {
    if (now < this.deadline) return undefined;
    const late = now - this.deadline;
    if (late > this.#config.clockJump) this.#startAnew(now);
    else if (this.state === 'suspect' && late > this.#config.suspectProbeInterval) {
      // We got no time to run, and perhaps none to read the answers.
      this.#suspectSince = now;
      this.#probes = 0;
    }
    if (this.state === 'suspect') return this.#probeOrDie(now, pto);
    if (now >= this.#suspectAt) {
      this.state = 'suspect';
      this.#suspectSince = now;
      this.#probes = 1;
      this.#pace.reserve(now);
      this.#hasPlace = false;
      this.#nextProbeAt = now + this.#probeInterval(pto);
      return 'suspect';
    }
    if (now < this.#heartbeatAt) return undefined;
    this.#lastAsked = now;
    this.#wait = this.#jittered();
    return 'heartbeat';
  }

  get #suspectAt(): number {
    return this.#lastHeard + this.suspectAfter;
  }

  get #heartbeatAt(): number {
    return Math.max(this.#lastHeard, this.#lastAsked) + this.#wait;
  }

  #probeOrDie(now: number, pto: number): LivenessAction {
    const { deadProbes, deadAfter } = this.#config;
    if (this.#probes >= deadProbes && now - this.#suspectSince >= deadAfter) {
      this.state = 'dead';
      return 'dead';
    }
    const wait = this.#hasPlace ? 0 : this.#pace.reserve(now);
    this.#hasPlace = wait > 0;
    if (this.#hasPlace) {
      this.#nextProbeAt = now + wait;
      return undefined;
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
    this.#lastAsked = now - this.#wait;
  }

  #jittered(): number {
    const spread = (2 * randomFloat(this.#random) - 1) * this.#config.heartbeatJitter;
    return this.#config.heartbeatInterval[this.#path] * this.#patience * (1 + spread);
  }
}
