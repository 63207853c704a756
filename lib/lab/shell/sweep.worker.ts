import { parentPort, workerData } from 'node:worker_threads';
import { type Cell, runCell, type SweepPlan } from '../sweep.ts';

/** Runs the cells it is given, one at a time, until it is terminated. */
const { plan } = workerData as { plan: SweepPlan };
parentPort?.on('message', (cell: Cell) => parentPort?.postMessage(runCell(plan, cell)));
