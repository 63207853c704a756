import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { SenderSample } from '../../experiment.ts';
import type { FromEnd, LiveRun, ToEnd } from '../../live/live-run.ts';
import { liveTrace } from '../../live/live-trace.ts';
import { type MergedPacket, mergeTaps, type TapRecords } from '../../live/tap.ts';
import type { PacketRecord } from '../../recorder.ts';
import { noStats, type RunResult, runResult, type SenderStats } from '../../run-result.ts';
import type { TraceEvent } from '../../tracing/event.ts';
import { sharedNow } from './clock.ts';

/** Time that an end may take to say that it has stopped, ms: then it hangs. */
const STOP_TIMEOUT = 30_000;

/** How the two processes are started. */
export interface LivePairOptions {
  /** In front of the command of the sender's, and of the receiver's process. */
  readonly prefixes: readonly [readonly string[], readonly string[]];
  /** Where the receiver listens. */
  readonly address: string;
}

export interface LiveHooks {
  readonly signal?: AbortSignal | undefined;
  /** Called after each report of an end, with what came of the run so far. */
  readonly onProgress?: (so: RunResult, sample: SenderSample | undefined) => void;
  /**
   * Gets the trace of the run when it is over, or as far as it came when `signal` ends it. `isCut`:
   * there was more than is kept. Kernel TCP has none.
   */
  readonly onTrace?: ((events: readonly TraceEvent[], isCut: boolean) => void) | undefined;
}

/** What came of a run, with the packets if it was tapped. */
export interface LiveResult extends RunResult {
  readonly packets: readonly PacketRecord[];
  readonly samples: readonly SenderSample[];
}

/** A sender and a receiver in processes of their own, for one run after another. */
export class LivePair {
  readonly #sender: End;
  readonly #receiver: End;
  readonly #address: string;

  private constructor(sender: End, receiver: End, address: string) {
    this.#sender = sender;
    this.#receiver = receiver;
    this.#address = address;
  }

  /** Starts both; rejects with the error of the one that does not start. */
  static async open({ prefixes, address }: LivePairOptions): Promise<LivePair> {
    const pair = new LivePair(new End(prefixes[0]), new End(prefixes[1]), address);
    try {
      await Promise.all([pair.#sender.next('ready'), pair.#receiver.next('ready')]);
      return pair;
    } catch (error) {
      pair.close();
      throw error;
    }
  }

  /** Runs one experiment. Rejects when an end fails; after that, and after `signal`, close. */
  async run(asked: LiveRun, hooks: LiveHooks = {}): Promise<LiveResult> {
    const { signal, onProgress, onTrace } = hooks;
    const run = { ...asked, isTraced: onTrace !== undefined };
    const began = sharedNow();
    const story = new Story(run, began);
    this.#receiver.tell({ type: 'listen', run, address: this.#address });
    const { port } = await this.#receiver.next('listening');
    const over = new Promise<void>((resolve, reject) => {
      const timer = setTimeout(resolve, run.limitMs);
      const end = (error?: Error): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', stop);
        if (error === undefined) resolve();
        else reject(error);
      };
      const stop = (): void => end(new Error('interrupted'));
      signal?.addEventListener('abort', stop);
      const watch = (message: FromEnd): void => {
        story.hear(message);
        onProgress?.(story.result, story.samples.at(-1));
        if (story.isDone) end();
      };
      this.#sender.watch(watch, end);
      this.#receiver.watch(watch, end);
      this.#sender.tell({ type: 'send', run, to: { address: this.#address, port } });
      if (signal?.aborted) stop();
    });
    try {
      await over;
    } catch (error) {
      if (signal?.aborted && run.isTraced)
        await this.#finish(story).then(() => story.tell(onTrace));
      throw error;
    }
    const result = await this.#finish(story);
    story.tell(onTrace);
    return result;
  }

  close(): void {
    this.#sender.close();
    this.#receiver.close();
  }

  async #finish(story: Story): Promise<LiveResult> {
    // What they say while they stop still belongs to the run.
    this.#sender.tell({ type: 'stop' });
    const sender = await this.#sender.next('stopped', STOP_TIMEOUT);
    this.#receiver.tell({ type: 'stop' });
    const receiver = await this.#receiver.next('stopped', STOP_TIMEOUT);
    story.stop(sender.stats, sender.packets, receiver.packets);
    const packets = story.packets.map(({ record }) => record);
    return { ...story.result, packets, samples: story.samples };
  }
}

