import { assert } from '../base/assert.ts';

export interface Rate {
  /** Tokens a second. */
  readonly rate: number;
  /** Tokens when full. */
  readonly burst: number;
}

/** A token bucket: full at first, refilled by the passing of `now` (ms), never above `burst`. */
export class TokenBucket {
  readonly #rate: number;
  readonly #burst: number;
  #tokens: number;
  #at: number;

  constructor(now: number, { rate, burst }: Rate) {
    assert(rate > 0 && burst > 0, 'a bucket needs a rate and a burst');
    this.#rate = rate;
    this.#burst = burst;
    this.#tokens = burst;
    this.#at = now;
  }

  /** Takes `cost` tokens, or none and answers false. */
  take(now: number, cost: number): boolean {
    this.#refill(now);
    if (this.#tokens < cost) return false;
    this.#tokens -= cost;
    return true;
  }

  /**
   * When `take(cost)` will succeed, in the clock of `now`; Infinity if `cost` exceeds the burst.
   */
  readyAt(now: number, cost: number): number {
    if (cost > this.#burst) return Infinity;
    this.#refill(now);
    const missing = cost - this.#tokens;
    if (missing <= 0) return now;
    // A hair more than the exact time, so that rounding cannot make the caller wait for nothing
    // twice.
    return now + (missing * 1000) / this.#rate + 0.001;
  }

  #refill(now: number): void {
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#at) * this.#rate) / 1000);
    this.#at = now;
  }
}
