import type { TransportConfig } from './config.ts';

/**
 * Spreads a window over a round trip (RFC 9002 section 7.7): a bucket that fills at
 * pacingGain x cwnd / srtt and holds a short burst. Times in ms, sizes in bytes.
 */
export class Pacer {
  readonly #gain: number;
  readonly #capacity: number;
  #tokens: number;
  #filledAt = 0;
  #rate = Number.POSITIVE_INFINITY;

  constructor(config: TransportConfig) {
    this.#gain = config.pacingGain;
    this.#capacity = config.pacingBurstPackets * config.maxDatagramSize;
    this.#tokens = this.#capacity;
  }

  /** The rate to fill at from now on. */
  setRate(now: number, window: number, srtt: number): void {
    this.#fill(now);
    this.#rate = (this.#gain * window) / Math.max(srtt, 0.1);
  }

  /** Whether a datagram may leave now. Debt is allowed for the one that empties the bucket. */
  isOpen(now: number): boolean {
    this.#fill(now);
    return this.#tokens > 0;
  }

  onSent(now: number, bytes: number): void {
    this.#fill(now);
    this.#tokens -= bytes;
  }

  /** When the bucket, now empty, lets the next datagram go: with a tick's worth, not one byte. */
  opensAt(now: number): number {
    this.#fill(now);
    return this.#tokens > 0 ? now : now + Math.max((1 - this.#tokens) / this.#rate, MIN_WAIT);
  }

  #fill(now: number): void {
    const filled = this.#tokens + (now - this.#filledAt) * this.#rate;
    this.#tokens = now > this.#filledAt ? Math.min(filled, this.#capacity) : this.#tokens;
    this.#filledAt = now;
  }
}

/** No shorter wait is asked for, ms: a timer is not finer, and none must be due at once. */
const MIN_WAIT = 0.5;
