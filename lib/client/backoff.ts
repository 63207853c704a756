import { type RandomSource, randomFloat } from '../base/random.ts';

/** Delays between reconnects: exponential, with jitter so that a crowd does not return as one. */
export class Backoff {
  readonly #random: RandomSource;
  readonly #min: number;
  readonly #max: number;
  #failures = 0;

  /** `min`, `max`: ms. */
  constructor(random: RandomSource, { min, max }: { min: number; max: number }) {
    this.#random = random;
    this.#min = min;
    this.#max = max;
  }

  /** ms until the next try: between a half and the whole of a step that doubles each time. */
  next(): number {
    const step = Math.min(this.#max, this.#min * 2 ** Math.min(this.#failures++, 30));
    return step * (0.5 + 0.5 * randomFloat(this.#random));
  }

  reset(): void {
    this.#failures = 0;
  }
}
