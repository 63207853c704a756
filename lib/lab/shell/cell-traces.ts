import type { Cell, CellRun, TraceRun } from '../sweep.ts';
import { traceForm, traceName } from '../tracing/forms.ts';
import { RUN_HEAD } from '../tracing/replay.ts';
import { TraceFile } from './trace-file.ts';

/** Which traces a sweep writes; goes to worker threads as it is. */
export interface CellTraces {
  /** The name of all of them; which cell it is comes before the ending. */
  readonly path: string;
  /** The program, with its version. */
  readonly program: string;
}

/** The trace of one run of a cell: `t-loss10-delay20-go-back-n-bulk.qlog`. */
export function cellTraceName(path: string, cell: Cell, run: CellRun): string {
  const { loss, delay, arq } = cell;
  return traceName(path, `-loss${loss}-delay${delay}-${arq}-${run}`);
}

/**
 * Traces the first repetition of each cell, both of its runs, in a file each. A file that cannot
 * be written is an error.
 */
export function traceCells({ path, program }: CellTraces, epochMs?: () => number): TraceRun {
  return (cell, run, scenario) => {
    if (cell.rep > 0) return undefined;
    const name = cellTraceName(path, cell, run);
    const form = traceForm(name);
    if (form === undefined) throw new Error(`${name} says no form of trace`);
    const head = {
      program,
      ...RUN_HEAD,
      ...(scenario !== undefined && { scenario: { ...scenario } }),
      ...(epochMs !== undefined && { epochMs: epochMs() }),
    };
    let failure: string | undefined;
    const onEnd = (why: string): void => {
      failure = why;
    };
    const file = new TraceFile({ path: name, form, head, onEnd });
    return {
      take: (event) => file.take(event),
      close: () => {
        file.close();
        if (failure !== undefined) throw new Error(`the trace in ${name} ends early: ${failure}`);
      },
    };
  };
}
