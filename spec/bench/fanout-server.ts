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
const STALL = 500;

/** Nothing gets lost for good elsewhere: after this time without news something is broken, ms. */
const PATIENCE = 30_000;

const BODY = new Uint8Array(100).fill(65);

/** A length and the message, for raw datagrams with several of them. */
const FRAME = new Uint8Array(102).fill(65);
FRAME.set([0, 100]);

interface Fanout {
  /** Whether what does not arrive stays away. */
  readonly isLossy: boolean;
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

/** With a peer less it would be another bench. */
function lose(why: string): void {
  console.error(`the server lost a peer: ${why}`);
  process.exit(1);
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
    isLossy: true,
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
  server.on('connection', (peer) => {
    peer.on('message', (bytes) => news(Number(bytes)));
    peer.on('close', (code) => lose(`code ${code}`));
  });
  await once(helper('fanout-peers.ts', ['ws', port]), 'message');
  return {
    isLossy: false,
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
    peer.on('close', ({ by, code, reason }) => lose(`by ${by}, ${code}: ${reason}`));
  });
  await once(helper('fanout-peers.ts', ['udpchat', server.address()?.port ?? 0]), 'message');
  return {
    isLossy: false,
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

/**
 * A closed loop: the next round leaves when few enough deliveries are outstanding, and it ends when
 * none is. Returns how many arrived.
 */
async function deliver(fanout: Fanout, bundle: number, count: number): Promise<number> {
  const before = confirmed;
  const round = PEERS * bundle;
  let sent = 0;
  /** Those that seem to be lost for good. */
  let lost = 0;
  const missing = (): number => sent - (confirmed - before);
  while (sent < count || missing() > lost) {
    const isFull = missing() - lost + round > Math.max(WINDOW, 2 * round);
    if (sent >= count || isFull) {
      if (await newsWithin(fanout.isLossy ? STALL : PATIENCE)) lost = Math.min(lost, missing());
      else if (fanout.isLossy) lost = missing();
      else throw new Error(`${missing()} of ${sent} messages do not arrive`);
      continue;
    }
    fanout.sendAll(bundle);
    sent += round;
    await turns(1);
  }
  if (lost > 0) console.error(`${lost} of ${sent} datagrams' messages got lost`);
  return sent - lost;
}

const kinds: Readonly<Record<string, () => Promise<Fanout>>> = { raw, ws, udpchat };
const fanout = await kinds[process.argv[2] ?? '']?.();
if (fanout !== undefined) {
  process.on('message', ({ bundle, deliveries }: { bundle: number; deliveries: number }) => {
    const count = deliveries * (bundle > 1 ? 4 : 1);
    let arrived = 0;
    const work = async (): Promise<void> => {
      arrived = await deliver(fanout, bundle, count);
    };
    cpuEach(1, work).then(
      (cpu) => process.send?.(cpu / arrived),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  });
  process.on('disconnect', () => process.exit(0));
  process.send?.('ready');
}
