// One server of the fan-out bench: `KIND`, with its peers in a process of their own. For each
// message `{ bundle, deliveries }` from the parent it answers the CPU of one delivery, us.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { WebSocketServer } from 'ws';
import { createServer } from '../../lib/index.ts';
import { PEERS, peerAddress } from './fanout-peers.ts';
import { cpuEach, helper, KEYS, turns } from './measure.ts';

/** Deliveries that may be on their way: enough to keep everybody busy. */
const WINDOW = 8_000;

/** Raw datagrams get lost unnoticed: after this time without news the missing ones are, ms. */
const STALL = 100;

const BODY = new Uint8Array(100).fill(65);

/** A length and the message, for raw datagrams with several of them. */
const FRAME = new Uint8Array(102).fill(65);
FRAME.set([0, 100]);

interface Fanout {
  /** Gives every peer `bundle` messages. */
  sendAll(bundle: number): void;
}

/** Deliveries that the peers have told of. */
let confirmed = 0;
let onNews = (): void => {};

function news(total: number): void {
  if (total > confirmed) confirmed = total;
  onNews();
}

async function raw(): Promise<Fanout> {
  const socket = createSocket({
    type: 'udp4',
    lookup: (host, _options, callback) => callback(null, host, 4),
  });
  const isBound = once(socket, 'listening');
  socket.bind(0, '0.0.0.0');
  await isBound;
  const peers = helper('fanout-peers.ts', ['raw', socket.address().port]);
  const [ports]: readonly unknown[] = await once(peers, 'message');
  const port = Array.isArray(ports) ? ports.map(Number) : [];
  socket.on('message', (bytes) => news(bytes.readUInt32BE()));
  const packet = new Uint8Array(8 + 10 * FRAME.length);
  return {
    sendAll: (bundle) => {
      for (let i = 0; i < bundle; i++) packet.set(FRAME, 8 + i * FRAME.length);
      const bytes = packet.subarray(0, 8 + bundle * FRAME.length);
      for (let i = 0; i < PEERS; i++) socket.send(bytes, port[i % port.length], peerAddress(i));
    },
  };
}

async function ws(): Promise<Fanout> {
  const server = new WebSocketServer({ port: 0, host: '0.0.0.0', perMessageDeflate: false });
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  server.on('connection', (peer) => peer.on('message', (bytes) => news(Number(bytes))));
  await once(helper('fanout-peers.ts', ['ws', port]), 'message');
  return {
    sendAll: (bundle) => {
      for (const peer of server.clients) for (let i = 0; i < bundle; i++) peer.send(BODY);
    },
  };
}

async function udpchat(): Promise<Fanout> {
  const server = createServer(KEYS);
  server.listen({ port: 0, address: '0.0.0.0' });
  await once(server, 'listening');
  server.on('connection', (peer) => {
    peer.on('message', (bytes) => news(new DataView(bytes.buffer, bytes.byteOffset).getUint32(0)));
  });
  await once(helper('fanout-peers.ts', ['udpchat', server.address()?.port ?? 0]), 'message');
  return {
    sendAll: (bundle) => {
      for (const peer of server.connections) for (let i = 0; i < bundle; i++) peer.send(BODY);
    },
  };
}

async function newsWithin(ms: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), ms);
    onNews = (): void => {
      clearTimeout(timer);
      onNews = (): void => {};
      resolve(true);
    };
  });
}

/** A closed loop: the next round leaves when few enough deliveries are outstanding. */
async function deliver(fanout: Fanout, bundle: number, count: number): Promise<void> {
  const before = confirmed;
  const round = PEERS * bundle;
  let sent = 0;
  /** Those that got lost for good. */
  let lost = 0;
  const outstanding = (): number => sent - lost - (confirmed - before);
  while (sent < count || outstanding() >= round) {
    const isFull = outstanding() + round > Math.max(WINDOW, 2 * round);
    if (sent >= count || isFull) {
      if (!(await newsWithin(STALL))) lost = sent - (confirmed - before);
      continue;
    }
    fanout.sendAll(bundle);
    sent += round;
    await turns(1);
  }
}

const kinds: Readonly<Record<string, () => Promise<Fanout>>> = { raw, ws, udpchat };
const fanout = await kinds[process.argv[2] ?? '']?.();
if (fanout !== undefined) {
  process.on('message', ({ bundle, deliveries }: { bundle: number; deliveries: number }) => {
    const count = deliveries * (bundle > 1 ? 4 : 1);
    cpuEach(count, () => deliver(fanout, bundle, count)).then(
      (cpu) => process.send?.(cpu),
      (error: unknown) => console.error(error),
    );
  });
  process.on('disconnect', () => process.exit(0));
  process.send?.('ready');
}
