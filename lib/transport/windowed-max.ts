/** The largest of the values of late, over a window of whatever `at` counts: rounds, ms. */
export class WindowedMax {
  readonly #window: number;
  /**
   * Pairs of `at` and value, by descending values: the first is the maximum, the others take over
   * when it is too old. Plain numbers in a row, for each object would take five times as much.
   */
  readonly #candidates: number[] = [];

  constructor(window: number) {
    this.#window = window;
  }

  /** 0 while there is none. */
  get value(): number {
    return this.#candidates[1] ?? 0;
  }

  /** `at` never falls. Holds one candidate for each `at` at most. */
  update(at: number, value: number): void {
    const candidates = this.#candidates;
    let end = candidates.length;
    while (end > 0 && (candidates[end - 1] ?? 0) <= value) end -= 2;
    const isNew = end === 0 || candidates[end - 2] !== at;
    if (isNew) {
      candidates[end++] = at;
      candidates[end++] = value;
    }
    if (end < candidates.length) candidates.length = end;
    while (end > 2 && (candidates[0] ?? at) < at - this.#window) {
      candidates.splice(0, 2);
      end -= 2;
    }
  }

  /** Forgets all but this value. */
  reset(at: number, value: number): void {
    this.#candidates.length = 0;
    this.#candidates.push(at, value);
  }
}