/** What the two ends tell of a run. */
class Story {
  readonly samples: SenderSample[] = [];
  packets: readonly MergedPacket[] = [];
  #isCut = false;
  readonly #run: LiveRun;
  readonly #began: number;
  readonly #sentAt: number[] = [];
  readonly #arrivedAt: number[] = [];
  #stats: SenderStats;
  #elapsed = 0;

  constructor(run: LiveRun, began: number) {
    this.#run = run;
    this.#began = began;
    this.#stats = noStats(run.arq);
  }

  get isDone(): boolean {
    return this.#arrivedAt.length >= this.#run.workload.messages;
  }

  get result(): RunResult {
    return runResult({
      sentAt: this.#sentAt,
      arrivedAt: this.#arrivedAt,
      bytes: this.#run.workload.bytes,
      stats: this.#stats,
      elapsedMs: this.#elapsed,
    });
  }

  hear(message: FromEnd): void {
    this.#elapsed = sharedNow() - this.#began;
    if (message.type === 'arrived') this.#arrivedAt.push(...message.at);
    if (message.type !== 'sent') return;
    this.#sentAt.push(...message.at);
    const { at, srtt, rto, cwnd, inFlight } = message.sample;
    if (srtt > 0) this.samples.push({ at: at - this.#began, srtt, rto, cwnd, inFlight });
    this.#stats = { ...this.#stats, srtt, rto, cwnd, bytesInFlight: inFlight };
  }

  stop(stats: SenderStats | undefined, client: TapRecords, server: TapRecords): void {
    this.#stats = stats ?? this.#stats;
    this.packets = mergeTaps(client.records, server.records, this.#began);
    this.#isCut = client.isCut || server.isCut;
  }

  tell(onTrace: LiveHooks['onTrace']): void {
    if (onTrace === undefined || this.#run.arq === 'tcp') return;
    const arrivedAt = this.#arrivedAt.map((at) => at - this.#began);
    const { latencies } = this.result;
    const { packets, samples } = this;
    onTrace(liveTrace({ packets, samples, arrivedAt, latencies }), this.#isCut);
  }
}

/** One of the two processes. */
class End {
  readonly #child: ChildProcess;
  #watch: (message: FromEnd) => void = () => {};
  #onError: (error: Error) => void = () => {};
  #wanted: { type: FromEnd['type']; resolve: (message: FromEnd) => void } | undefined;
  #failure: Error | undefined;

  constructor(prefix: readonly string[]) {
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    const script = fileURLToPath(new URL(`./live-end.${extension}`, import.meta.url));
    const [program, ...args] = [...prefix, process.execPath, ...process.execArgv, script];
    if (program === undefined) throw new Error('no program');
    this.#child = spawn(program, args, {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      // Bytes go as they are, not as lists of numbers.
      serialization: 'advanced',
    });
    this.#child.on('message', (message: FromEnd) => this.#hear(message));
    this.#child.on('error', (error) => this.#fail(error));
    this.#child.on('exit', (code, signal) => {
      this.#fail(new Error(`an end of the experiment went away (${signal ?? `exit ${code}`})`));
    });
  }

  tell(message: ToEnd): void {
    if (this.#child.connected) this.#child.send(message);
  }

  watch(onMessage: (message: FromEnd) => void, onError: (error: Error) => void): void {
    this.#watch = onMessage;
    this.#onError = onError;
    if (this.#failure !== undefined) onError(this.#failure);
  }

  /** The next message of a type; others go to the one who watches. */
  next<T extends FromEnd['type']>(
    type: T,
    timeout?: number,
  ): Promise<Extract<FromEnd, { type: T }>> {
    return new Promise((resolve, reject) => {
      const late = (): void => reject(new Error('an end of the experiment hangs'));
      const timer = timeout === undefined ? undefined : setTimeout(late, timeout);
      this.#onError = (error) => {
        clearTimeout(timer);
        reject(error);
      };
      const take = (message: FromEnd): void => {
        clearTimeout(timer);
        resolve(message as Extract<FromEnd, { type: T }>);
      };
      this.#wanted = { type, resolve: take };
      if (this.#failure !== undefined) this.#onError(this.#failure);
    });
  }

  close(): void {
    this.#watch = () => {};
    this.#onError = () => {};
    this.#child.kill('SIGKILL');
  }

  #hear(message: FromEnd): void {
    if (message.type === 'failed') this.#fail(new Error(message.reason));
    else if (message.type === this.#wanted?.type) {
      const { resolve } = this.#wanted;
      this.#wanted = undefined;
      resolve(message);
    } else this.#watch(message);
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#onError(this.#failure);
  }
}
