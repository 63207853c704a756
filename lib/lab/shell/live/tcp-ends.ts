import { execFile } from 'node:child_process';
import { connect, createServer, type Socket } from 'node:net';
import { promisify } from 'node:util';
import { errorCode } from '../../../net/udp-socket.ts';
import { INDEX_LENGTH } from '../../live/live-run.ts';
import { parseSocketStats } from '../../live/socket-stats.ts';
import { NO_RECORDS } from '../../live/tap.ts';
import { noStats, type SenderStats } from '../../run-result.ts';
import type { Inlet, InletOptions, Outlet, OutletOptions } from './ends.ts';

/** Receives by kernel TCP: records of a fixed length, in a stream. */
export async function listenTcp(options: InletOptions): Promise<Inlet> {
  const { run, address, onMessage, onFailed } = options;
  const length = Math.max(run.workload.bytes, INDEX_LENGTH);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let held = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      held = Buffer.concat([held, chunk]);
      let at = 0;
      for (; held.length - at >= length; at += length) onMessage(held.subarray(at, at + length));
      held = held.subarray(at);
    });
    socket.on('error', (error) => report(error, onFailed));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, address, resolve);
  });
  const bound = server.address();
  return {
    port: typeof bound === 'object' && bound !== null ? bound.port : 0,
    packets: NO_RECORDS,
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

/**
 * Sends by kernel TCP, with the system's congestion control; Nagle's algorithm is off for lines,
 * on for bulk.
 */
export async function connectTcp(options: OutletOptions): Promise<Outlet> {
  const { run, to, onDrained, onFailed, signal } = options;
  const noDelay = run.workload.intervalMs > 0;
  const socket = connect({ host: to.address, port: to.port, noDelay, signal });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.once('connect', resolve);
  });
  socket.on('error', (error) => report(error, onFailed));
  socket.on('drain', onDrained);
  const { localPort } = socket;
  return {
    packets: NO_RECORDS,
    stats: noStats('tcp'),
    finalStats: () => readStats(localPort),
    send: (bytes) => socket.write(bytes),
    close: () => void socket.destroy(),
  };
}

/** By `ss`, which is a part of iproute2 as `tc` is; zeros where it says nothing. */
async function readStats(port: number | undefined): Promise<SenderStats> {
  try {
    const { stdout } = await promisify(execFile)('ss', ['-tinHO', `sport = :${port}`]);
    return parseSocketStats(stdout);
  } catch {
    return noStats('tcp');
  }
}

/** A connection that a bad network has ended is a result; anything else is an error. */
function report(error: Error, onFailed: (error: Error) => void): void {
  if (!['ETIMEDOUT', 'ECONNRESET', 'EPIPE', 'ABORT_ERR'].includes(errorCode(error)))
    onFailed(error);
}
