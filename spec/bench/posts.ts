import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { ChatServer } from '../../lib/index.ts';
import { databasePath } from '../../lib/store/folder.ts';
import type { LogEntry } from '../../lib/store/store.ts';
import { line } from '../support/store.ts';
import { helper } from './measure.ts';
import { words } from './words.ts';

const CLIENTS = 50;
const SECONDS = 5;
/** ms until all are in and have found their pace. */
const WARM_UP = 2500;
/** Lines of one client that have no tick: each tick is answered with another line. */
const AHEAD = 20;

interface Figures {
  /** Ticks a second. */
  readonly rate: number;
  readonly p50: number;
  readonly p99: number;
  /** Lines in one commit, on average. */
  readonly group: number;
  /** Share of one processor that the server's process took. */
  readonly cpu: number;
}

/**
 * Posts a second that 50 clients get ticked, and how long a tick takes, beside bare SQLite that
 * commits the same rows in groups of the same size.
 */
export async function durablePosts(): Promise<void> {
  for (const where of ['apart', 'together'] as const) {
    const dir = mkdtempSync(join(tmpdir(), 'udpchat-posts-'));
    try {
      const { rate, p50, p99, group, cpu } = await measure(dir, where);
      const bare = bareAppends(dir, Math.round(group));
      const place = where === 'apart' ? 'in rooms of their own (target 0.30)' : 'in one room';
      console.log(
        `durable posts of ${CLIENTS} clients ${place}: ${(rate / bare).toFixed(2)}x bare SQLite ` +
          `in groups of ${group.toFixed(0)}: ${rate.toFixed(0)} and ${bare.toFixed(0)} a second; ` +
          `a tick takes ${p50.toFixed(1)} ms (median), ${p99.toFixed(1)} ms (p99); ` +
          `the server's process takes ${((1e6 * cpu) / rate).toFixed(0)} us of CPU a post`,
      );
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  }
}

async function measure(dir: string, where: 'apart' | 'together'): Promise<Figures> {
  // What is measured is the path to the disk, not the limits in front of it.
  const free = { lineRate: 1e9, lineBurst: 1e9, byteRate: 1e9, byteBurst: 1e9 };
  const doors = { joinBurst: 1e9, signalBurst: 1e9, roomBurst: 1e9 };
  const server = new ChatServer({ data: dir, chat: { ...free, ...doors } });
  const { port } = await server.listen({ port: 0, address: '127.0.0.1' });
  const clients = helper('posts-clients.ts', [port, CLIENTS, AHEAD, where]);
  const ask = async (): Promise<number[]> => {
    clients.send('count');
    const [answer] = (await once(clients, 'message')) as [{ ticks?: number[]; failed?: string }];
    if (answer.ticks === undefined) throw new Error(answer.failed);
    return answer.ticks;
  };
  try {
    await wait(WARM_UP);
    await ask();
    const before = process.cpuUsage();
    const started = performance.now();
    await wait(SECONDS * 1000);
    const seconds = (performance.now() - started) / 1000;
    const ticks = (await ask()).sort((a, b) => a - b);
    const { user, system } = process.cpuUsage(before);
    const [p50 = Number.NaN, p99 = Number.NaN] = [0.5, 0.99].map(
      (p) => ticks[Math.floor(p * ticks.length)],
    );
    const cpu = (user + system) / 1e6 / seconds;
    clients.kill();
    await server.close();
    return { rate: ticks.length / seconds, p50, p99, group: groupSize(dir), cpu };
  } finally {
    clients.kill();
    await server.close();
  }
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Lines that were committed together, on average: they have one time. */
function groupSize(dir: string): number {
  const db = new Database(databasePath(dir));
  const sql = 'SELECT count(*) AS lines, count(DISTINCT at) AS commits FROM entries';
  const { lines, commits } = db.prepare(sql).get() as { lines: number; commits: number };
  db.close();
  return lines / commits;
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
