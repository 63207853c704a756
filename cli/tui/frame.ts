/** Least time between two frames, ms: 30 a second. */
const FRAME_INTERVAL = 33;
/** The same when the change is the answer to a key, ms: a hand is quicker to notice than an eye. */
const KEY_INTERVAL = 12;

/** Paints at most once a frame; the first change after a rest is painted at once. */
export class FrameScheduler {
  readonly #paint: () => void;
  readonly #clock: () => number;
  #last = -Infinity;
  #timer: NodeJS.Timeout | undefined;
  #isForKey = false;

  /** `clock`: monotonic ms. */
  constructor(options: { paint: () => void; clock: () => number }) {
    this.#paint = options.paint;
    this.#clock = options.clock;
  }

  /** Something has changed; `isKey`: somebody waits for it. */
  schedule(isKey = false): void {
    if (this.#timer !== undefined && (!isKey || this.#isForKey)) return;
    clearTimeout(this.#timer);
    this.#isForKey = isKey;
    const interval = isKey ? KEY_INTERVAL : FRAME_INTERVAL;
    const wait = Math.max(0, this.#last + interval - this.#clock());
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
