import { DetailRecorder } from '../../detail.ts';
import type { Workload } from '../../experiment.ts';
import {
  type Cell,
  type CellResult,
  cellImpairment,
  cellResult,
  cellSeed,
  type SweepPlan,
} from '../../sweep.ts';
import type { LiveGround } from './live-ground.ts';
import type { LiveResult } from './live-pair.ts';

/** Runs one cell in real time: bulk for goodput, then chat for lateness. */
export async function runLiveCell(
  plan: SweepPlan,
  cell: Cell,
  on: { ground: LiveGround; signal: AbortSignal | undefined },
): Promise<CellResult> {
  const { ground, signal } = on;
  const seed = cellSeed(plan.seed, cell);
  const isTapped = cell.rep === 0 && cell.arq !== 'tcp';
  const run = (workload: Workload, runSeed: number): Promise<LiveResult> => {
    const { window, limitMs } = plan;
    const options = { arq: cell.arq, window, limitMs, workload, isTapped, seed: runSeed };
    return ground.run(options, cellImpairment(plan, cell), { signal });
  };
  const bulk = await run(plan.bulk, seed);
  const chat = await run(plan.chat, seed ^ 1);
  const detail = isTapped ? detailOf(bulk, chat) : undefined;
  return cellResult(plan, cell, { bulk, chat, hash: '', detail });
}

function detailOf(bulk: LiveResult, chat: LiveResult): DetailRecorder['detail'] {
  const recorder = new DetailRecorder();
  for (const packet of bulk.packets) recorder.record(packet);
  for (const sample of bulk.samples) recorder.sample(sample);
  recorder.beginChat();
  for (const packet of chat.packets) recorder.record(packet);
  return recorder.detail;
}
