import { MEMORY_RETENTION, type RetentionConfig } from './config.ts';
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
  type StoreRequest,
  type StoreState,
  type TablePut,
} from './store.ts';
import { queryWords, toWords } from './words.ts';

interface Kept extends PageEntry {
  readonly id: string;
  readonly text: string;
}

interface Log {
  readonly name: string;
  last: number;
  entries: Kept[];
  bytes: number;
}

export interface MemoryStoreOptions {
  /** 8 random bytes. */
  readonly logId: Uint8Array;
  readonly retention?: Partial<RetentionConfig>;
}

/** A store that forgets when its process ends: `--ephemeral`, and the simulator's disk. */
export class MemoryStore implements Store {
  readonly #logId: Uint8Array;
  readonly #retention: RetentionConfig;
  /** In the order of their newest entries. */
  readonly #logs = new Map<string, Log>();
  readonly #receipts = new Map<string, { log: string; seq: number; at: number }>();
  readonly #rows = new Map<string, { table: string; key: string; value: string }>();

  constructor({ logId, retention }: MemoryStoreOptions) {
    this.#logId = logId;
    this.#retention = { ...MEMORY_RETENTION, ...retention };
  }

  load(): StoreState {
    const all = [...this.#logs.values()];
    const logs = all
      .filter(({ name }) => !isInbox(name))
      .map(({ name, last }) => ({ log: name, last }));
    const lastDirect = Math.max(
      0,
      ...all.filter(({ name }) => isInbox(name)).map(({ last }) => last),
    );
    return { logId: this.#logId, logs, lastDirect, rows: [...this.#rows.values()] };
  }

  execute(request: StoreRequest): StoreAnswer {
    const { id } = request;
    switch (request.type) {
      case 'append':
        return this.#append(id, request.entries, request.puts);
      case 'read': {
        const log = this.#logs.get(request.log);
        const entries = log === undefined ? [] : pick(log, request);
        return { type: 'page', id, entries, first: log === undefined ? 1 : firstOf(log) };
      }
      case 'search': {
        const log = this.#logs.get(request.log);
        const page = log === undefined ? { entries: [] } : find(log, request);
        return { type: 'page', id, ...page, first: log === undefined ? 1 : firstOf(log) };
      }
    }
  }

  /** Whether the author has stored something under the same id. */
  has(entry: Pick<LogEntry, 'author' | 'id'>): boolean {
    return entry.id !== '' && this.#receipts.has(receiptKey(entry));
  }

  #append(id: number, entries: readonly LogEntry[], puts: readonly TablePut[]): StoreAnswer {
    const duplicates = entries.flatMap((entry, index): Duplicate[] => {
      const receipt = entry.id === '' ? undefined : this.#receipts.get(receiptKey(entry));
      return receipt === undefined ? [] : [{ index, ...receipt }];
    });
    if (duplicates.length > 0) return { type: 'duplicates', id, entries: duplicates };
    for (const entry of entries) this.#add(entry);
    for (const { table, key, value } of puts) {
      if (value === undefined) this.#rows.delete(`${table}/${key}`);
      else this.#rows.set(`${table}/${key}`, { table, key, value });
    }
    return { type: 'stored', id };
  }

  #add(entry: LogEntry): void {
    const { log: name, seq, at, author, id, text, record, amends } = entry;
    const log = this.#logs.get(name) ?? { name, last: seq - 1, entries: [], bytes: 0 };
    this.#logs.delete(name);
    this.#logs.set(name, log);
    for (const amendment of amends ?? []) amend(log, amendment);
    log.entries.push({ seq, at, author, id, text, record });
    log.last = seq;
    log.bytes += record.length;
    if (id !== '') this.#receipts.set(receiptKey(entry), { log: name, seq, at });
    this.#trim(log, at);
    if (isInbox(name)) this.#trimInboxes();
  }

  #trim(log: Log, now: number): void {
    const { entries, bytes, age } = this.#retention;
    for (let oldest = log.entries[0]; oldest !== undefined; oldest = log.entries[0]) {
      const isOld = oldest.at < now - age;
      if (!isOld && log.entries.length <= entries && log.bytes <= bytes) return;
      this.#drop(oldest);
      log.entries.shift();
      log.bytes -= oldest.record.length;
    }
  }

  #trimInboxes(): void {
    const inboxes = [...this.#logs.values()].filter(({ name }) => isInbox(name));
    const [quietest] = inboxes;
    if (quietest === undefined || inboxes.length <= this.#retention.inboxes) return;
    for (const entry of quietest.entries) this.#drop(entry);
    this.#logs.delete(quietest.name);
  }

  #drop(entry: Kept): void {
    if (entry.id !== '') this.#receipts.delete(receiptKey(entry));
  }
}

function receiptKey({ author, id }: { author: string; id: string }): string {
  return `${author}/${id}`;
}

function firstOf(log: Log): number {
  return log.entries[0]?.seq ?? log.last + 1;
}

function amend(log: Log, { seq, text, record }: Amendment): void {
  const index = seq - firstOf(log);
  const old = log.entries[index];
  if (old === undefined) return;
  log.bytes += record.length - old.record.length;
  log.entries[index] = { ...old, text, record };
}

function pick(log: Log, range: Range): PageEntry[] {
  const { after = 0, before = Infinity, since = 0, count, bytes, from } = range;
  const all = log.entries.filter(({ seq, at }) => seq > after && seq < before && at >= since);
  if (from === 'newest') all.reverse();
  let size = 0;
  const picked: PageEntry[] = [];
  for (const entry of all.slice(0, count)) {
    size += entry.record.length;
    if (picked.length > 0 && size > bytes) break;
    picked.push(toPageEntry(entry));
  }
  return from === 'newest' ? picked.reverse() : picked;
}

function find(
  log: Log,
  { words, before = Infinity, count, context = 0 }: Query,
): { readonly entries: PageEntry[]; readonly found?: readonly number[] } {
  const wanted = queryWords(words).map((word) =>
    word.endsWith('*') ? toWords(word).trimEnd() : toWords(word),
  );
  if (wanted.length === 0) return { entries: [] };
  const hits = log.entries
    .filter(({ seq, text }) => {
      const all = toWords(text);
      return seq < before && wanted.every((word) => all.includes(word));
    })
    .slice(-count)
    .reverse()
    .map(toPageEntry);
  if (context === 0) return { entries: hits };
  const found = hits.map(({ seq }) => seq);
  const near = log.entries.filter(({ seq }) => found.some((hit) => Math.abs(hit - seq) <= context));
  return { entries: near.reverse().map(toPageEntry), found };
}

function toPageEntry({ seq, at, author, record }: Kept): PageEntry {
  return { seq, at, author, record };
}
