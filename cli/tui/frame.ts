/** Least time between two frames, ms: 30 a second. */
const FRAME_INTERVAL = 33;

/** Paints at most once a frame; the first change after a rest is painted at once. */
export class FrameScheduler {
  readonly #paint: () => void;
  readonly #clock: () => number;
  #last = -Infinity;
  #timer: NodeJS.Timeout | undefined;

  /** `clock`: monotonic ms. */
  constructor(options: { paint: () => void; clock: () => number }) {
    this.#paint = options.paint;
    this.#clock = options.clock;
  }

  /** Something has changed. */
  schedule(): void {
    if (this.#timer !== undefined) return;
    const wait = Math.max(0, this.#last + FRAME_INTERVAL - this.#clock());
    this.#timer = setTimeout(() => this.#run(), wait);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #run(): void {
    this.#timer = undefined;
    this.#last = this.#clock();
    this.#paint();
  }
}
