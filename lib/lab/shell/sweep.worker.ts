import { parentPort, workerData } from 'node:worker_threads';
import { type Cell, runCell, type SweepPlan } from '../sweep.ts';
import { type CellTraces, traceCells } from './cell-traces.ts';

/** Runs the cells it is given, one at a time, until it is terminated. */
const { plan, traces } = workerData as { plan: SweepPlan; traces: CellTraces | undefined };
const trace = traces && traceCells(traces);
parentPort?.on('message', (cell: Cell) => parentPort?.postMessage(runCell(plan, cell, trace)));
