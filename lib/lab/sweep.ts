import type { ArqName } from '../wire/transport-parameters.ts';
import { DetailRecorder, type RunDetail } from './detail.ts';
import { Experiment, type ExperimentResult, type Workload } from './experiment.ts';
import { formatImpairment, type Impairment } from './impairment.ts';
import type { RunResult, Series } from './run-result.ts';
import type { TraceEvent } from './tracing/event.ts';
import type { RunScenario } from './tracing/scenario.ts';

/** Most cells of a sweep: more would take hours, and no page could show them. */
export const MAX_CELLS = 20_000;

/** A grid of experiments: every loss with every delay, every ARQ, so many times. */
export interface SweepPlan {
  readonly seed: number;
  /** Percent of datagrams lost, each way. */
  readonly losses: readonly number[];
  /** One way, ms. */
  readonly delays: readonly number[];
  readonly arqs: readonly ArqName[];
  readonly reps: number;
  /** Packets in the window of go-back-n and selective-repeat. */
  readonly window: number;
  /** What the network does besides: its loss and delay are those of the grid. */
  readonly impairment: Impairment;
  /** Full packets as fast as they go, for goodput. */
  readonly bulk: Workload;
  /** Short lines at intervals, for lateness. */
  readonly chat: Workload;
  /** Virtual time that each of the two may take, ms. */
  readonly limitMs: number;
  /** Real sockets in real time: round our emulator, or through tc netem. Virtual time if absent. */
  readonly ground?: 'socket' | 'netem';
  /** The same experiments over kernel TCP too. */
  readonly baseline?: 'tcp';
}

export const SWEEP_DEFAULTS = {
  losses: [0, 5, 10, 20, 30],
  delays: [20, 100],
  reps: 10,
  window: 16,
  rate: 10_000_000,
  bulk: { messages: 1_500, bytes: 1_000, intervalMs: 0 },
  chat: { messages: 200, bytes: 100, intervalMs: 50 },
  limitMs: 60_000,
} as const;

/** One experiment of a sweep. */
export interface Cell {
  readonly loss: number;
  readonly delay: number;
  readonly arq: Series;
  readonly rep: number;
}

/** What one experiment showed. Times in ms, goodput in bits of message a second. */
export interface CellResult extends Cell {
  readonly seed: number;
  readonly goodput: number;
  /** Of the lines of chat that arrived, in the order they were sent, to the microsecond. */
  readonly latencies: readonly number[];
  readonly undelivered: number;
  /** Of the bulk run, the sender's own. */
  readonly packetsSent: number;
  readonly packetsLost: number;
  readonly retransmits: number;
  readonly rtt: number;
  readonly rto: number;
  /** Copies of the chat run, a message. */
  readonly copies: number;
  /** Over every byte and time of both runs; empty in real time, which never comes again. */
  readonly hash: string;
  /** Packet by packet, for the first repetition. */
  readonly detail?: RunDetail;
}

/** The two runs of a cell. */
export type CellRun = 'bulk' | 'chat';

/** Takes the trace of one run. */
export interface RunTrace {
  take(event: TraceEvent): void;
  close(): void;
}

/** Begins the traces of those runs that are traced. `scenario`: what makes the run again. */
export type TraceRun = (
  cell: Cell,
  run: CellRun,
  scenario: RunScenario | undefined,
) => RunTrace | undefined;

/** What is compared: the ARQs, and TCP where it is the baseline. */
export function planSeries({ arqs, baseline }: SweepPlan): readonly Series[] {
  return baseline === undefined ? arqs : [...arqs, baseline];
}

/** The experiments of a sweep, one after the other. */
export function planCells(plan: SweepPlan): Cell[] {
  return plan.delays.flatMap((delay) =>
    plan.losses.flatMap((loss) =>
      planSeries(plan).flatMap((arq) =>
        Array.from({ length: plan.reps }, (_, rep) => ({ loss, delay, arq, rep })),
      ),
    ),
  );
}

