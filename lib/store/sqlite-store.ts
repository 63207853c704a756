import type Database from 'libsql';
import { PAGE_ENTRIES_MAX } from './config.ts';
import { LOG_SPAN } from './schema.ts';
import {
  type Amendment,
  type Duplicate,
  isInbox,
  type LogEntry,
  type PageEntry,
  type Query,
  type Range,
  type Store,
  type StoreAnswer,
  type StoreFailure,
  type StoreRequest,
  type StoreState,
  type TablePut,
} from './store.ts';
import { queryWords, toIndexed, toMatch } from './words.ts';

interface EntryRow {
  readonly n: number;
  readonly at: number;
  readonly author: string;
  readonly record: ArrayBuffer;
}

/** Rows read in one go: what is beyond a page's bytes was read for nothing. */
const ROWS_AT_ONCE = 64;

/**
 * A store on an open SQLite database. What is answered `stored` is on disk as far as the disk keeps
 * its word: the commit has been synced (`synchronous = FULL`), not just written.
 */
export class SqliteStore implements Store {
  readonly #db: Database.Database;
  readonly #sql: ReturnType<typeof prepare>;
  /** Numbers of logs in the database, by name. */
  readonly #logs = new Map<string, number>();

  /** `db` has the current schema; see `openDatabase`. */
  constructor(db: Database.Database) {
    this.#db = db;
    this.#sql = prepare(db);
  }

  load(): StoreState {
    const all = this.#sql.logs.all() as { name: string; last: number }[];
    const directs = all.filter(({ name }) => isInbox(name)).map(({ last }) => last);
    const { value } = this.#sql.logId.get() as { value: Uint8Array };
    return {
      logId: new Uint8Array(value),
      logs: all.filter(({ name }) => !isInbox(name)).map(({ name, last }) => ({ log: name, last })),
      lastDirect: directs.reduce((a, b) => Math.max(a, b), 0),
      rows: this.#sql.rows.all() as { table: string; key: string; value: string }[],
    };
  }

  execute(request: StoreRequest): StoreAnswer {
    const { id } = request;
    try {
      switch (request.type) {
        case 'append':
          return this.#append(id, request.entries, request.puts);
        case 'read':
          return this.#page(id, request.log, this.#read(request));
        case 'search':
          return this.#found(id, request);
      }
    } catch (error) {
      return toFailure(id, error);
    }
  }

