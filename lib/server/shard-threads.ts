import { performance } from 'node:perf_hooks';
import { Worker } from 'node:worker_threads';
import { workerUrl } from '../base/worker-url.ts';
import type { ShardFigures } from './figures.ts';
import type { ShardNews } from './shard-protocol.ts';
import type { FromShard, ShardSetup, ToShard } from './shard-setup.ts';
import type { ShardedCore } from './sharded-core.ts';

/** Deaths of threads within `within` ms: then a server gives up, for it would go on so. */
const DEATHS = { most: 10, within: 60_000 } as const;

/** ms before a thread is started again: its socket is to be gone. */
const RESTART_WAIT = 20;

export interface ShardThreadsOwner {
  onNews(shard: number, news: ShardNews): void;
  /** A thread has died, with its connections; another is being started. */
  onLost(shard: number, reason: string): void;
  onWarning(text: string): void;
  /** Threads die again and again. */
  onError(error: Error): void;
}

/** The threads that have the connections of a server. One that dies is started again. */
export class ShardThreads {
  readonly #setup: Omit<ShardSetup, 'index'>;
  readonly #owner: ShardThreadsOwner;
  readonly #workers: Worker[] = [];
  #deaths: readonly number[] = [];
  #isClosed = false;

  private constructor(setup: Omit<ShardSetup, 'index'>, owner: ShardThreadsOwner) {
    this.#setup = setup;
    this.#owner = owner;
  }

  /** Starts them all. Rejects with the system's error if they cannot listen. */
  static async start(
    setup: Omit<ShardSetup, 'index'>,
    owner: ShardThreadsOwner,
  ): Promise<ShardThreads> {
    const threads = new ShardThreads(setup, owner);
    try {
      for (let index = 0; index < setup.shards; index++) await threads.#start(index);
    } catch (error) {
      await threads.close();
      throw error;
    }
    return threads;
  }

  /** Hands each of them what there is for it. */
  hand(core: ShardedCore): void {
    for (const [shard, worker] of this.#workers.entries()) {
      const orders = core.takeOrders(shard);
      if (orders !== undefined) worker.postMessage(orders satisfies ToShard);
    }
  }

  get size(): number {
    return this.#workers.length;
  }

  /** What each has to show; without those that are dying. */
  async figures(): Promise<readonly ShardFigures[]> {
    const all = await Promise.all(this.#workers.map((worker) => figuresOf(worker)));
    return all.filter((figures) => figures !== undefined);
  }

  /** Ends them at once. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  /** Resolves when it listens; rejects with what it died of before that. */
  #start(index: number): Promise<void> {
    const setup: ShardSetup = { ...this.#setup, index };
    const worker = new Worker(workerUrl('shard', import.meta.url), { workerData: setup });
    this.#workers[index] = worker;
    return new Promise((resolve, reject) => {
      let isReady = false;
      let reason = 'it ended by itself';
      worker.on('message', (message: FromShard) => {
        if (message.type === 'news') this.#owner.onNews(index, message);
        else if (message.type === 'warning') this.#warn(index, message.text);
        else if (message.type === 'ready') {
          isReady = true;
          resolve();
        }
      });
      worker.on('error', (error) => {
        reason = error.message;
        reject(error);
      });
      worker.once('exit', () => {
        reject(new Error(`a thread ended: ${reason}`));
        if (isReady) this.#replace(index, reason);
      });
    });
  }

  #replace(index: number, reason: string): void {
    if (this.#isClosed) return;
    this.#owner.onLost(index, reason);
    const now = performance.now();
    const recent = this.#deaths.filter((at) => now - at < DEATHS.within);
    this.#deaths = [...recent, now];
    if (this.#deaths.length > DEATHS.most) {
      this.#owner.onError(new Error(`threads die again and again: ${reason}`));
      return;
    }
    setTimeout(() => {
      if (this.#isClosed) return;
      this.#start(index).catch((error: unknown) => {
        this.#replace(index, error instanceof Error ? error.message : String(error));
      });
    }, RESTART_WAIT);
  }

  /** Sockets that share a port are all alike. */
  #warn(index: number, text: string): void {
    if (index === 0) this.#owner.onWarning(text);
  }
}

function figuresOf(worker: Worker): Promise<ShardFigures | undefined> {
  return new Promise((resolve) => {
    const settle = (figures?: ShardFigures): void => {
      worker.off('message', onMessage);
      worker.off('exit', onExit);
      resolve(figures);
    };
    const onMessage = (message: FromShard): void => {
      if (message.type === 'figures') settle(message.figures);
    };
    const onExit = (): void => settle();
    worker.on('message', onMessage);
    worker.on('exit', onExit);
    worker.postMessage({ type: 'figures' } satisfies ToShard);
  });
}
