import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  renameSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'libsql';
import type { DiskConfig } from './config.ts';
import { databasePath, StoreError } from './folder.ts';
import { MIGRATIONS } from './schema.ts';

export interface OpenStore {
  readonly db: Database.Database;
  /** What whoever hosts should know: a damaged file was put aside. */
  readonly warnings: readonly string[];
  /** Too large to be checked before the start: see `checkDatabase`. */
  readonly isUnchecked: boolean;
  readonly close: () => void;
}

const LOG_ID_BYTES = 8;
const PRIVATE = 0o600;

/**
 * Opens the database of a data directory, which is made if need be, for this process alone. A
 * database that is damaged is put aside under another name, and a new one takes over what can be
 * read of accounts, bans and numbers. Throws a StoreError.
 */
export function openStore(dir: string, config: DiskConfig): OpenStore {
  makeDirectory(dir);
  const unlock = lock(join(dir, 'lock'), 'another udpchat is hosting from');
  try {
    const path = databasePath(dir);
    const warnings: string[] = [];
    let opened = tryOpen(path, config);
    if ('damage' in opened) {
      const aside = putAside(path);
      warnings.push(
        `the history in ${dir} is damaged (${opened.damage}); it was kept as ${aside}, ` +
          `and a new one was begun (to get at the old one: sqlite3 ${aside} .recover)`,
      );
      opened = tryOpen(path, config, aside);
      if ('damage' in opened) throw new StoreError('no-access', `${path}: ${opened.damage}`);
    }
    const { db, isUnchecked } = opened;
    const close = (): void => {
      db.pragma('wal_checkpoint(TRUNCATE)');
      db.close();
      unlock();
    };
    return { db, warnings, isUnchecked, close };
  } catch (error) {
    unlock();
    throw error;
  }
}

/** Reads every page of a database, beside whoever uses it; what is wrong with it, if anything. */
export function checkDatabase(path: string): string | undefined {
  try {
    const db = new Database(path);
    db.pragma('query_only = 1');
    const [first] = db.pragma('quick_check(1)') as { quick_check: string }[];
    db.close();
    return first?.quick_check === 'ok' ? undefined : oneLine(first?.quick_check ?? 'unreadable');
  } catch (error) {
    return messageOf(error);
  }
}

function makeDirectory(dir: string): void {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new StoreError('no-access', `cannot make the directory ${dir}: ${messageOf(error)}`);
  }
}

/**
 * An exclusive lock on a file, which the system takes back however this process ends; what is
 * returned gives it up. Throws a StoreError, whose message begins with `holder` if another process
 * has it.
 */
export function lock(path: string, holder: string): () => void {
  const dir = dirname(path);
  try {
    const db = new Database(path);
    db.exec('BEGIN EXCLUSIVE');
    return () => {
      if (db.inTransaction) db.exec('ROLLBACK');
      db.close();
    };
  } catch (error) {
    if (codeOf(error).startsWith('SQLITE_BUSY')) {
      throw new StoreError('locked', `${holder} ${dir}`);
    }
    throw new StoreError('no-access', `cannot write to ${dir}: ${messageOf(error)}`);
  }
}

type Opened = { db: Database.Database; isUnchecked: boolean } | { damage: string };

function tryOpen(path: string, config: DiskConfig, salvageFrom?: string): Opened {
  const size = existsSync(path) ? statSync(path).size : 0;
  let db: Database.Database | undefined;
  try {
    keepPrivate(path);
    db = new Database(path);
    configure(db, config);
    const isUnchecked = size > config.checkedAtStart;
    const [first] = isUnchecked ? [] : (db.pragma('quick_check(1)') as { quick_check: string }[]);
    if (first !== undefined && first.quick_check !== 'ok')
      throw new Error(oneLine(first.quick_check));
    migrate(db, path);
    if (salvageFrom !== undefined) salvage(db, salvageFrom);
    db.prepare('INSERT OR IGNORE INTO meta VALUES (?, ?)').run('logId', randomBytes(LOG_ID_BYTES));
    return { db, isUnchecked };
  } catch (error) {
    db?.close();
    const code = codeOf(error);
    if (error instanceof StoreError) throw error;
    if (/^SQLITE_(?:READONLY|CANTOPEN|FULL|PERM|IOERR)/.test(code)) {
      throw new StoreError('no-access', `cannot use ${path}: ${messageOf(error)}`);
    }
    return { damage: messageOf(error) };
  }
}

/**
 * What is said is nobody else's on this machine, wherever the directory is. SQLite gives its other
 * files the mode of this one.
 */
function keepPrivate(path: string): void {
  closeSync(openSync(path, 'a', PRIVATE));
  chmodSync(path, PRIVATE);
}

function configure(db: Database.Database, config: DiskConfig): void {
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.pragma(`cache_size = -${config.cacheKib}`);
  db.pragma(`wal_autocheckpoint = ${config.checkpointPages}`);
  const [page] = db.pragma('page_size') as { page_size: number }[];
  const pages = Math.floor(config.diskBytes / (page?.page_size ?? 4096));
  db.pragma(`max_page_count = ${pages}`);
}

function migrate(db: Database.Database, path: string): void {
  const [row] = db.pragma('user_version') as { user_version: number }[];
  const version = row?.user_version ?? 0;
  if (version > MIGRATIONS.length) {
    const cure = 'update this one, or use another --data';
    throw new StoreError('newer', `${path} was written by a newer udpchat; ${cure}`);
  }
  for (const [i, step] of MIGRATIONS.entries()) {
    if (i < version) continue;
    db.exec(`BEGIN IMMEDIATE; ${step}; PRAGMA user_version = ${i + 1}; COMMIT`);
  }
}

/** Moves a database out of the way; where to. */
function putAside(path: string): string {
  const stamp = new Date().toISOString().slice(0, 19).replaceAll(':', '');
  const aside = `${path}.damaged-${stamp}`;
  for (const suffix of ['', '-wal', '-shm']) {
    if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix);
  }
  return aside;
}

/**
 * Takes over what must not be lost with the history: who is banned, who is owner, and the numbers,
 * so that none is given twice. As far as it can be read.
 */
function salvage(db: Database.Database, from: string): void {
  let old: Database.Database | undefined;
  try {
    old = new Database(from);
    for (const [table, columns] of Object.entries(SALVAGED)) {
      const names = columns.join(', ');
      const marks = columns.map(() => '?').join(', ');
      const insert = db.prepare(`INSERT OR IGNORE INTO ${table} (${names}) VALUES (${marks})`);
      for (const row of old.prepare(`SELECT ${names} FROM ${table}`).raw().all() as unknown[][]) {
        insert.run(...row);
      }
    }
  } catch {
    // What could not be read is in the file that was put aside; the warning says where.
  } finally {
    old?.close();
  }
}

const SALVAGED: Readonly<Record<string, readonly string[]>> = {
  rows: ['tab', 'key', 'value'],
  logs: ['n', 'name', 'last'],
  meta: ['key', 'value'],
};

/** SQLite's finding without its headline. */
function oneLine(finding: string): string {
  return finding.split('\n').at(-1) ?? finding;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
