import { parentPort, workerData } from 'node:worker_threads';
import { checkDatabase } from './open.ts';

/** Checks a whole database in a thread of its own; posts what is wrong with it, or null. */
parentPort?.postMessage(checkDatabase(String(workerData)) ?? null);
