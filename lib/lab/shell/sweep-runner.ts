import { availableParallelism } from 'node:os';
import { Worker, type WorkerOptions } from 'node:worker_threads';
import { type Cell, type CellResult, cellName, planCells } from '../sweep.ts';
import { type CellTraces, traceCells } from './cell-traces.ts';
import { runLiveCell } from './live/live-cell.ts';
import { LiveGround } from './live/live-ground.ts';
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
  /**
   * Worker threads; as many as there are processors unless given. In real time: experiments at
   * once, each on a ground of its own; 1 unless given, so that none disturbs another.
   */
  readonly workers?: number;
  readonly onProgress?: (progress: SweepProgress) => void;
  /** Stops; what is done is kept. */
  readonly signal?: AbortSignal;
  /** Traces of the first repetition of each cell that is run. */
  readonly traces?: CellTraces | undefined;
  /** Sees the tc commands of each experiment on the netem ground. */
  readonly onCommands?: (commands: readonly string[]) => void;
  /** How threads are started; as this one was, unless given. */
  readonly thread?: WorkerOptions;
}

/** What a worker takes, and where it puts what came of it. */
interface Work {
  readonly next: () => Cell | undefined;
  readonly finish: (result: CellResult) => void;
  readonly options: SweepRunOptions;
}

/**
 * Runs the cells that are not done yet: on worker threads, or in real time on the plan's ground.
 * Resolves with whether all are done; rejects with the first error: of a cell, of the ground
 * (NetemError), or of the disk. What was finished before is kept.
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
  const isLive = folder.plan.ground !== undefined;
  const workers = options.workers ?? (isLive ? 1 : availableParallelism());
  const count = Math.min(workers, waiting.length);
  const work = isLive ? workLive : workThread;
  const next = (): Cell | undefined => (signal?.aborted ? undefined : waiting.shift());
  await Promise.all(Array.from({ length: count }, () => work(folder, { next, finish, options })));
  return done === cells.length;
}

/** One ground, from its first cell to its last. */
async function workLive({ plan }: SweepFolder, { next, finish, options }: Work): Promise<void> {
  const { signal, onCommands, traces } = options;
  const trace = traces && traceCells(traces, Date.now);
  const ground = await LiveGround.open(plan.ground ?? 'socket', onCommands);
  try {
    for (let cell = next(); cell !== undefined; cell = next()) {
      finish(await runLiveCell(plan, cell, { ground, signal, trace }));
    }
  } catch (error) {
    if (!signal?.aborted) throw error;
  } finally {
    ground.close();
  }
}

/** One worker thread, from its first cell to its last. */
async function workThread({ plan }: SweepFolder, { next, finish, options }: Work): Promise<void> {
  const { signal, thread, traces } = options;
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const worker = new Worker(new URL(`./sweep.worker.${extension}`, import.meta.url), {
    ...thread,
    workerData: { plan, traces },
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
