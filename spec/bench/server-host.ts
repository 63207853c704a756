// Run by server.ts: a host in a process of its own, whose CPU it tells when asked.
// server-host.ts udpchat | ws | ws-batched
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type WebSocket, WebSocketServer } from 'ws';
import { ChatServer } from '../../lib/index.ts';
import { KEYS } from './measure.ts';

interface Host {
  readonly port: number;
  /** Sent and received so far; what TCP does is the kernel's and nobody counts it. */
  packets(): Promise<readonly [sent: number, received: number]>;
}

/** Encrypted, unless told, and durable: a line is on disk before anybody sees it. */
async function udpchat(): Promise<Host> {
  const dir = mkdtempSync(join(tmpdir(), 'udpchat-bench-'));
  process.on('exit', () => rmSync(dir, { recursive: true, force: true }));
  const server = new ChatServer({ data: dir, ...KEYS });
  const { port } = await server.listen({ port: 0, address: '127.0.0.1' });
  const packets = async (): Promise<readonly [number, number]> => {
    const { shards = [] } = (await server.figures()) ?? {};
    const sum = (pick: (shard: (typeof shards)[number]) => number): number =>
      shards.reduce((total, shard) => total + pick(shard), 0);
    return [sum(({ packetsSent }) => packetsSent), sum(({ packetsReceived }) => packetsReceived)];
  };
  return { port, packets };
}

/**
 * The same fan-out and nothing else. `isBatched`: what comes in one turn of the loop leaves in one
 * message, which is what a hand would make of it.
 */
async function ws(isBatched: boolean): Promise<Host> {
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
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { port, packets: async () => [0, 0] };
}

const kind = process.argv[2];
const { port, packets } = await (kind === 'udpchat' ? udpchat() : ws(kind === 'ws-batched'));
process.on('message', async () => {
  const { user, system } = process.cpuUsage();
  const { rss } = process.memoryUsage();
  process.send?.({ cpu: user + system, rss, packets: await packets() });
});
process.on('disconnect', () => process.exit(0));
process.send?.({ port });
