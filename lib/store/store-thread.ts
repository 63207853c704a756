import { performance } from 'node:perf_hooks';
import { Worker } from 'node:worker_threads';
import { workerUrl } from '../base/worker-url.ts';
import { DISK_DEFAULTS, DISK_RETENTION, type DiskConfig, type RetentionConfig } from './config.ts';
import { databasePath, StoreError } from './folder.ts';
import type { StoreAnswer, StoreRequest, StoreState } from './store.ts';
import { UnansweredRequests } from './unanswered.ts';

/** What the thread is started with. */
export interface StoreSetup {
  readonly dir: string;
  readonly retention: RetentionConfig;
  readonly disk: DiskConfig;
}

export type ToStore = StoreRequest | { readonly type: 'close' };

interface Opened {
  readonly type: 'open';
  readonly state: StoreState;
  readonly warnings: readonly string[];
  readonly isUnchecked: boolean;
}

export type FromStore =
  | StoreAnswer
  | Opened
  | { readonly type: 'unusable'; readonly code: StoreError['code']; readonly message: string };

/** Deaths of the thread within `within` ms: then it would only go on dying. */
const DEATHS = { most: 5, within: 60_000 } as const;

/** What a store thread tells its owner. */
export interface StoreOwner {
  onAnswer(answer: StoreAnswer): void;
  /** Something that whoever hosts should know. */
  onWarning(text: string): void;
  /** The store is of no more use: nothing is answered any more. */
  onError(error: Error): void;
}

export interface StoreThreadOptions {
  readonly retention?: Partial<RetentionConfig>;
  readonly disk?: Partial<DiskConfig>;
}

/**
 * The thread that has the database, since SQLite lets whoever calls it wait for the disk. Requests
 * are done, and answered, in the order in which they were submitted. A thread that dies is started
 * again, and what it had not answered is done or found done.
 */
export class StoreThread {
  readonly #setup: StoreSetup;
  readonly #owner: StoreOwner;
  readonly #unanswered = new UnansweredRequests();
  #worker: Worker | undefined;
  readonly #gone: Promise<void>;
  #onGone: () => void = () => {};
  #isGone = false;
  #state: StoreState | undefined;
  #deaths: readonly number[] = [];
  #isClosing = false;
  #checker: Worker | undefined;

  private constructor(setup: StoreSetup, owner: StoreOwner) {
    this.#setup = setup;
    this.#owner = owner;
    this.#gone = new Promise((resolve) => (this.#onGone = resolve));
  }

  /** Opens the store in `dir`. Rejects with a StoreError. */
  static async open(
    dir: string,
    owner: StoreOwner,
    { retention, disk }: StoreThreadOptions = {},
  ): Promise<StoreThread> {
    const setup: StoreSetup = {
      dir,
      retention: { ...DISK_RETENTION, ...retention },
      disk: { ...DISK_DEFAULTS, ...disk },
    };
    const thread = new StoreThread(setup, owner);
    const { worker, opened } = await thread.#start();
    thread.#worker = worker;
    thread.#state = opened.state;
    if (opened.isUnchecked) thread.#check(databasePath(dir), owner);
    return thread;
  }

  /** What it held when it was opened. */
  get state(): StoreState {
    if (this.#state === undefined) throw new Error('a store that is not open');
    return this.#state;
  }

  submit(request: StoreRequest): void {
    this.#unanswered.add(request);
    this.#worker?.postMessage(request satisfies ToStore);
  }

  /** Does what was submitted, then frees the directory. */
  async close(): Promise<void> {
    this.#isClosing = true;
    await this.#checker?.terminate();
    if (this.#isGone) return;
    this.#worker?.postMessage({ type: 'close' } satisfies ToStore);
    await this.#gone;
  }

  async #start(): Promise<{ worker: Worker; opened: Opened }> {
    const worker = new Worker(workerUrl('store', import.meta.url), { workerData: this.#setup });
    let reason = 'it ended by itself';
    worker.on('error', (error) => (reason = error.message));
    const first = await new Promise<FromStore>((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('exit', () => reject(new Error(`the store ended: ${reason}`)));
    });
    if (first.type === 'unusable') throw new StoreError(first.code, first.message);
    if (first.type !== 'open') throw new Error(`a store began with ${first.type}`);
    worker.on('message', (answer: StoreAnswer) => this.#answer(this.#unanswered.settle(answer)));
    worker.once('exit', () => this.#replace(reason));
    for (const warning of first.warnings) this.#owner.onWarning(warning);
    return { worker, opened: first };
  }

  #replace(reason: string): void {
    this.#worker = undefined;
    if (this.#isClosing && this.#unanswered.size === 0) {
      this.#giveUp();
      return;
    }
    const now = performance.now();
    this.#deaths = [...this.#deaths.filter((at) => now - at < DEATHS.within), now];
    if (this.#deaths.length > DEATHS.most) {
      this.#giveUp(new Error(`the store dies again and again: ${reason}`));
      return;
    }
    this.#owner.onWarning(`the thread of the store died (${reason}) and is started again`);
    this.#start().then(
      ({ worker, opened }) => this.#resume(worker, opened.state),
      (error: unknown) => this.#giveUp(error instanceof Error ? error : new Error(reason)),
    );
  }

  /** There is no thread any more, and there will be none. */
  #giveUp(error?: Error): void {
    this.#isGone = true;
    this.#onGone();
    if (error !== undefined) this.#owner.onError(error);
  }

  #resume(worker: Worker, state: StoreState): void {
    this.#worker = worker;
    const { requests, answers } = this.#unanswered.resume(state);
    for (const request of requests) worker.postMessage(request satisfies ToStore);
    if (this.#isClosing) worker.postMessage({ type: 'close' } satisfies ToStore);
    this.#answer(answers);
  }

  #answer(answers: readonly StoreAnswer[]): void {
    for (const answer of answers) this.#owner.onAnswer(answer);
  }

  #check(path: string, owner: StoreOwner): void {
    this.#checker = new Worker(workerUrl('check', import.meta.url), { workerData: path });
    this.#checker.unref();
    this.#checker.once('message', (damage: string | null) => {
      this.#checker = undefined;
      if (damage === null) return;
      owner.onWarning(
        `the history in ${path} is damaged (${damage}); stop hosting, keep a copy of the ` +
          `directory, then: sqlite3 chat.db .recover | sqlite3 new.db`,
      );
    });
  }
}
