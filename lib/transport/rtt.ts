import type { TransportConfig } from './config.ts';
import { WindowedMax } from './windowed-max.ts';

/** Round-trip time as RFC 6298 and RFC 9002 section 5 estimate it. All times in ms. */
export class RttEstimator {
  readonly #config: TransportConfig;
  /** Of the RTTs with the sign turned: the largest is the least RTT of the window. */
  readonly #minima: WindowedMax;
  srtt = 0;
  rttvar = 0;
  latest = 0;
  hasSample = false;

  constructor(config: TransportConfig, initialRtt: number) {
    this.#config = config;
    this.#minima = new WindowedMax(config.minRttWindow);
    this.srtt = initialRtt;
    this.rttvar = initialRtt / 2;
    this.latest = initialRtt;
  }

  /** The least RTT of the last `minRttWindow`; the initial one before there is a sample. */
  get min(): number {
    return this.hasSample ? -this.#minima.value : this.srtt;
  }

  /**
   * A sample: the time from sending the largest newly acknowledged packet. `ackDelay` is what the
   * peer says it waited; it counts only as far as the sample stays above the least RTT.
   */
  update(now: number, sample: number, ackDelay: number): void {
    this.latest = sample;
    this.#minima.update(now, -sample);
    const min = -this.#minima.value;
    const adjusted = sample >= min + ackDelay ? sample - ackDelay : sample;
    if (!this.hasSample) {
      this.hasSample = true;
      this.srtt = adjusted;
      this.rttvar = adjusted / 2;
      return;
    }
    this.rttvar = 0.75 * this.rttvar + 0.25 * Math.abs(this.srtt - adjusted);
    this.srtt = 0.875 * this.srtt + 0.125 * adjusted;
  }

  /** The probe timeout before any backoff (RFC 9002 section 6.2.1). */
  pto(peerAckDelay: number): number {
    return this.srtt + Math.max(4 * this.rttvar, this.#config.ptoVarianceFloor) + peerAckDelay;
  }
}
