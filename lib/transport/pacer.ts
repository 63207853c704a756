import type { TransportConfig } from './config.ts';

/**
 * Spreads packets over time (RFC 9002 section 7.7): a bucket that fills at the rate of the
 * congestion controller and holds a short burst: a few packets, or what timers as coarse as Node's
 * need to keep the rate. Times in ms, sizes in bytes.
 */
export class Pacer {
  readonly #config: TransportConfig;
  #capacity = 0;
  #tokens = 0;
  #filledAt = 0;
  #rate = Number.POSITIVE_INFINITY;

  constructor(config: TransportConfig) {
    this.#config = config;
    this.#capacity = config.pacingBurstMaxPackets * config.maxDatagramSize;
    this.#tokens = this.#capacity;
  }

  /** The rate to fill at from now on, bytes a ms. */
  setRate(now: number, rate: number): void {
    this.#fill(now);
    const { pacingBurstPackets, pacingBurstMaxPackets, pacingBurstTime } = this.#config;
    const size = this.#config.maxDatagramSize;
    const burst = Math.max(rate * pacingBurstTime, pacingBurstPackets * size);
    this.#rate = rate;
    this.#capacity = Math.min(burst, pacingBurstMaxPackets * size);
    this.#tokens = Math.min(this.#tokens, this.#capacity);
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
