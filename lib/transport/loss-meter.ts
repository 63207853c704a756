/** Share of packets lost among the last `window` whose fate is known. */
export class LossMeter {
  readonly #window: number;
  /** 1 for lost; made when the first is, for most paths never lose one. */
  #fates: Uint8Array | undefined;
  #count = 0;
  #lost = 0;

  constructor(window: number) {
    this.#window = window;
  }

  get rate(): number {
    const known = Math.min(this.#count, this.#window);
    return known === 0 ? 0 : this.#lost / known;
  }

  /**
   * A rate that the true one is hardly below: one unlucky loss does not move it far. The lower end
   * of Wilson's interval at one standard deviation.
   */
  get lowerBound(): number {
    if (this.#lost === 0) return 0;
    const n = Math.min(this.#count, this.#window);
    const p = this.#lost / n;
    const spread = Math.sqrt((p * (1 - p)) / n + 1 / (4 * n * n));
    return Math.max(0, (p + 1 / (2 * n) - spread) / (1 + 1 / n));
  }

  onAcked(): void {
    this.#push(0);
  }

  onLost(): void {
    this.#push(1);
  }

  /** A packet counted as lost was only late. */
  onSpurious(): void {
    const fates = this.#fates;
    const at = fates?.lastIndexOf(1) ?? -1;
    if (fates === undefined || at < 0) return;
    fates[at] = 0;
    this.#lost--;
  }

  #push(fate: 0 | 1): void {
    const at = this.#count++ % this.#window;
    if (this.#fates === undefined && fate === 0) return;
    this.#fates ??= new Uint8Array(this.#window);
    this.#lost += fate - (this.#fates[at] ?? 0);
    this.#fates[at] = fate;
  }
}