/** The name of a cell, unique in its sweep. */
export function cellName({ loss, delay, arq, rep }: Cell): string {
  return `loss=${loss} delay=${delay} arq=${arq} rep=${rep}`;
}

/** The same cell has the same seed in whatever grid it is. FNV-1a over seed and name. */
export function cellSeed(seed: number, cell: Cell): number {
  let hash = 0x811c9dc5;
  for (const char of `${seed} ${cellName(cell)}`) {
    hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193);
  }
  return hash >>> 0;
}

/**
 * Runs one cell in virtual time: bulk for goodput, then chat for lateness, each in a world of its
 * own.
 */
export function runCell(plan: SweepPlan, cell: Cell, trace?: TraceRun): CellResult {
  const seed = cellSeed(plan.seed, cell);
  const recorder = cell.rep === 0 ? new DetailRecorder() : undefined;
  const common = { cell, recorder, trace };
  const bulk = runOne(plan, { ...common, run: 'bulk', seed });
  recorder?.beginChat();
  const chat = runOne(plan, { ...common, run: 'chat', seed: chatSeed(seed) });
  const hash = bulk.traceHash + chat.traceHash;
  return cellResult(plan, cell, { bulk, chat, hash, detail: recorder?.detail });
}

/** What came of the two runs of a cell. */
export function cellResult(
  plan: SweepPlan,
  cell: Cell,
  runs: {
    readonly bulk: RunResult;
    readonly chat: RunResult;
    readonly hash: string;
    readonly detail: RunDetail | undefined;
  },
): CellResult {
  const { bulk, chat, hash, detail } = runs;
  const { stats } = bulk;
  return {
    ...cell,
    seed: cellSeed(plan.seed, cell),
    goodput: rounded(bulk.goodput),
    latencies: chat.latencies.map(rounded),
    undelivered: plan.chat.messages - chat.delivered,
    packetsSent: stats.packetsSent,
    packetsLost: stats.packetsLost,
    retransmits: stats.retransmits,
    rtt: rounded(stats.minRtt),
    rto: rounded(stats.rto),
    copies: rounded(chat.stats.copies / Math.max(1, chat.delivered)),
    hash,
    ...(detail === undefined ? {} : { detail }),
  };
}

/** The seed of a cell's chat run, from the one of its bulk run. */
export function chatSeed(seed: number): number {
  return (seed ^ 1) >>> 0;
}

/** The weather of a cell, each way. */
export function cellImpairment(plan: SweepPlan, { loss, delay }: Cell): Impairment {
  return {
    ...plan.impairment,
    loss: { model: 'random', percent: loss, correlation: 0 },
    delay: { ms: delay, jitterMs: 0, correlation: 0, distribution: 'uniform' },
  };
}

function runOne(
  plan: SweepPlan,
  options: {
    cell: Cell;
    run: CellRun;
    seed: number;
    recorder: DetailRecorder | undefined;
    trace: TraceRun | undefined;
  },
): ExperimentResult {
  const { cell, run, seed, recorder, trace } = options;
  if (cell.arq === 'tcp') throw new Error('kernel TCP knows no virtual time');
  const { window, limitMs } = plan;
  const impairment = cellImpairment(plan, cell);
  const scenario: RunScenario = {
    seed,
    arq: cell.arq,
    window,
    impairment: formatImpairment(impairment),
    workload: plan[run],
    limitMs,
    dropList: '',
  };
  const file = trace?.(cell, run, scenario);
  const experiment = new Experiment({
    ...scenario,
    impairment,
    dropList: undefined,
    ...(file !== undefined && { trace: (event) => file.take(event) }),
    ...(recorder?.isWanting && {
      record: (record) => recorder.record(record),
      sample: (sample) => recorder.sample(sample),
    }),
  });
  experiment.run();
  file?.close();
  return experiment.result();
}

/** Three decimals: microseconds, and few digits in files. */
function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
