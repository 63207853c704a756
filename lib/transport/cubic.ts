import type { PathClass, TransportConfig } from './config.ts';
import type { AckedBytes, CongestionController, LostBytes, PathSample } from './congestion.ts';

/** RFC 9438 section 4.6: what a loss leaves of the window. */
const BETA = 0.7;

/** RFC 9438 section 4.1: how aggressively the window grows, packets / s^3. */
const C = 0.4;

/** RFC 9438 section 4.3: additive increase that makes BETA as fair as Reno's one half. */
const RENO_ALPHA = (3 * (1 - BETA)) / (1 + BETA);

/** CUBIC as RFC 9438 writes it down. Windows in bytes, times in ms, inside the formula in s. */
export class Cubic implements CongestionController {
  readonly name = 'cubic';
  readonly pacingRate = undefined;
  readonly #mss: number;
  readonly #minimum: number;
  #threshold = 0;
  /** Losses of packets sent before this belong to a reduction already made. */
  #recoveryStart = Number.NEGATIVE_INFINITY;
  /** When the present climb began; undefined until the first ack after a reduction. */
  #epochStart: number | undefined;
  /** The window in which the last loss happened, packets. */
  #maximum = 0;
  /** Where the present climb meets `maximum`, s after its start. */
  #k = 0;
  /** What Reno's window would be, packets. */
  #reno = 0;
  window = 0;

  /** With a `window` that was found already it begins without slow start. */
  constructor(config: TransportConfig, path: PathClass = 'public', window?: number) {
    this.#mss = config.maxDatagramSize;
    this.#minimum = config.minimumWindowPackets * this.#mss;
    this.window = window ?? config.initialWindowPackets[path] * this.#mss;
    this.#threshold = window ?? Number.POSITIVE_INFINITY;
  }

  onAcked(now: number, acked: AckedBytes, path: Pick<PathSample, 'srtt'>): void {
    const { bytes, sentTime, appLimited } = acked;
    if (sentTime <= this.#recoveryStart) return;
    if (appLimited) {
      // Time in which the window was not used must not count toward its growth (section 5.8).
      this.#epochStart = undefined;
      return;
    }
    if (this.window < this.#threshold) {
      this.window += bytes;
      return;
    }
    const packets = this.window / this.#mss;
    this.#epochStart ??= this.#beginClimb(now, packets);
    const elapsed = (now - this.#epochStart + path.srtt) / 1_000;
    // Section 4.2: never more than half of the window in a round.
    const cubic = C * (elapsed - this.#k) ** 3 + this.#maximum;
    const target = Math.min(Math.max(cubic, packets), 1.5 * packets);
    const ackedPackets = bytes / this.#mss;
    const alpha = this.#reno < this.#maximum ? RENO_ALPHA : 1;
    this.#reno += (alpha * ackedPackets) / packets;
    const climbed = packets + ((target - packets) / packets) * ackedPackets;
    this.window = Math.max(climbed, this.#reno) * this.#mss;
  }

  onLost(now: number, { sentTime, persistent }: LostBytes): void {
    if (sentTime > this.#recoveryStart) {
      this.#recoveryStart = now;
      const packets = this.window / this.#mss;
      // Section 4.7, fast convergence: a smaller peak than last time makes room for newcomers.
      this.#maximum = packets < this.#maximum ? (packets * (1 + BETA)) / 2 : packets;
      this.window = Math.max(this.window * BETA, this.#minimum);
      this.#threshold = this.window;
      this.#epochStart = undefined;
    }
    if (persistent) {
      this.window = this.#minimum;
      this.#recoveryStart = Number.NEGATIVE_INFINITY;
    }
  }

  #beginClimb(now: number, packets: number): number {
    this.#maximum = Math.max(this.#maximum, packets);
    this.#k = Math.cbrt((this.#maximum - packets) / C);
    this.#reno = packets;
    return now;
  }
}
