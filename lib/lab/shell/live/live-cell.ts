import { DetailRecorder } from '../../detail.ts';
import {
  type Cell,
  type CellResult,
  type CellRun,
  cellImpairment,
  cellResult,
  cellSeed,
  chatSeed,
  type SweepPlan,
  type TraceRun,
} from '../../sweep.ts';
import type { TraceEvent } from '../../tracing/event.ts';
import type { LiveGround } from './live-ground.ts';
import type { LiveResult } from './live-pair.ts';

/** Runs one cell in real time: bulk for goodput, then chat for lateness. */
export async function runLiveCell(
  plan: SweepPlan,
  cell: Cell,
  on: {
    ground: LiveGround;
    signal: AbortSignal | undefined;
    trace: TraceRun | undefined;
  },
): Promise<CellResult> {
  const { ground, signal, trace } = on;
  const seed = cellSeed(plan.seed, cell);
  const isTapped = cell.rep === 0 && cell.arq !== 'tcp';
  const run = (name: CellRun, runSeed: number): Promise<LiveResult> => {
    const { window, limitMs } = plan;
    const options = { arq: cell.arq, window, limitMs, workload: plan[name], isTapped };
    const file = isTapped ? trace?.(cell, name, undefined) : undefined;
    const onTrace = (events: readonly TraceEvent[]): void => {
      for (const event of events) file?.take(event);
      file?.close();
    };
    const hooks = { signal, onTrace: file && onTrace };
    return ground.run({ ...options, seed: runSeed }, cellImpairment(plan, cell), hooks);
  };
  const bulk = await run('bulk', seed);
  const chat = await run('chat', chatSeed(seed));
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
