import { Experiment } from '../experiment.ts';
import type { TraceEvent, TraceForm } from './event.ts';
import { readHead } from './head-reader.ts';
import { experimentOptions, type RunScenario, readScenario } from './scenario.ts';

/** What became of a run that was made again. */
export interface ReplayResult {
  readonly scenario: RunScenario;
  /** Whole records of the file that are the same in the run made again, the head among them. */
  readonly same: number;
  /**
   * `identical`: the whole file; `cut`: all that is there, but its end is missing; `differs`: at
   * the record behind those.
   */
  readonly outcome: 'identical' | 'cut' | 'differs';
  /** What the run made again has where the file differs; undefined: nothing, or its end. */
  readonly expected?: TraceEvent;
}

/** Why a file cannot be replayed: no trace at all, or not of a run of the lab. */
export type ReplayError = 'no trace' | 'no scenario';

/** Runs the experiment of a trace again and compares what it would write, byte by byte. */
export function replay(file: Uint8Array, form: TraceForm): ReplayResult | ReplayError {
  const head = readHead(file);
  if (head === undefined) return 'no trace';
  const scenario = readScenario(head.scenario);
  const options = scenario && experimentOptions(scenario);
  if (scenario === undefined || options === undefined) return 'no scenario';
  const comparison = new Comparison(file);
  const { program } = head;
  comparison.add(form.begin({ ...RUN_HEAD, program, scenario: { ...scenario } }));
  const experiment = new Experiment({
    ...options,
    trace: (event) => comparison.add(form.record(event), event),
  });
  while (!experiment.isDone && !comparison.isOver) {
    experiment.run(Math.min(experiment.now + SLICE_MS, scenario.limitMs));
  }
  comparison.add(form.end());
  return { scenario, ...comparison.result() };
}

/** The ends that a trace of a run of the lab has: the sender first. */
export const RUN_HEAD = { vantages: ['client', 'server'] } as const;

/** Virtual time between two looks at whether it goes on, ms. */
const SLICE_MS = 1_000;

/** Compares a file with records as they come. */
class Comparison {
  readonly #file: Uint8Array;
  #offset = 0;
  #same = 0;
  #outcome: ReplayResult['outcome'] | undefined;
  #expected: TraceEvent | undefined;

  constructor(file: Uint8Array) {
    this.#file = file;
  }

  get isOver(): boolean {
    return this.#outcome !== undefined;
  }

  add(record: Uint8Array, event?: TraceEvent): void {
    if (this.isOver || record.length === 0) return;
    const there = this.#file.subarray(this.#offset, this.#offset + record.length);
    if (there.every((byte, i) => byte === record[i])) {
      this.#offset += there.length;
      if (there.length === record.length) this.#same++;
      else this.#outcome = 'cut';
    } else {
      this.#outcome = 'differs';
      this.#expected = event;
    }
  }

  result(): Omit<ReplayResult, 'scenario'> {
    const isMore = this.#offset < this.#file.length;
    return {
      same: this.#same,
      outcome: this.#outcome ?? (isMore ? 'differs' : 'identical'),
      ...(this.#expected !== undefined && { expected: this.#expected }),
    };
  }
}
