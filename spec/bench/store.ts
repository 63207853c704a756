import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromHex } from '../../lib/chat/bytes.ts';
import { encodeServerRecord } from '../../lib/chat/codec.ts';
import { LOBBY } from '../../lib/chat/config.ts';
import { ChatClient, ChatServer, type ClientEvent } from '../../lib/index.ts';
import { databasePath } from '../../lib/store/folder.ts';
import type { LogEntry } from '../../lib/store/store.ts';
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

/** Line `seq` of the lobby as a server has it. */
function entry(seq: number): LogEntry {
  const { id, author, at } = line(seq, '');
  const text = words(seq - 1);
  const said = { room: LOBBY, seq, id: fromHex(id), nick: 'ana', kind: 'text', text, at } as const;
  const record = encodeServerRecord({ type: 'message', ...said });
  return { log: LOBBY, seq, at, author, id, text, record };
}

/** A log of a million lines: what it costs to start, to join and to search. */
export async function million(lines = 1_000_000): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'udpchat-million-'));
  try {
    const first = sqliteStore(dir);
    for (let i = 0; i < lines; i += BATCH) {
      if (i % 100_000 === 0) console.error(`million: ${i} of ${lines} lines`);
      append(first.store, ...Array.from({ length: BATCH }, (_, k) => entry(i + k + 1)));
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
    await endToEnd(dir, lines);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

const NEWCOMERS = 100;

/** The same over sockets: a host that starts on that log, people who come and look for words. */
async function endToEnd(dir: string, lines: number): Promise<void> {
  const started = performance.now();
  const server = new ChatServer({ data: dir, chat: { joinBurst: 1e9, queryBurst: 1e9 } });
  const { port } = await server.listen({ port: 0, address: '127.0.0.1' });
  const start = performance.now() - started;
  const joins: number[] = [];
  const searches: number[] = [];
  const rss: number[] = [];
  for (let i = 0; i < NEWCOMERS; i++) {
    const began = performance.now();
    const client = new ChatClient({ host: '127.0.0.1', port, nick: `guest${i}`, history: 50 });
    await seen(client, (event) => event.type === 'message' && event.seq === lines);
    joins.push(performance.now() - began);
    for (const query of ['deploy', 'deploy coffee lab why', 'w77', 'nowhere the']) {
      const asked = performance.now();
      client.search(LOBBY, query, { count: 50 });
      await seen(client, ({ type }) => type === 'page');
      searches.push(performance.now() - asked);
    }
    client.quit();
    await client.closed;
    rss.push(process.memoryUsage().rss / 1e6);
  }
  await server.close();
  const grown = (rss.at(-1) ?? 0) - (rss[NEWCOMERS / 2] ?? 0);
  console.log(
    `${lines} lines over sockets: start ${start.toFixed(0)} ms (target 1000), join with the last ` +
      `50 ${spread(joins)} (target 50), search ${spread(searches)} (target 100), memory of ` +
      `server and clients over the last ${NEWCOMERS / 2} of them: ${grown.toFixed(1)} MB more`,
  );
}

/** Resolves with the first event that `isWanted`. */
function seen(client: ChatClient, isWanted: (event: ClientEvent) => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = (event: ClientEvent): void => {
      if (!isWanted(event)) return;
      client.off('event', look);
      resolve();
    };
    client.on('event', look);
  });
}

function spread(times: readonly number[]): string {
  const worst = Math.max(...times);
  return `${median(times).toFixed(1)} ms (worst ${worst.toFixed(0)})`;
}
