// The far side of the fan-out bench: `KIND PORT`. A thousand peers that only read, one of which
// tells the server now and then how much arrived in all.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { connect } from '../../lib/index.ts';
import { bound, KEYS } from './measure.ts';

export const PEERS = 1_000;

/** Raw peers share sockets: each still has an address of its own. */
const RAW_SOCKETS = 8;

/** Arrivals of which the server is told at once, and how long it waits for fewer, ms. */
const NEWS = { count: 1_000, wait: 20 } as const;

/** Distinct loopback addresses, so that routes and tables are not those of one peer. */
export function peerAddress(i: number): string {
  return `127.0.${1 + Math.floor(i / 250)}.${1 + (i % 250)}`;
}

let arrived = 0;
let told = 0;
let tell = (_total: number): void => {};

function count(messages: number): void {
  arrived += messages;
  if (arrived - told >= NEWS.count) tellNow();
}

function tellNow(): void {
  if (arrived === told) return;
  told = arrived;
  tell(arrived);
}

function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

async function raw(port: number): Promise<unknown> {
  const ports: number[] = [];
  for (let i = 0; i < RAW_SOCKETS; i++) {
    const socket = createSocket('udp4');
    socket.on('message', (bytes) => count(Math.floor((bytes.length - 8) / 102)));
    socket.bind(0, '0.0.0.0');
    await once(socket, 'listening');
    socket.setRecvBufferSize(4 * 1024 * 1024);
    ports.push(socket.address().port);
  }
  const back = await bound();
  tell = (total) => back.send(uint32(total), port, '127.0.0.1');
  return ports;
}

async function ws(port: number): Promise<unknown> {
  for (let i = 0; i < PEERS; i++) {
    const options = { perMessageDeflate: false, localAddress: peerAddress(i) };
    const peer = new WebSocket(`ws://127.0.0.1:${port}`, options);
    await once(peer, 'open');
    peer.on('message', () => count(1));
    if (i === 0) tell = (total) => peer.send(String(total));
  }
  return 'ready';
}

async function udpchat(port: number): Promise<unknown> {
  for (let i = 0; i < PEERS; i++) {
    const peer = await connect({ port, localAddress: peerAddress(i), ...KEYS });
    peer.on('message', () => count(1));
    peer.on('close', ({ by, code, reason }) => {
      console.error(`peer ${i} closed, by ${by}, ${code}: ${reason}`);
      process.exit(1);
    });
    if (i === 0) tell = (total) => peer.send(uint32(total));
  }
  return 'ready';
}

const [kind = '', port = ''] = process.argv.slice(2);
const kinds: Readonly<Record<string, (port: number) => Promise<unknown>>> = { raw, ws, udpchat };
const start = process.argv[1]?.endsWith('fanout-peers.ts') ? kinds[kind] : undefined;
if (start !== undefined) {
  process.send?.(await start(Number(port)));
  setInterval(tellNow, NEWS.wait);
  process.on('disconnect', () => process.exit(0));
}
