import type { PathClass, TransportConfig } from './config.ts';
import type { AckedBytes, CongestionController, LostBytes } from './congestion.ts';

/** RFC 9002 section 7.3.2: what a loss leaves of the window. */
const LOSS_REDUCTION = 0.5;

/** NewReno as RFC 9002 section 7 and appendix B write it down. */
export class NewReno implements CongestionController {
  readonly name = 'newreno';
  readonly pacingRate = undefined;
  readonly #mss: number;
  readonly #minimum: number;
  #threshold = Number.POSITIVE_INFINITY;
  /** Losses of packets sent before this belong to a reduction already made. */
  #recoveryStart = Number.NEGATIVE_INFINITY;
  #ackedInAvoidance = 0;
  window = 0;

  constructor(config: TransportConfig, path: PathClass = 'public') {
    this.#mss = config.maxDatagramSize;
    this.#minimum = config.minimumWindowPackets * this.#mss;
    this.window = config.initialWindowPackets[path] * this.#mss;
  }

  onAcked(_now: number, { bytes, sentTime, appLimited }: AckedBytes): void {
    if (appLimited || sentTime <= this.#recoveryStart) return;
    if (this.window < this.#threshold) {
      this.window += bytes;
      return;
    }
    this.#ackedInAvoidance += bytes;
    if (this.#ackedInAvoidance >= this.window) {
      this.#ackedInAvoidance -= this.window;
      this.window += this.#mss;
    }
  }

  onLost(now: number, { sentTime, persistent }: LostBytes): void {
    if (sentTime > this.#recoveryStart) {
      this.#recoveryStart = now;
      this.window = Math.max(this.window * LOSS_REDUCTION, this.#minimum);
      this.#threshold = this.window;
      this.#ackedInAvoidance = 0;
    }
    if (persistent) {
      this.window = this.#minimum;
      this.#recoveryStart = Number.NEGATIVE_INFINITY;
    }
  }
}
