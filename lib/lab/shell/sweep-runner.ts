import { availableParallelism } from 'node:os';
import { Worker, type WorkerOptions } from 'node:worker_threads';
import { type Cell, type CellResult, cellName, planCells } from '../sweep.ts';
import type { SweepFolder } from './sweep-folder.ts';

/** How far a sweep is. */
export interface SweepProgress {
  readonly done: number;
  readonly total: number;
  /** Time that the rest will take if it goes on like this, ms; undefined at the start. */
  readonly leftMs: number | undefined;
}

export interface SweepRunOptions {
  readonly folder: SweepFolder;
  /** Worker threads; as many as there are processors unless given. */
  readonly workers?: number;
  readonly onProgress?: (progress: SweepProgress) => void;
  /** Stops; what is done is kept. */
  readonly signal?: AbortSignal;
  /** How threads are started; as this one was, unless given. */
  readonly thread?: WorkerOptions;
}

/**
 * Runs the cells that are not done yet on worker threads. Resolves with whether all are done;
 * rejects with the first error: of a cell, or of the disk. What was finished before is kept.
 */
export async function runSweep(options: SweepRunOptions): Promise<boolean> {
  const { folder, onProgress, signal } = options;
  const cells = planCells(folder.plan);
  const waiting = cells.filter((cell) => !folder.has(cellName(cell)));
  const began = performance.now();
  const doneBefore = cells.length - waiting.length;
  let done = doneBefore;
  const finish = (result: CellResult): void => {
    folder.keep(result);
    done++;
    const each = (performance.now() - began) / (done - doneBefore);
    onProgress?.({ done, total: cells.length, leftMs: each * (cells.length - done) });
  };
  onProgress?.({ done, total: cells.length, leftMs: undefined });
  const count = Math.min(options.workers ?? availableParallelism(), waiting.length);
  const next = (): Cell | undefined => (signal?.aborted ? undefined : waiting.shift());
  await Promise.all(Array.from({ length: count }, () => work(folder, { next, finish, options })));
  return done === cells.length;
}

/** One worker thread, from its first cell to its last. */
async function work(
  { plan }: SweepFolder,
  how: {
    next: () => Cell | undefined;
    finish: (result: CellResult) => void;
    options: SweepRunOptions;
  },
): Promise<void> {
  const { next, finish, options } = how;
  const { signal, thread } = options;
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const worker = new Worker(new URL(`./sweep.worker.${extension}`, import.meta.url), {
    ...thread,
    workerData: { plan },
  });
  try {
    await new Promise<void>((resolve, reject) => {
      const give = (): void => {
        const cell = next();
        if (cell === undefined) resolve();
        else worker.postMessage(cell);
      };
      worker.on('message', (result: CellResult) => {
        try {
          finish(result);
          give();
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      });
      worker.on('error', reject);
      signal?.addEventListener('abort', () => resolve(), { once: true });
      give();
    });
  } finally {
    await worker.terminate();
  }
}
