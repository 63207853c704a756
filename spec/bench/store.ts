import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { ChatClient, ChatServer } from '../../lib/index.ts';
import { databasePath } from '../../lib/store/open.ts';
import type { LogEntry } from '../../lib/store/store.ts';
import { append, line, read, search, sqliteStore } from '../support/store.ts';
import { median } from './measure.ts';

const BATCH = 1000;
const WORDS =
  `the a to of and in is it you that build deploy server client network packet loss chat lab
   coffee lunch green red please check again works now here there why what when maybe yes no`.split(
    /\s+/,
  );

/** Line `i` as a person might write it: eight common words and a rare one. */
function words(i: number): string {
  const common = Array.from({ length: 8 }, (_, k) => WORDS[(i * 7 + k * k * 13) % WORDS.length]);
  return `${common.join(' ')} w${(i * 7919) % 100_000}`;
}

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

const CLIENTS = 50;
const SECONDS = 10;
/** Lines of one client that have no tick: each tick is answered with another line. */
const AHEAD = 4;

/** Posts a second that 50 clients get ticked, and how long a tick takes, beside bare SQLite. */
export async function durablePosts(): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'udpchat-posts-'));
  // What is measured is the path to the disk, not the limits in front of it.
  const free = { rate: 1e9, burst: 1e9 };
  const server = new ChatServer({
    data: dir,
    chat: {
      lineRate: free.rate,
      lineBurst: free.burst,
      byteRate: free.rate,
      byteBurst: free.burst,
      joinBurst: free.burst,
      signalBurst: free.burst,
    },
  });
  const { port } = await server.listen({ port: 0, address: '127.0.0.1' });
  const config = { lineRate: free.rate, lineBurst: free.burst };
  const sent = new Map<string, number>();
  const ticks: number[] = [];
  const clients = Array.from({ length: CLIENTS }, (_, i) => {
    const client = new ChatClient({
      host: '127.0.0.1',
      port,
      nick: `guest${i}`,
      history: 0,
      config,
    });
    const post = (): void => {
      sent.set(client.post('#lobby', words(ticks.length)), performance.now());
    };
    client.on('event', (event) => {
      if (event.type === 'accepted') {
        ticks.push(performance.now() - (sent.get(event.id) ?? 0));
        sent.delete(event.id);
        if (ticks.length < 1e6) post();
      } else if (event.type === 'welcome') for (let k = 0; k < AHEAD; k++) post();
    });
    return client;
  });
  await new Promise((resolve) => setTimeout(resolve, 3000));
  const before = ticks.length;
  await new Promise((resolve) => setTimeout(resolve, SECONDS * 1000));
  const ours = (ticks.length - before) / SECONDS;
  const sorted = ticks.slice(before).sort((a, b) => a - b);
  const [p50, p99] = [0.5, 0.99].map((p) => sorted[Math.floor(p * sorted.length)] ?? Number.NaN);
  for (const client of clients) client.quit();
  await server.close();
  const group = CLIENTS * AHEAD;
  const bare = bareAppends(dir, group);
  rmSync(dir, { recursive: true, force: true });
  console.log(
    `durable posts of ${CLIENTS} clients: ${(ours / bare).toFixed(2)}x bare SQLite in groups of ` +
      `${group} (target 0.30): ${ours.toFixed(0)} and ${bare.toFixed(0)} a second; ` +
      `a tick takes ${p50?.toFixed(0)} ms (median), ${p99?.toFixed(0)} ms (p99)`,
  );
}

/** Rows a second into one table and one index, synced in groups of `group`. */
function bareAppends(dir: string, group: number): number {
  const db = new Database(join(dir, 'bare.db'));
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.exec('CREATE TABLE lines (n INTEGER PRIMARY KEY, author TEXT, id TEXT, record BLOB)');
  db.exec('CREATE UNIQUE INDEX by_id ON lines (id, author)');
  const insert = db.prepare('INSERT INTO lines VALUES (?, ?, ?, ?)');
  const started = performance.now();
  let rows = 0;
  while (performance.now() - started < 3000) {
    db.exec('BEGIN');
    for (let k = 0; k < group; k++) {
      const { seq, author, id, record }: LogEntry = line(++rows, words(rows));
      insert.run(seq, author, id, record);
    }
    db.exec('COMMIT');
  }
  const seconds = (performance.now() - started) / 1000;
  db.close();
  return rows / seconds;
}
