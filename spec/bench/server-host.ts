// Run by server.ts: a host in a process of its own, whose CPU it tells when asked.
// server-host.ts udpchat | ws | ws-batched
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type WebSocket, WebSocketServer } from 'ws';
import { ChatServer } from '../../lib/index.ts';
import { KEYS } from './measure.ts';

/** Encrypted, unless told, and durable: a line is on disk before anybody sees it. */
async function udpchat(): Promise<number> {
  const dir = mkdtempSync(join(tmpdir(), 'udpchat-bench-'));
  process.on('exit', () => rmSync(dir, { recursive: true, force: true }));
  const server = new ChatServer({ data: dir, ...KEYS });
  return (await server.listen({ port: 0, address: '127.0.0.1' })).port;
}

/**
 * The same fan-out and nothing else. `isBatched`: what comes in one turn of the loop leaves in one
 * message, which is what a hand would make of it.
 */
async function ws(isBatched: boolean): Promise<number> {
  const rooms = new Map<string, { peers: Set<WebSocket>; batch: string[] }>();
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
  server.on('connection', (peer, { url = '' }) => {
    const room = rooms.get(url) ?? { peers: new Set(), batch: [] };
    rooms.set(url, room);
    room.peers.add(peer);
    peer.on('close', () => room.peers.delete(peer));
    const flush = (): void => {
      const text = room.batch.splice(0).join('\n');
      for (const each of room.peers) each.send(text);
    };
    peer.on('message', (bytes: Buffer) => {
      const text = bytes.toString();
      if (!isBatched) for (const each of room.peers) each.send(text);
      else if (room.batch.push(text) === 1) setImmediate(flush);
    });
  });
  await new Promise<void>((resolve) => server.once('listening', () => resolve()));
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

const kind = process.argv[2];
const port = await (kind === 'udpchat' ? udpchat() : ws(kind === 'ws-batched'));
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ cpu: user + system, rss: process.memoryUsage().rss });
});
process.on('disconnect', () => process.exit(0));
process.send?.({ port });
