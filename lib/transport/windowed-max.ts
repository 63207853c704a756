/** The largest of the values of late, over a window of whatever `at` counts: rounds, ms. */
export class WindowedMax {
  readonly #window: number;
  /** Descending values: the head is the maximum, the others take over when it is too old. */
  #candidates: { at: number; value: number }[] = [];

  constructor(window: number) {
    this.#window = window;
  }

  /** 0 while there is none. */
  get value(): number {
    return this.#candidates[0]?.value ?? 0;
  }

  /** `at` never falls. Holds one candidate for each `at` at most. */
  update(at: number, value: number): void {
    const candidates = this.#candidates;
    while ((candidates.at(-1)?.value ?? Number.POSITIVE_INFINITY) <= value) candidates.pop();
    if (candidates.at(-1)?.at !== at) candidates.push({ at, value });
    while ((candidates[0]?.at ?? at) < at - this.#window) candidates.shift();
  }

  /** Forgets all but this value. */
  reset(at: number, value: number): void {
    this.#candidates = [{ at, value }];
  }
}
