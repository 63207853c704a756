import type { RunDetail } from './detail.ts';
import type { Series } from './run-result.ts';
import { ascending, CDF_SHARES, type Estimate, estimate, quantile } from './statistics.ts';
import { type CellResult, planSeries, type SweepPlan } from './sweep.ts';
import { mathisGoodput, textbookGoodput } from './theory.ts';

/** Groups whose packets a report shows one by one: more would make the page too heavy. */
const MAX_DETAILS = 48;

/** Bytes of headers, frame and tag around a message of the bulk run. */
const PACKET_OVERHEAD = 20;

/** All repetitions of one loss, delay and ARQ. Times in ms, goodput in bits a second. */
export interface Group {
  readonly loss: number;
  readonly delay: number;
  readonly arq: Series;
  readonly reps: number;
  readonly goodput: Estimate;
  /** What the formula says; absent where there is none. */
  readonly textbook?: number;
  /** Measured over textbook, less 1. */
  readonly deviation?: number;
  /** Of all repetitions together; the intervals are over the repetitions' own figures. */
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly p50Interval: Estimate;
  readonly p99Interval: Estimate;
  /** Latencies at the shares of `cdfShares`. */
  readonly cdf: readonly number[];
  readonly undelivered: number;
  readonly retransmits: number;
  readonly copies: number;
  readonly detail?: RunDetail;
}

/** Where a report comes from. `hash` covers plan and results, not the rest. */
export interface Provenance {
  readonly version: string;
  readonly command: string;
  readonly machine: string;
  readonly hash: string;
}

export interface ReportData {
  readonly plan: SweepPlan;
  readonly cdfShares: readonly number[];
  readonly groups: readonly Group[];
  /** Kernel TCP by Mathis' formula. */
  readonly mathis: readonly { loss: number; delay: number; goodput: number }[];
  readonly provenance: Provenance;
}

/** Puts the repetitions together. The cells may come in any order. */
export function reportData(
  plan: SweepPlan,
  cells: readonly CellResult[],
  provenance: Provenance,
): ReportData {
  const byGroup = new Map<string, CellResult[]>();
  for (const cell of cells) {
    const key = `${cell.delay} ${cell.loss} ${cell.arq}`;
    const known = byGroup.get(key);
    if (known === undefined) byGroup.set(key, [cell]);
    else known.push(cell);
  }
  const ordered = plan.delays.flatMap((delay) =>
    plan.losses.flatMap((loss) =>
      planSeries(plan).flatMap((arq) => byGroup.get(`${delay} ${loss} ${arq}`) ?? []),
    ),
  );
  const keys = [...new Set(ordered.map(({ delay, loss, arq }) => `${delay} ${loss} ${arq}`))];
  const groups = keys.map((key, index) =>
    summarise(plan, byGroup.get(key) ?? [], index < MAX_DETAILS),
  );
  const mathis = plan.delays.flatMap((delay) =>
    plan.losses.map((loss) => ({ loss, delay, goodput: mathisGoodput(model(plan, loss, delay)) })),
  );
  return { plan, cdfShares: CDF_SHARES, groups, mathis, provenance };
}

function summarise(plan: SweepPlan, unordered: readonly CellResult[], isDetailed: boolean): Group {
  const cells = [...unordered].sort((a, b) => a.rep - b.rep);
  const [first] = cells;
  if (first === undefined) throw new Error('a group without cells');
  const { loss, delay, arq, detail } = first;
  const all = ascending(cells.flatMap(({ latencies }) => latencies));
  const each = cells.map(({ latencies }) => ascending(latencies));
  const goodput = estimate(cells.map((cell) => cell.goodput));
  const rto = estimate(cells.map((cell) => cell.rto)).mean;
  const textbook = formula(arq, { ...model(plan, loss, delay), rto });
  return {
    loss,
    delay,
    arq,
    reps: cells.length,
    goodput,
    ...(textbook !== undefined && { textbook, deviation: goodput.mean / textbook - 1 }),
    p50: quantile(all, 0.5),
    p99: quantile(all, 0.99),
    p999: quantile(all, 0.999),
    p50Interval: estimate(each.map((sorted) => quantile(sorted, 0.5))),
    p99Interval: estimate(each.map((sorted) => quantile(sorted, 0.99))),
    cdf: CDF_SHARES.map((share) => quantile(all, share)),
    undelivered: cells.reduce((sum, cell) => sum + cell.undelivered, 0),
    retransmits: estimate(cells.map((cell) => cell.retransmits)).mean,
    copies: estimate(cells.map((cell) => cell.copies)).mean,
    ...(isDetailed && detail !== undefined && { detail }),
  };
}

/** Mathis' formula says nothing of a path without loss. */
function formula(arq: Series, path: Parameters<typeof mathisGoodput>[0]): number | undefined {
  if (arq !== 'tcp') return textbookGoodput(arq, path);
  return path.loss > 0 ? mathisGoodput(path) : undefined;
}

function model(plan: SweepPlan, loss: number, delay: number): Parameters<typeof mathisGoodput>[0] {
  const { impairment, window, bulk } = plan;
  const lineRate = impairment.rate ?? Number.POSITIVE_INFINITY;
  const packet = bulk.bytes + PACKET_OVERHEAD;
  const rtt = 2 * delay + (packet * 8000) / lineRate;
  const rate = (lineRate * bulk.bytes) / packet;
  return { loss: loss / 100, rtt, rto: rtt, window, bits: bulk.bytes * 8, rate };
}

const COLUMNS = [
  'loss_percent',
  'delay_ms',
  'arq',
  'rep',
  'seed',
  'goodput_bps',
  'p50_ms',
  'p99_ms',
  'p999_ms',
  'max_ms',
  'undelivered',
  'packets_sent',
  'packets_lost',
  'retransmits',
  'copies_per_message',
  'rtt_ms',
  'rto_ms',
  'trace_hash',
] as const;

/** A line for each cell, for spreadsheets (RFC 4180). */
export function formatCsv(cells: readonly CellResult[]): string {
  const lines = cells.map((cell) => {
    const sorted = ascending(cell.latencies);
    const late = [0.5, 0.99, 0.999, 1].map((share) => quantile(sorted, share));
    const { loss, delay, arq, rep, seed, goodput, undelivered, packetsSent, packetsLost } = cell;
    const { retransmits, copies, rtt, rto, hash } = cell;
    const counts = [undelivered, packetsSent, packetsLost, retransmits, copies, rtt, rto, hash];
    return [loss, delay, arq, rep, seed, goodput, ...late, ...counts].join(',');
  });
  return `${[COLUMNS.join(','), ...lines].join('\r\n')}\r\n`;
}
