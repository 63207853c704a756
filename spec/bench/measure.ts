import { type ChildProcess, fork } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createServer, plaintext, type UdpConnection, type UdpServer } from '../../lib/index.ts';

/** Rounds whose median counts; one more goes before them, to warm up. */
export const ROUNDS = 3;

/** Figures are with encryption, unless UDPCHAT_PLAINTEXT is 1. */
export const KEYS = process.env['UDPCHAT_PLAINTEXT'] === '1' ? { handshakes: plaintext } : {};

/** One way to do a piece of work; resolves to microseconds of CPU for a unit of it. */
export type Contender = () => Promise<number>;

/** What udpchat is compared with; `atLeast` is how many times dearer than udpchat it must be. */
export interface Peer {
  readonly name: string;
  readonly run: Contender;
  readonly atLeast?: number;
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** Microseconds of this process's CPU for each of `count` units of `work`. */
export async function cpuEach(count: number, work: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / count;
}

/**
 * Prints the medians of all and, for each peer, its cost divided by udpchat's. They take turns,
 * so that what else the machine does hits all of them, and a ratio is always of one round.
 */
export async function compare(title: string, ours: Contender, peers: readonly Peer[]) {
  const all = [{ name: 'udpchat', run: ours }, ...peers];
  const costs = all.map((): number[] => []);
  for (let round = 0; round <= ROUNDS; round++) {
    console.error(`${title}: round ${round} of ${ROUNDS}`);
    for (const [i, { run }] of all.entries()) {
      const cost = await run();
      if (round > 0) costs[i]?.push(cost);
    }
  }
  const figures = all.map(({ name }, i) => `${name} ${median(costs[i] ?? []).toFixed(2)} us`);
  const ratios = peers.map(({ name, atLeast }, i) => {
    const each = (costs[i + 1] ?? []).map((cost, round) => cost / (costs[0]?.[round] ?? 0));
    const target = atLeast === undefined ? '' : ` (target ${atLeast.toFixed(2)})`;
    return `${median(each).toFixed(2)}x ${name}${target}`;
  });
  console.log(`${title.padEnd(40)} ${ratios.join(', ')}; ${figures.join(', ')}`);
}

/** A raw socket on a free loopback port; dgram's own lookup would make each send dearer. */
export async function bound(): Promise<Socket> {
  const socket = createSocket({
    type: 'udp4',
    lookup: (host, _options, callback) => callback(null, host, 4),
  });
  const isBound = once(socket, 'listening');
  socket.bind(0, '127.0.0.1');
  await isBound;
  return socket;
}

/** A server of ours on a free loopback port. */
export async function listening(
  onConnection: (connection: UdpConnection) => void,
): Promise<{ server: UdpServer; port: number }> {
  const server = createServer(KEYS, onConnection);
  server.listen({ port: 0, address: '127.0.0.1' });
  await once(server, 'listening');
  return { server, port: server.address()?.port ?? 0 };
}

/**
 * Another process, so that its CPU is not in ours; it ends with us, and we end with an error if it
 * ends before it is killed: what is measured without it is worth nothing. `file` is beside this
 * one.
 */
export function helper(file: string, args: readonly (string | number)[]): ChildProcess {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const child = fork(path, args.map(String));
  child.on('exit', (code, signal) => {
    if (child.killed) return;
    console.error(`${file} ${args.join(' ')} ended early: ${signal ?? `exit code ${code}`}`);
    process.exit(1);
  });
  return child;
}

/** Turns of the event loop: whoever has something to send or to read gets to do it. */
export async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
}
