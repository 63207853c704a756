import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { decodeServerRecord } from '../../lib/chat/codec.ts';
import { ChatServer } from '../../lib/index.ts';
import { DISK_DEFAULTS } from '../../lib/store/config.ts';
import { databasePath } from '../../lib/store/folder.ts';
import { MIGRATIONS } from '../../lib/store/schema.ts';
import { helper } from './measure.ts';

const CLIENTS = 50;
const SECONDS = 5;
/** ms until all are in and have found their pace. */
const WARM_UP = 5000;
/** Lines of one client that have no tick: each tick is answered with another line. */
const AHEAD = 20;
/** ms for which bare SQLite is measured. */
const BARE = 3000;
/** Rows that it writes at most. */
const ROWS = 20_000;

interface Figures {
  /** Ticks a second. */
  readonly rate: number;
  readonly p50: number;
  readonly p99: number;
  /** Lines in one commit, on average. */
  readonly group: number;
  /** Microseconds of CPU a post, of the server's process and of the clients'. */
  readonly serverCpu: number;
  readonly clientCpu: number;
}

/** Rows a second, and microseconds of CPU a row. */
interface BareFigures {
  readonly rate: number;
  readonly cpu: number;
}

/** An entry as the server has stored it, with the text that its index of words has. */
interface Row {
  readonly n: number;
  readonly at: number;
  readonly author: string;
  readonly id: string;
  readonly record: Uint8Array;
  readonly text: string;
}

/**
 * Posts a second that 50 clients get ticked, and how long a tick takes, beside bare SQLite that
 * commits the very same rows in groups of the same size: into the same tables, which is the same
 * durable work, and into one table with one index and no search. Clients and server share this
 * machine's processors, so the CPU of each is told beside it.
 */
export async function durablePosts(): Promise<void> {
  for (const where of ['apart', 'together'] as const) {
    const dir = mkdtempSync(join(tmpdir(), 'udpchat-posts-'));
    try {
      const { rate, p50, p99, group, serverCpu, clientCpu } = await measure(dir, where);
      const rows = storedRows(dir);
      const size = Math.round(group);
      const same = bareAppends(join(dir, 'same.db'), { rows, group: size, open: sameTables });
      const one = bareAppends(join(dir, 'one.db'), { rows, group: size, open: oneTable });
      const place = where === 'apart' ? 'in rooms of their own' : 'in one room';
      const busy = (rate * (serverCpu + clientCpu)) / 1e6 / availableParallelism();
      console.log(
        `durable posts of ${CLIENTS} clients ${place}: ${rate.toFixed(0)} a second in groups of ` +
          `${size}, ${(rate / same.rate).toFixed(2)}x bare SQLite with the same tables ` +
          `(${where === 'apart' ? 'target 0.30; ' : ''}${same.rate.toFixed(0)} a second), ` +
          `${(rate / one.rate).toFixed(2)}x one table without search ` +
          `(${one.rate.toFixed(0)}); a tick takes ${p50.toFixed(1)} ms (median), ` +
          `${p99.toFixed(1)} ms (p99)`,
      );
      console.log(
        `  CPU a post: server ${serverCpu.toFixed(0)} us, clients ${clientCpu.toFixed(0)} us ` +
          `(${(100 * busy).toFixed(0)} % of all processors); bare SQLite with the same tables ` +
          `${same.cpu.toFixed(0)} us (${(same.cpu / serverCpu).toFixed(2)}x), one table ` +
          `${one.cpu.toFixed(0)} us`,
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
  const ask = async (): Promise<{ ticks: number[]; cpu: number }> => {
    clients.send('count');
    const [answer] = (await once(clients, 'message')) as [
      { ticks: number[]; cpu: number; failed?: string },
    ];
    if (answer.failed !== undefined) throw new Error(answer.failed);
    return answer;
  };
  try {
    await wait(WARM_UP);
    await ask();
    const before = process.cpuUsage();
    const started = performance.now();
    await wait(SECONDS * 1000);
    const seconds = (performance.now() - started) / 1000;
    const { user, system } = process.cpuUsage(before);
    const { ticks, cpu } = await ask();
    ticks.sort((a, b) => a - b);
    const [p50 = Number.NaN, p99 = Number.NaN] = [0.5, 0.99].map(
      (p) => ticks[Math.floor(p * ticks.length)],
    );
    clients.kill();
    await server.close();
    const rate = ticks.length / seconds;
    const serverCpu = (user + system) / ticks.length;
    return { rate, p50, p99, group: groupSize(dir), serverCpu, clientCpu: cpu / ticks.length };
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

/** What the server has stored of lines, the oldest first. */
function storedRows(dir: string): readonly Row[] {
  const db = new Database(databasePath(dir));
  const sql = `SELECT n, at, author, id, record FROM entries WHERE id IS NOT NULL LIMIT ${ROWS}`;
  const rows = db.prepare(sql).all() as (Omit<Row, 'record' | 'text'> & { record: ArrayBuffer })[];
  db.close();
  return rows.map((row) => {
    const record = new Uint8Array(row.record);
    const line = decodeServerRecord(record).record;
    return { ...row, record, text: line?.type === 'message' ? line.text : '' };
  });
}

/** The store's own tables; what writes a row into them. */
function sameTables(db: Database.Database): (row: Row) => void {
  for (const step of MIGRATIONS) db.exec(step);
  const insert = db.prepare('INSERT INTO entries (n, at, author, id, record) VALUES (?,?,?,?,?)');
  const insertWords = db.prepare('INSERT INTO words (rowid, text) VALUES (?, ?)');
  return ({ n, at, author, id, record, text }) => {
    insert.run(n, at, author, id, record);
    insertWords.run(n, text);
  };
}

/** The least that a log can be. */
function oneTable(db: Database.Database): (row: Row) => void {
  db.exec('CREATE TABLE lines (n INTEGER PRIMARY KEY, author TEXT, id TEXT, record BLOB)');
  db.exec('CREATE UNIQUE INDEX by_id ON lines (id, author)');
  const insert = db.prepare('INSERT INTO lines VALUES (?, ?, ?, ?)');
  return ({ n, author, id, record }) => void insert.run(n, author, id, record);
}

interface BareOptions {
  readonly rows: readonly Row[];
  readonly group: number;
  readonly open: (db: Database.Database) => (row: Row) => void;
}

/** Writes rows, synced in groups of `group`. */
function bareAppends(path: string, { rows, group, open }: BareOptions): BareFigures {
  const db = new Database(path);
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.pragma(`cache_size = -${DISK_DEFAULTS.cacheKib}`);
  const insert = open(db);
  const started = performance.now();
  const before = process.cpuUsage();
  let written = 0;
  while (performance.now() - started < BARE && written < rows.length) {
    db.exec('BEGIN IMMEDIATE');
    const batch = rows.slice(written, written + group);
    for (const row of batch) insert(row);
    db.exec('COMMIT');
    written += batch.length;
  }
  const { user, system } = process.cpuUsage(before);
  const seconds = (performance.now() - started) / 1000;
  db.close();
  return { rate: written / seconds, cpu: (user + system) / written };
}
