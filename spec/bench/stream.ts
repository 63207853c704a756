import { once } from 'node:events';
import { connect as connectTcp, createServer as createTcpServer } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import { connect } from '../../lib/index.ts';
import { compare, cpuEach, KEYS, listening, turns } from './measure.ts';

const MESSAGES = 100_000;

/** Messages handed over in a turn, by all alike. */
const BURST = 64;

/** Bytes waiting at which ws and net are told to wait. */
const HIGH_WATER = 256 * 1024;

const BODY = new Uint8Array(100);

/** Bytes of a frame on the byte stream: a length, and the message. */
const FRAME = new Uint8Array(4 + BODY.length);

interface Stream {
  send(): void;
  /** Undefined when there is room. */
  full(): Promise<unknown> | undefined;
}

class Arrivals {
  readonly all: Promise<void>;
  #count = 0;
  #onAll: () => void = () => {};

  constructor() {
    this.all = new Promise((resolve) => {
      this.#onAll = resolve;
    });
  }

  add(messages: number): void {
    this.#count += messages;
    if (this.#count >= MESSAGES) this.#onAll();
  }
}

function pour({ send, full }: Stream, arrivals: Arrivals): Promise<number> {
  return cpuEach(MESSAGES, async () => {
    for (let sent = 0; sent < MESSAGES; sent++) {
      send();
      if (sent % BURST === 0) await (full() ?? turns(1));
    }
    await arrivals.all;
  });
}

async function ours(): Promise<number> {
  const arrivals = new Arrivals();
  const { server, port } = await listening((peer) => peer.on('message', () => arrivals.add(1)));
  const client = await connect({ port, ...KEYS });
  let more = true;
  const cpu = await pour(
    {
      send: () => {
        more = client.send(BODY);
      },
      full: () => (more ? undefined : once(client, 'drain')),
    },
    arrivals,
  );
  client.destroy();
  server.close();
  await once(server, 'close');
  return cpu;
}

async function ws(): Promise<number> {
  const arrivals = new Arrivals();
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
  server.on('connection', (socket) => socket.on('message', () => arrivals.add(1)));
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  const client = new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: false });
  await once(client, 'open');
  const drained = async (): Promise<void> => {
    while (client.bufferedAmount > HIGH_WATER) await turns(1);
  };
  const full = (): Promise<void> | undefined =>
    client.bufferedAmount > HIGH_WATER ? drained() : undefined;
  const cpu = await pour({ send: () => client.send(BODY), full }, arrivals);
  client.terminate();
  server.close();
  return cpu;
}

async function net(): Promise<number> {
  const arrivals = new Arrivals();
  let bytes = 0;
  const server = createTcpServer((socket) => {
    socket.on('data', (chunk) => {
      const before = Math.floor(bytes / FRAME.length);
      bytes += chunk.length;
      arrivals.add(Math.floor(bytes / FRAME.length) - before);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  const client = connectTcp({ port, host: '127.0.0.1', noDelay: true });
  await once(client, 'connect');
  const full = (): Promise<unknown> | undefined =>
    client.writableNeedDrain ? once(client, 'drain') : undefined;
  const cpu = await pour({ send: () => client.write(FRAME), full }, arrivals);
  client.destroy();
  server.close();
  return cpu;
}

/** One ordered stream of short messages over loopback; both ends' CPU, which bounds messages/s. */
export async function stream(): Promise<void> {
  await compare('one stream, 100 B messages', ours, [
    { name: 'ws', run: ws, atLeast: 1 },
    { name: 'net', run: net },
  ]);
}
