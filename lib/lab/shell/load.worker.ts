import { parentPort, workerData } from 'node:worker_threads';
import { type FromLoad, LoadCrew, type LoadSetup, type ToLoad } from './load-crew.ts';

/** ms between two reports. */
const REPORT_INTERVAL = 200;

const port = parentPort;
if (port === null) throw new Error('to be run as a worker thread');
const post = (message: FromLoad): void => port.postMessage(message);

const crew = new LoadCrew(workerData as LoadSetup, {
  onRefused: (reason, closed) =>
    post({ type: 'refused', reason, ...(closed !== undefined && { closed }) }),
  onTrace: (event) => post({ type: 'trace', event }),
});
const timer = setInterval(() => post({ type: 'counts', counts: crew.counts }), REPORT_INTERVAL);
port.on('message', ({ type }: ToLoad) => {
  if (type === 'begin') crew.begin();
  else {
    clearInterval(timer);
    post({ type: 'done', counts: crew.counts, latency: crew.latency.snapshot() });
    crew.end();
    port.close();
  }
});
crew.enter();
