import {
  ahead,
  correlation,
  duplicates,
  loss,
  lossAfterLoss,
  type Measure,
  median,
  quartiles,
} from './measure.ts';

/** A network, a stream of packets to send through it, and what to compare. */
export interface Case {
  readonly impairment: string;
  readonly packets: number;
  /** Between two packets on average, ms. */
  readonly spacing: number;
  /** So many leave together: a slow machine wakes less often. */
  readonly burst: number;
  /** Bytes of UDP payload. */
  readonly bytes: number;
  readonly measures: readonly Measure[];
}

const LOSSES = [loss, lossAfterLoss];
const DELAYS = [median, ...quartiles];

/**
 * Every word of netem's that the emulator knows. Delays are long, so that it matters little when a
 * machine is some ms late.
 */
export const CASES: readonly Case[] = [
  stream('loss 10%', 6_000, LOSSES),
  stream('loss 20% 25%', 6_000, LOSSES),
  stream('loss gemodel 2% 30%', 6_000, LOSSES),
  stream('loss gemodel 5% 40% 80% 2%', 6_000, LOSSES),
  stream('loss state 3% 20% 10% 30% 1%', 6_000, LOSSES),
  stream('delay 200ms', 2_000, DELAYS),
  stream('delay 200ms 100ms', 3_000, [...DELAYS, correlation]),
  stream('delay 200ms 100ms 50%', 3_000, [...DELAYS, correlation]),
  stream('delay 200ms 50ms distribution normal', 3_000, DELAYS),
  stream('delay 200ms 50ms distribution pareto', 3_000, DELAYS),
  stream('delay 200ms 50ms distribution paretonormal', 3_000, DELAYS),
  stream('duplicate 10%', 4_000, [duplicates]),
  stream('duplicate 20% 30%', 4_000, [duplicates]),
  stream('duplicate 20% loss 20%', 4_000, [duplicates, loss]),
  stream('delay 100ms reorder 25%', 4_000, [ahead(100)]),
  stream('delay 100ms reorder 25% 50%', 4_000, [ahead(100)]),
  stream('delay 100ms reorder 50% gap 5', 4_000, [ahead(100)]),
  stream('corrupt 10%', 4_000, [loss]),
  stream('rate 2mbit limit 20', 2_000, [loss], 958),
  stream('slot 100ms', 3_000, DELAYS),
];

function stream(
  impairment: string,
  packets: number,
  measures: readonly Measure[],
  bytes = 64,
): Case {
  return { impairment, packets, measures, bytes, spacing: 1, burst: 5 };
}
