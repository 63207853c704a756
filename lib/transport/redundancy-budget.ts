/** What copies may cost: a share of what is delivered, but always a little (spec/protocol 7.1). */
export interface BudgetLimits {
  /** Of the bytes delivered lately, 0..1. */
  readonly share: number;
  /** Bytes a ms that are always allowed. */
  readonly floor: number;
}

/** Over how long deliveries are averaged, ms. */
const WINDOW = 10_000;

/** How much may be saved up, ms of the present rate: enough for the copies of a short burst. */
const SAVINGS = 250;

/** A bucket of bytes for copies that fills at max(share of the delivery rate, floor). */
export class RedundancyBudget {
  readonly #limits: BudgetLimits;
  #tokens = 0;
  #filledAt = 0;
  /** Bytes delivered, decaying with `WINDOW`. */
  #delivered = 0;
  #decayedAt = 0;

  constructor(limits: BudgetLimits) {
    this.#limits = limits;
    this.#tokens = limits.floor * SAVINGS;
  }

  onDelivered(now: number, bytes: number): void {
    this.#delivered = this.#deliveredBy(now) + bytes;
    this.#decayedAt = now;
  }

  has(now: number, bytes: number): boolean {
    this.#fill(now);
    return this.#tokens >= bytes;
  }

  take(now: number, bytes: number): void {
    this.#fill(now);
    this.#tokens -= bytes;
  }

  #deliveredBy(now: number): number {
    return this.#delivered * Math.exp((this.#decayedAt - now) / WINDOW);
  }

  #fill(now: number): void {
    const { share, floor } = this.#limits;
    const rate = Math.max((share * this.#deliveredBy(now)) / WINDOW, floor);
    if (now > this.#filledAt) {
      const filled = this.#tokens + (now - this.#filledAt) * rate;
      this.#tokens = Math.min(filled, rate * SAVINGS);
    }
    this.#filledAt = now;
  }
}