  /** Deletes what is beyond the bounds, `limit` entries at most; how many it were. */
  prune(log: string, bounds: { keep: number; olderThan: number; limit: number }): number {
    const base = this.#logNumber(log);
    if (base === undefined) return 0;
    const { last } = this.#sql.logByNumber.get(base / LOG_SPAN) as { last: number };
    const surplus = base + last - bounds.keep;
    const { changes } = this.#transaction(() => {
      const doomed = this.#sql.oldest.all(
        base + 1,
        base + LOG_SPAN - 1,
        bounds.limit,
      ) as EntryRow[];
      const end = doomed.findIndex(({ n, at }) => n > surplus && at >= bounds.olderThan);
      const gone = end === -1 ? doomed : doomed.slice(0, end);
      const until = gone.at(-1)?.n;
      if (until === undefined) return { changes: 0 };
      this.#sql.forgetWords.run(base + 1, until);
      return this.#sql.forget.run(base + 1, until);
    });
    return changes;
  }

  #append(id: number, entries: readonly LogEntry[], puts: readonly TablePut[]): StoreAnswer {
    try {
      this.#transaction(() => {
        const lasts = new Map<string, number>();
        for (const entry of entries) {
          this.#insert(entry);
          lasts.set(entry.log, entry.seq);
        }
        for (const [log, last] of lasts) this.#sql.setLast.run([last, log]);
        for (const { table, key, value } of puts) {
          if (value === undefined) this.#sql.deleteRow.run([table, key]);
          else this.#sql.putRow.run([table, key, value]);
        }
      });
    } catch (error) {
      // Logs that were made in the transaction are gone with it.
      this.#logs.clear();
      // Whatever the cause, what is on disk already is not to be refused. Most groups have none of
      // it, so it is looked for only now: the index has refused the group.
      const duplicates = entries.flatMap((entry, index) => this.#duplicate(entry, index));
      if (duplicates.length > 0) return { type: 'duplicates', id, entries: duplicates };
      throw error;
    }
    return { type: 'stored', id };
  }

  #duplicate({ author, id }: LogEntry, index: number): Duplicate[] {
    if (id === '') return [];
    const found = this.#sql.byId.get([id, author]) as { n: number; at: number } | undefined;
    if (found === undefined) return [];
    const { name } = this.#sql.logByNumber.get(Math.floor(found.n / LOG_SPAN)) as { name: string };
    return [{ index, log: name, seq: found.n % LOG_SPAN, at: found.at }];
  }

  #insert({ log, seq, at, author, id, text, record, amends }: LogEntry): void {
    const base = this.#logNumber(log) ?? this.#makeLog(log, seq);
    this.#sql.insert.run([base + seq, at, author, id === '' ? null : id, record]);
    if (text !== '') this.#sql.insertWords.run([base + seq, toIndexed(text)]);
    for (const amendment of amends ?? []) this.#amend(base + amendment.seq, amendment);
  }

  /** `n`: the entry's number in the table. */
  #amend(n: number, { text, record }: Amendment): void {
    if (this.#sql.amend.run(record, n).changes === 0) return;
    this.#sql.forgetWords.run(n, n);
    if (text !== '') this.#sql.insertWords.run(n, toIndexed(text));
  }

  #read(range: Range): PageEntry[] {
    const base = this.#logNumber(range.log);
    if (base === undefined) return [];
    const { after = 0, before = LOG_SPAN, since, count, bytes, from } = range;
    const least = since === undefined ? after + 1 : Math.max(after + 1, this.#firstAt(base, since));
    const most = Math.min(before, LOG_SPAN) - 1;
    if (least > most || count === 0) return [];
    const page: PageEntry[] = [];
    const wanted = Math.min(count, PAGE_ENTRIES_MAX);
    let [low, high, size] = [base + least, base + most, 0];
    while (page.length < wanted) {
      const limit = Math.min(wanted - page.length, ROWS_AT_ONCE);
      const rows = this.#sql[from].all(low, high, limit) as EntryRow[];
      for (const row of rows) {
        size += row.record.byteLength;
        if (page.length > 0 && size > bytes) return inOrder(page);
        page.push(toPageEntry(row));
        if (from === 'newest') high = row.n - 1;
        else low = row.n + 1;
      }
      if (rows.length < limit) break;
    }
    return inOrder(page);
  }

  /** The first number whose entry was not written before `since`: clocks only ever go forward. */
  #firstAt(base: number, since: number): number {
    let least = 1;
    let most = LOG_SPAN - 1;
    while (least < most) {
      const middle = Math.floor((least + most) / 2);
      const [row] = this.#sql.oldest.all(base + middle, base + LOG_SPAN - 1, 1) as EntryRow[];
      if (row === undefined || row.at >= since) most = middle;
      else least = row.n - base + 1;
    }
    return least;
  }

  #found(id: number, query: Query): StoreAnswer {
    const hits = this.#search(query);
    const { log, context = 0 } = query;
    if (context === 0) return this.#page(id, log, hits);
    const found = hits.map(({ seq }) => seq);
    const answer = this.#page(id, log, this.#around(log, found, context));
    return answer.type === 'page' ? { ...answer, found } : answer;
  }

  /** Entries and their neighbours, each once. `seqs`: from the newest. */
  #around(log: string, seqs: readonly number[], context: number): PageEntry[] {
    const base = this.#logNumber(log) ?? 0;
    const entries: PageEntry[] = [];
    let below = LOG_SPAN;
    for (const seq of seqs) {
      const most = Math.min(seq + context, below - 1);
      const least = Math.max(1, seq - context);
      const limit = 2 * context + 1;
      const rows = this.#sql.newest.all(base + least, base + most, limit) as EntryRow[];
      entries.push(...rows.map(toPageEntry));
      below = least;
    }
    return entries;
  }

  #search({ log, words, before = LOG_SPAN, count }: Query): PageEntry[] {
    const base = this.#logNumber(log);
    const wanted = queryWords(words);
    if (base === undefined || wanted.length === 0) return [];
    const limit = Math.min(count, PAGE_ENTRIES_MAX);
    const most = base + Math.min(before, LOG_SPAN) - 1;
    const rows = this.#sql.search.all(toMatch(wanted), base + 1, most, limit);
    return (rows as EntryRow[]).map(toPageEntry);
  }

  #page(id: number, log: string, entries: readonly PageEntry[]): StoreAnswer {
    const base = this.#logNumber(log);
    if (base === undefined) return { type: 'page', id, entries, first: 1 };
    const [oldest] = this.#sql.oldest.all(base + 1, base + LOG_SPAN - 1, 1) as EntryRow[];
    const { last } = this.#sql.logByNumber.get(base / LOG_SPAN) as { last: number };
    return { type: 'page', id, entries, first: oldest === undefined ? last + 1 : oldest.n - base };
  }

  /** Where the entries of a log begin, less one; undefined if there never was one. */
  #logNumber(log: string): number | undefined {
    const known = this.#logs.get(log);
    if (known !== undefined) return known;
    const row = this.#sql.logByName.get(log) as { n: number } | undefined;
    if (row === undefined) return undefined;
    if (!isInbox(log)) this.#logs.set(log, row.n * LOG_SPAN);
    return row.n * LOG_SPAN;
  }

  #makeLog(log: string, seq: number): number {
    this.#sql.makeLog.run(log, seq - 1);
    const { n } = this.#sql.logByName.get(log) as { n: number };
    return n * LOG_SPAN;
  }

  #transaction<T>(work: () => T): T {
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.#db.exec('COMMIT');
      return result;
    } catch (error) {
      // A full disk may have rolled it back already.
      if (this.#db.inTransaction) this.#db.exec('ROLLBACK');
      throw error;
    }
  }
}

