import { Worker } from 'node:worker_threads';
import { workerUrl } from '../base/worker-url.ts';
import { DISK_DEFAULTS, DISK_RETENTION, type DiskConfig, type RetentionConfig } from './config.ts';
import { databasePath, StoreError } from './open.ts';
import type { StoreAnswer, StoreRequest, StoreState } from './store.ts';

/** What the thread is started with. */
export interface StoreSetup {
  readonly dir: string;
  readonly retention: RetentionConfig;
  readonly disk: DiskConfig;
}

export type ToStore = StoreRequest | { readonly type: 'close' };

export type FromStore =
  | StoreAnswer
  | {
      readonly type: 'open';
      readonly state: StoreState;
      readonly warnings: readonly string[];
      readonly isUnchecked: boolean;
    }
  | { readonly type: 'unusable'; readonly code: StoreError['code']; readonly message: string };

/** What a store thread tells its owner. */
export interface StoreOwner {
  onAnswer(answer: StoreAnswer): void;
  /** Something that whoever hosts should know. */
  onWarning(text: string): void;
  /** The thread has died: nothing is answered any more. */
  onError(error: Error): void;
}

export interface StoreThreadOptions {
  readonly retention?: Partial<RetentionConfig>;
  readonly disk?: Partial<DiskConfig>;
}

/**
 * The thread that has the database, since SQLite lets whoever calls it wait for the disk. Requests
 * are done, and answered, in the order in which they were submitted.
 */
export class StoreThread {
  readonly state: StoreState;
  readonly #worker: Worker;
  readonly #ended: Promise<void>;
  #checker: Worker | undefined;

  private constructor(worker: Worker, state: StoreState, ended: Promise<void>) {
    this.#worker = worker;
    this.state = state;
    this.#ended = ended;
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
    const worker = new Worker(workerUrl('store', import.meta.url), { workerData: setup });
    const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    const first = await new Promise<FromStore>((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
    });
    if (first.type === 'unusable') throw new StoreError(first.code, first.message);
    if (first.type !== 'open') throw new Error(`a store began with ${first.type}`);
    worker.on('message', (answer: StoreAnswer) => owner.onAnswer(answer));
    worker.on('error', (error) => owner.onError(error));
    for (const warning of first.warnings) owner.onWarning(warning);
    const thread = new StoreThread(worker, first.state, ended);
    if (first.isUnchecked) thread.#check(databasePath(dir), owner);
    return thread;
  }

  submit(request: StoreRequest): void {
    this.#worker.postMessage(request satisfies ToStore);
  }

  /** Does what was submitted, then frees the directory. */
  async close(): Promise<void> {
    await this.#checker?.terminate();
    this.#worker.postMessage({ type: 'close' } satisfies ToStore);
    await this.#ended;
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
