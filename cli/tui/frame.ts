/** Least time between two frames, ms: 30 a second. */
const FRAME_INTERVAL = 33;
/** The same when the change is the answer to a key, ms: a hand is quicker to notice than an eye. */
const KEY_INTERVAL = 12;

/** How much of the screen has changed, and who waits: `draft` only what is being written. */
export type Change = 'draft' | 'key' | 'other';

/** Paints at most once a frame; the first change after a rest is painted at once. */
export class FrameScheduler {
  readonly #paint: (isDraftOnly: boolean) => void;
  readonly #clock: () => number;
  #last = -Infinity;
  #lastDraft = -Infinity;
  #timer: NodeJS.Timeout | undefined;
  #isForKey = false;
  #draftTimer: NodeJS.Timeout | undefined;

  /** `clock`: monotonic ms. */
  constructor(options: { paint: (isDraftOnly: boolean) => void; clock: () => number }) {
    this.#paint = options.paint;
    this.#clock = options.clock;
  }

  /** Something has changed. */
  schedule(change: Change): void {
    if (change === 'draft') {
      this.#draftTimer ??= this.#after(Math.max(this.#last, this.#lastDraft) + KEY_INTERVAL, () =>
        this.#runDraft(),
      );
      return;
    }
    const isKey = change === 'key';
    if (this.#timer !== undefined && (!isKey || this.#isForKey)) return;
    clearTimeout(this.#timer);
    this.#isForKey = isKey;
    const interval = isKey ? KEY_INTERVAL : FRAME_INTERVAL;
    this.#timer = this.#after(this.#last + interval, () => this.#run());
  }

  stop(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#draftTimer);
    this.#timer = undefined;
    this.#draftTimer = undefined;
  }

  #after(due: number, run: () => void): NodeJS.Timeout {
    return setTimeout(run, Math.max(0, due - this.#clock()));
  }

  #run(): void {
    this.stop();
    this.#last = this.#clock();
    this.#paint(false);
  }

  #runDraft(): void {
    this.#draftTimer = undefined;
    this.#lastDraft = this.#clock();
    this.#paint(true);
  }
}
