import { randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'libsql';
import { SESSION_BYTES } from '../chat/config.ts';
import type { KeptOutbox, KeptPost, OutboxChange, OutboxKeeper } from '../chat/kept.ts';
import { StoreError } from './folder.ts';
import { lock } from './open.ts';

/** A step for each version of the file, as in `schema.ts`. */
const MIGRATIONS: readonly string[] = [
  `CREATE TABLE session (secret BLOB NOT NULL) STRICT;
   CREATE TABLE posts (
     n INTEGER PRIMARY KEY,
     id TEXT NOT NULL UNIQUE,
     post TEXT NOT NULL
   ) STRICT;`,
];

/** Whoever can read it could go on as its session. */
const PRIVATE = 0o600;

/**
 * What one client has not had an answer to, in a file of its own. It outlives the process, however
 * that ends; of what was written in the last moment before a power cut, some may be missing.
 */
export class OutboxFile implements OutboxKeeper {
  readonly #db: Database.Database;
  readonly #unlock: () => void;
  readonly #insert: Database.Statement;
  readonly #remove: Database.Statement;

  /** Opens, or makes, the file at `path`, for this process alone. Throws a StoreError. */
  constructor(path: string) {
    try {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      closeSync(openSync(path, 'a', PRIVATE));
    } catch (error) {
      throw new StoreError('no-access', `cannot keep messages in ${path}: ${messageOf(error)}`);
    }
    this.#unlock = lock(`${path}.lock`, 'another udpchat keeps its messages in');
    try {
      this.#db = new Database(path);
      prepareFile(this.#db, path);
    } catch (error) {
      this.#unlock();
      if (error instanceof StoreError) throw error;
      throw new StoreError('no-access', `cannot keep messages in ${path}: ${messageOf(error)}`);
    }
    const db = this.#db;
    this.#insert = db.prepare('INSERT OR IGNORE INTO posts (id, post) VALUES (?, ?)');
    this.#remove = db.prepare('DELETE FROM posts WHERE id = ?');
  }

  load(): KeptOutbox {
    const { secret } = this.#db.prepare('SELECT secret FROM session').get() as { secret: Buffer };
    const rows = this.#db.prepare('SELECT id, post FROM posts ORDER BY n').all() as {
      id: string;
      post: string;
    }[];
    const posts = rows.map(({ id, post }): KeptPost => ({ ...JSON.parse(post), id }));
    return { session: new Uint8Array(secret), posts };
  }

  keep(changes: readonly OutboxChange[]): void {
    this.#db.exec('BEGIN');
    try {
      for (const change of changes) {
        if (change.type === 'remove') this.#remove.run(change.id);
        else this.#insert.run(change.post.id, JSON.stringify({ ...change.post, id: undefined }));
      }
      this.#db.exec('COMMIT');
    } catch (error) {
      if (this.#db.inTransaction) this.#db.exec('ROLLBACK');
      throw error;
    }
  }

  close(): void {
    this.#db.close();
    this.#unlock();
  }
}

function prepareFile(db: Database.Database, path: string): void {
  db.pragma('journal_mode = WAL');
  // Written, not synced: what a process has written stays when it is killed.
  db.pragma('synchronous = NORMAL');
  db.exec('BEGIN');
  const [row] = db.pragma('user_version') as { user_version: number }[];
  const version = row?.user_version ?? 0;
  if (version > MIGRATIONS.length) {
    const cure = 'update this one, or use another --data';
    throw new StoreError('newer', `${path} was written by a newer udpchat; ${cure}`);
  }
  for (const step of MIGRATIONS.slice(version)) db.exec(step);
  db.pragma(`user_version = ${MIGRATIONS.length}`);
  if (db.prepare('SELECT 1 FROM session').get() === undefined) {
    // In an array: one object alone is taken for named parameters.
    db.prepare('INSERT INTO session VALUES (?)').run([randomBytes(SESSION_BYTES)]);
  }
  db.exec('COMMIT');
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
