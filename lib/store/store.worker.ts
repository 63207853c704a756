import { parentPort, workerData } from 'node:worker_threads';
import { StoreError } from './folder.ts';
import { openStore } from './open.ts';
import { Retention } from './retention.ts';
import { SqliteStore } from './sqlite-store.ts';
import type { FromStore, StoreSetup, ToStore } from './store-thread.ts';

/** How often all logs are looked through for what is too old, ms. */
const AGE_CHECK_INTERVAL = 3_600_000;

const port = parentPort;
if (port === null) throw new Error('to be run as a worker thread');
const post = (message: FromStore): void => port.postMessage(message);
const { dir, retention: bounds, disk } = workerData as StoreSetup;

try {
  const { db, warnings, isUnchecked, close } = openStore(dir, disk);
  const store = new SqliteStore(db);
  const state = store.load();
  const retention = new Retention(store, bounds, disk.pruneEntries);
  const checkAge = (): void => retention.checkAll(store.load().logs.map(({ log }) => log));
  const timer = setInterval(checkAge, AGE_CHECK_INTERVAL);
  let idle: NodeJS.Immediate | undefined;
  const prune = (): void => {
    idle = undefined;
    retention.prune(Date.now());
    if (retention.isDue) idle = setImmediate(prune);
  };
  checkAge();
  idle = setImmediate(prune);
  port.on('message', (message: ToStore) => {
    if (message.type === 'close') {
      clearInterval(timer);
      if (idle !== undefined) clearImmediate(idle);
      close();
      port.close();
      return;
    }
    const answer = store.execute(message);
    post(answer);
    if (answer.type !== 'stored') return;
    retention.note(message);
    if (retention.isDue) idle ??= setImmediate(prune);
  });
  post({ type: 'open', state, warnings, isUnchecked });
} catch (error) {
  const code = error instanceof StoreError ? error.code : 'no-access';
  const message = error instanceof Error ? error.message : String(error);
  post({ type: 'unusable', code, message });
  port.close();
}
