/**
 * Spreads the probes of suspect peers over time: when a server's network is gone, all its peers are
 * suspect at once, and none shall be asked faster than one that is there could be answered. Times
 * in ms.
 */
export class ProbePace {
  readonly #interval: number;
  #freeAt = Number.NEGATIVE_INFINITY;

  /** `rate`: probes a second. */
  constructor(rate: number) {
    this.#interval = 1_000 / rate;
  }

  /** Takes the next place for a probe, and returns how long it is until then. */
  reserve(now: number): number {
    const at = Math.max(this.#freeAt, now);
    this.#freeAt = at + this.#interval;
    return at - now;
  }
}
