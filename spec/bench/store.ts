import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { databasePath } from '../../lib/store/folder.ts';
import { append, line, read, search, sqliteStore } from '../support/store.ts';
import { median } from './measure.ts';
import { words } from './words.ts';

const BATCH = 1000;
function ms(work: () => void): string {
  const times = Array.from({ length: 5 }, () => {
    const started = performance.now();
    work();
    return performance.now() - started;
  });
  return `${median(times).toFixed(1)} ms`;
}

/** A log of a million lines: what it costs to start, to join and to search. */
export function million(lines = 1_000_000): void {
  const dir = mkdtempSync(join(tmpdir(), 'udpchat-million-'));
  try {
    const first = sqliteStore(dir);
    for (let i = 0; i < lines; i += BATCH) {
      if (i % 100_000 === 0) console.error(`million: ${i} of ${lines} lines`);
      append(
        first.store,
        ...Array.from({ length: BATCH }, (_, k) => line(i + k + 1, words(i + k))),
      );
    }
    first.close();
    const size = statSync(databasePath(dir)).size / 1e6;
    const started = performance.now();
    const { store, close } = sqliteStore(dir);
    store.load();
    const start = performance.now() - started;
    const rss = process.memoryUsage().rss;
    const figures = [
      `start ${start.toFixed(0)} ms`,
      `last 50 ${ms(() => read(store, { count: 50 }))}`,
      `1,000 in the middle ${ms(() => read(store, { before: lines / 2, count: 1000 }))}`,
      `search for one word ${ms(() => search(store, 'deploy'))}`,
      `for four ${ms(() => search(store, 'deploy coffee lab why'))}`,
      `for a rare one ${ms(() => search(store, 'w77'))}`,
      `for rare and common ${ms(() => search(store, 'w77 the'))}`,
      `for nothing ${ms(() => search(store, 'nowhere the'))}`,
    ];
    for (let i = 0; i < 200; i++) read(store, { before: 1 + ((i * 4999) % lines), count: 1000 });
    const grown = (process.memoryUsage().rss - rss) / 1e6;
    console.log(`${lines} lines (${size.toFixed(0)} MB): ${figures.join(', ')}`);
    console.log(`memory after 200,000 lines read: ${grown.toFixed(0)} MB more`);
    close();
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
