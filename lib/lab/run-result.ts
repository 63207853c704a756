import type { ArqName } from '../wire/transport-parameters.ts';

/** What carries the messages of an experiment: one of our ARQs, or the kernel's TCP. */
export type Series = ArqName | 'tcp';

/** What a sender knows of its path and its work. Times in ms, sizes in bytes. */
export interface SenderStats {
  readonly arq: Series;
  readonly srtt: number;
  readonly minRtt: number;
  readonly rto: number;
  readonly cwnd: number;
  readonly bytesInFlight: number;
  readonly packetsSent: number;
  readonly packetsLost: number;
  readonly retransmits: number;
  readonly copies: number;
}

/** What came of an experiment. Times in ms. */
export interface RunResult {
  readonly delivered: number;
  /** From the first message's delivery to the last one's. */
  readonly spanMs: number;
  /** Bits of message a second over that span; 0 with fewer than two messages. */
  readonly goodput: number;
  /** From sending a message to delivering it, in order; those delivered only. */
  readonly latencies: readonly number[];
  readonly stats: SenderStats;
  readonly elapsedMs: number;
}

/** Puts a result together from when messages were sent and when they arrived, on one clock. */
export function runResult(run: {
  readonly sentAt: readonly number[];
  readonly arrivedAt: readonly number[];
  /** Of a message. */
  readonly bytes: number;
  readonly stats: SenderStats;
  readonly elapsedMs: number;
}): RunResult {
  const { sentAt, arrivedAt, bytes, stats, elapsedMs } = run;
  const delivered = arrivedAt.length;
  const spanMs = delivered === 0 ? 0 : (arrivedAt[delivered - 1] ?? 0) - (arrivedAt[0] ?? 0);
  const goodput = spanMs > 0 ? ((delivered - 1) * bytes * 8) / (spanMs / 1000) : 0;
  const latencies = arrivedAt.flatMap((at, i) => {
    const sent = sentAt[i];
    return sent === undefined ? [] : [at - sent];
  });
  return { delivered, spanMs, goodput, latencies, stats, elapsedMs };
}

/** Of a sender that has not begun. */
export function noStats(arq: Series): SenderStats {
  const [srtt, minRtt, rto, cwnd, bytesInFlight] = [0, 0, 0, 0, 0];
  const counts = { packetsSent: 0, packetsLost: 0, retransmits: 0, copies: 0 };
  return { arq, srtt, minRtt, rto, cwnd, bytesInFlight, ...counts };
}