function prepare(db: Database.Database) {
  const page = 'SELECT n, at, author, record FROM entries';
  return {
    logId: db.prepare("SELECT value FROM meta WHERE key = 'logId'"),
    logs: db.prepare('SELECT name, last FROM logs'),
    rows: db.prepare('SELECT tab AS "table", key, value FROM rows'),
    logByName: db.prepare('SELECT n FROM logs WHERE name = ?'),
    logByNumber: db.prepare('SELECT name, last FROM logs WHERE n = ?'),
    makeLog: db.prepare('INSERT INTO logs (name, last) VALUES (?, ?)'),
    setLast: db.prepare('UPDATE logs SET last = ? WHERE name = ?'),
    byId: db.prepare('SELECT n, at FROM entries WHERE id = ? AND author = ?'),
    insert: db.prepare('INSERT INTO entries (n, at, author, id, record) VALUES (?, ?, ?, ?, ?)'),
    insertWords: db.prepare('INSERT INTO words (rowid, text) VALUES (?, ?)'),
    amend: db.prepare('UPDATE entries SET record = ? WHERE n = ?'),
    forget: db.prepare('DELETE FROM entries WHERE n BETWEEN ? AND ?'),
    forgetWords: db.prepare('DELETE FROM words WHERE rowid BETWEEN ? AND ?'),
    putRow: db.prepare('INSERT OR REPLACE INTO rows (tab, key, value) VALUES (?, ?, ?)'),
    deleteRow: db.prepare('DELETE FROM rows WHERE tab = ? AND key = ?'),
    newest: db.prepare(`${page} WHERE n BETWEEN ? AND ? ORDER BY n DESC LIMIT ?`),
    oldest: db.prepare(`${page} WHERE n BETWEEN ? AND ? ORDER BY n LIMIT ?`),
    search: db.prepare(
      `${page} WHERE n IN (
         SELECT rowid FROM words WHERE words MATCH ? AND rowid BETWEEN ? AND ?
         ORDER BY rowid DESC LIMIT ?
       ) ORDER BY n DESC`,
    ),
  };
}

function inOrder(page: PageEntry[]): PageEntry[] {
  return page.sort((a, b) => a.seq - b.seq);
}

function toPageEntry({ n, at, author, record }: EntryRow): PageEntry {
  return { seq: n % LOG_SPAN, at, author, record: new Uint8Array(record) };
}

/** What went wrong, for the person whose message it was. */
function toFailure(id: number, error: unknown): StoreFailure {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code.startsWith('SQLITE_FULL')) {
    return { type: 'failed', id, code: 'disk-full', reason: "this server's disk is full" };
  }
  if (code.startsWith('SQLITE_READONLY') || code === 'SQLITE_CANTOPEN') {
    const reason = "this server's disk cannot be written to";
    return { type: 'failed', id, code: 'read-only', reason };
  }
  const detail = error instanceof Error ? error.message : String(error);
  const reason = `this server's disk has failed (${detail})`;
  return { type: 'failed', id, code: 'storage', reason };
}
