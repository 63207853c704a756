import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { DEFAULT_TRANSPORT_CONFIG } from '../../lib/transport/config.ts';
import { bound, helper, listening } from './measure.ts';

/** Processes that the peers are shared among: each has a socket, and so a file, for each peer. */
const PROCESSES = 4;

/** Before anything is measured, and how long the CPU is, ms. */
const SETTLE = 8_000;
const LENGTH = 20_000;

const TARGET = { cpu: 5, heap: 2 } as const;

const wait = async (ms: number): Promise<void> => {
  await new Promise((done) => setTimeout(done, ms));
};

async function peers(kind: string, port: number, count: number): Promise<ChildProcess[]> {
  const share = Math.ceil(count / PROCESSES);
  const all = Array.from({ length: PROCESSES }, (_, i) =>
    helper('idle-peers.ts', [kind, port, share, i * share]),
  );
  await Promise.all(all.map((one) => once(one, 'message')));
  return all;
}

/** This process's CPU for a while, % of a core. */
async function cpu(): Promise<number> {
  const before = process.cpuUsage();
  const start = performance.now();
  await wait(LENGTH);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 10 / (performance.now() - start);
}

/** Bytes of heap that are in use, garbage apart. */
function heapUsed(): number {
  setFlagsFromString('--expose-gc');
  const gc: unknown = runInNewContext('gc');
  for (let i = 0; i < 3; i++) if (typeof gc === 'function') gc();
  return process.memoryUsage().heapUsed;
}

/** So many echoes a second of raw datagrams, % of a core. */
async function rawEchoes(count: number): Promise<number> {
  const server = await bound();
  server.on('message', (bytes, from) => server.send(bytes, from.port, from.address));
  const far = await peers('raw', server.address().port, count);
  await wait(SETTLE / 4);
  const spent = await cpu();
  for (const one of far) one.kill();
  server.close();
  return spent;
}

/**
 * A server with connections on which nothing is said but heartbeats, each of which it answers: its
 * CPU, beside what as many raw echoes take, and the heap that a connection holds.
 */
export async function idle(count: number): Promise<void> {
  const { server, port } = await listening(() => {});
  const before = heapUsed();
  const far = await peers('udpchat', port, count);
  await wait(SETTLE);
  const heap = (heapUsed() - before) / count / 1024;
  const ours = await cpu();
  const stand = [...server.connections].length;
  if (stand !== count) throw new Error(`${stand} of ${count} connections stand`);
  for (const one of far) one.kill();
  server.close();
  const raw = await rawEchoes(count);
  const beats = (1_000 * count) / DEFAULT_TRANSPORT_CONFIG.heartbeatInterval.private;
  console.log(
    `${count} idle connections, ${beats.toFixed(0)} heartbeats a second`.padEnd(40),
    `${ours.toFixed(1)} % of a core (target ${TARGET.cpu}), ${(raw / ours).toFixed(2)}x raw`,
    `echoes (${raw.toFixed(1)} %); ${heap.toFixed(1)} KB of heap each (target ${TARGET.heap})`,
  );
}
