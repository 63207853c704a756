import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { DISK_DEFAULTS, type DiskConfig } from '../../lib/store/config.ts';
import { type OpenStore, openStore } from '../../lib/store/open.ts';
import { SqliteStore } from '../../lib/store/sqlite-store.ts';
import type { LogEntry, PageEntry, Range, Store, StoreAnswer } from '../../lib/store/store.ts';

/** A directory that is gone when the test is over. */
export function temporaryDirectory(t: Test): string {
  const dir = mkdtempSync(join(tmpdir(), 'udpchat-store-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** A store in `dir`, as its thread would have it, and the way to close it. */
export function sqliteStore(
  dir: string,
  disk: Partial<DiskConfig> = {},
): OpenStore & { store: SqliteStore } {
  const opened = openStore(dir, { ...DISK_DEFAULTS, ...disk });
  return { ...opened, store: new SqliteStore(opened.db) };
}

/** Line `seq` of a room, by `ana`. */
export function line(seq: number, text: string, rest: Partial<LogEntry> = {}): LogEntry {
  const id = seq.toString(16).padStart(16, '0');
  const record = new TextEncoder().encode(`record ${seq}: ${text}`);
  return { log: '#lobby', seq, at: 1000 * seq, author: 'ana', id, text, record, ...rest };
}

export function append(store: Store, ...entries: LogEntry[]): StoreAnswer {
  return store.execute({ type: 'append', id: 1, entries, puts: [] });
}

export function read(store: Store, range: Partial<Range> = {}): readonly PageEntry[] {
  const whole = { log: '#lobby', count: 100, bytes: 1e6, from: 'newest', ...range } as const;
  const page = store.execute({ type: 'read', id: 2, ...whole });
  if (page.type !== 'page') throw new Error(JSON.stringify(page));
  return page.entries;
}

export function seqs(entries: readonly PageEntry[]): number[] {
  return entries.map(({ seq }) => seq);
}

export function recordText({ record }: PageEntry): string {
  return new TextDecoder().decode(record);
}

/** Numbers of the lines that a search finds. */
export function search(store: Store, words: string, rest: { before?: number } = {}): number[] {
  const query = { log: '#lobby', words, count: 50, ...rest };
  const page = store.execute({ type: 'search', id: 3, ...query });
  if (page.type !== 'page') throw new Error(JSON.stringify(page));
  return seqs(page.entries);
}
