import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { performance } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { Worker, type WorkerOptions } from 'node:worker_threads';
import type { ClosedEvent } from '../../client/events.ts';
import { resolveHost } from '../../net/connect.ts';
import {
  addCounts,
  expectedDeliveries,
  LatencyHistogram,
  type LoadCounts,
  type LoadPlan,
  type LoadResult,
  summariseLoad,
} from '../load.ts';
import type { TraceEvent } from '../tracing/event.ts';
import type { FromLoad, LoadSetup, ToLoad } from './load-crew.ts';
import { processCpu } from './process-cpu.ts';

/** New clients a second unless told: no burst that a host would take for a flood. */
const JOIN_RATE = 100;
/** ms that nothing may come before what is missing counts as lost; a reconnect takes less. */
const PATIENCE = 15_000;
/** ms between two looks at how far it is. */
const LOOK = 100;

export interface LoadOptions {
  readonly host: string;
  readonly port: number;
  readonly plan: LoadPlan;
  readonly isPlaintext?: boolean;
  /** Worker threads; as many as there are processors unless given. */
  readonly workers?: number;
  readonly joinRate?: number;
  /** The host's process, if it is on this machine: its CPU is then in the result (Linux). */
  readonly hostPid?: number;
  readonly onProgress?: (phase: 'enter' | 'write' | 'drain', counts: LoadCounts) => void;
  /** Is told of every packet of the first client. */
  readonly trace?: ((event: TraceEvent) => void) | undefined;
  /** Stops; `runLoad` rejects. */
  readonly signal?: AbortSignal;
  /** How threads are started; as this one was, unless given. */
  readonly thread?: WorkerOptions;
}

/** A client did not come in, or was sent away: a load with fewer would say something else. */
export class LoadRefusedError extends Error {
  override readonly name = 'LoadRefusedError';
  /** How the first such client ended, if it did. */
  readonly closed: ClosedEvent | undefined;

  constructor(reason: string, closed?: ClosedEvent) {
    super(reason);
    this.closed = closed;
  }
}

/**
 * Has real clients write to a host and counts what reaches them. Rejects with LoadRefusedError
 * when not all can come in.
 */
export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  const { plan, onProgress, hostPid, trace, thread: started } = options;
  const server = await resolveHost(options.host, options.port);
  const threads = Math.min(options.workers ?? availableParallelism(), plan.clients);
  const setup = {
    plan,
    run: `load${randomBytes(3).toString('hex')}`,
    server,
    isPlaintext: options.isPlaintext === true,
    threads,
    joinRate: options.joinRate ?? JOIN_RATE,
    isTraced: trace !== undefined,
  };
  const crews = Array.from(
    { length: threads },
    (_, thread) => new Crew({ ...setup, thread }, { started, trace }),
  );
  const look = async (phase: 'enter' | 'write' | 'drain'): Promise<LoadCounts> => {
    await wait(LOOK, undefined, options.signal && { signal: options.signal });
    const failure = crews.find(({ failure }) => failure !== undefined)?.failure;
    if (failure !== undefined) throw failure;
    const counts = addCounts(crews.map((crew) => crew.counts));
    onProgress?.(phase, counts);
    return counts;
  };
  try {
    await enter(plan, look);
    const cpuBefore = process.cpuUsage();
    const hostCpu = hostPid === undefined ? undefined : processCpu(hostPid);
    const began = performance.now();
    for (const crew of crews) crew.tell({ type: 'begin' });
    while (performance.now() - began < plan.seconds * 1000) await look('write');
    await drain(plan, look);
    const elapsed = performance.now() - began;
    const { user, system } = process.cpuUsage(cpuBefore);
    const hostCpuAfter = hostPid === undefined ? undefined : processCpu(hostPid);
    const latency = new LatencyHistogram();
    const counts = await Promise.all(crews.map((crew) => crew.finish(latency)));
    return summariseLoad(plan, addCounts(counts), {
      latency,
      elapsed,
      cpu: user + system,
      hostCpu: hostCpuAfter === undefined ? undefined : hostCpuAfter - (hostCpu ?? 0),
    });
  } finally {
    await Promise.all(crews.map((crew) => crew.stop()));
  }
}

type Look = (phase: 'enter' | 'write' | 'drain') => Promise<LoadCounts>;

/** Until all are in. */
async function enter({ clients }: LoadPlan, look: Look): Promise<void> {
  let online = 0;
  let changed = performance.now();
  while (online < clients) {
    const counts = await look('enter');
    if (counts.online !== online) changed = performance.now();
    online = counts.online;
    if (performance.now() - changed > PATIENCE) {
      throw new LoadRefusedError(`only ${online} of ${clients} clients came in`);
    }
  }
}

/** Until all has arrived, or nothing comes any more. */
async function drain(plan: LoadPlan, look: Look): Promise<void> {
  let last = -1;
  let changed = performance.now();
  for (;;) {
    const counts = await look('drain');
    const answered = counts.rejected + counts.accepted.reduce((sum, lines) => sum + lines, 0);
    const isAll = counts.deliveries >= expectedDeliveries(plan, counts);
    if (answered === counts.posted && isAll) return;
    if (counts.deliveries + answered !== last) changed = performance.now();
    last = counts.deliveries + answered;
    if (performance.now() - changed > PATIENCE) return;
  }
}

const NOTHING: LoadCounts = addCounts([]);

/** One thread of clients, seen from outside. */
class Crew {
  counts: LoadCounts = NOTHING;
  failure: Error | undefined;
  readonly #worker: Worker;
  readonly #ended: Promise<void>;
  readonly #done: Promise<Extract<FromLoad, { type: 'done' }>>;

  constructor(
    setup: LoadSetup,
    { started, trace }: { started: WorkerOptions | undefined; trace: LoadOptions['trace'] },
  ) {
    const suffix = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    const url = new URL(`./load.worker.${suffix}`, import.meta.url);
    this.#worker = new Worker(url, { ...started, workerData: setup });
    this.#ended = new Promise((resolve) => this.#worker.once('exit', () => resolve()));
    this.#done = new Promise((resolve, reject) => {
      this.#worker.on('message', (message: FromLoad) => {
        if (message.type === 'counts') this.counts = message.counts;
        else if (message.type === 'trace') trace?.(message.event);
        else if (message.type === 'done') resolve(message);
        else this.failure ??= new LoadRefusedError(message.reason, message.closed);
      });
      this.#worker.on('error', (error) => {
        this.failure ??= error;
        reject(error);
      });
    });
    // Whoever looks finds the failure; nobody may be waiting for the end yet.
    this.#done.catch(() => {});
  }

  tell(message: ToLoad): void {
    this.#worker.postMessage(message);
  }

  /** The last counts; latencies go to `into`. */
  async finish(into: LatencyHistogram): Promise<LoadCounts> {
    this.tell({ type: 'end' });
    const { counts, latency } = await this.#done;
    into.merge(latency);
    return counts;
  }

  /** Lets the clients say goodbye, but not for long. */
  async stop(): Promise<void> {
    this.tell({ type: 'end' });
    await Promise.race([this.#ended, wait(1_000)]);
    await this.#worker.terminate();
  }
}
