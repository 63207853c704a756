import { plaintext } from '../../../crypto/plaintext.ts';
import { connect } from '../../../net/connect.ts';
import { createServer } from '../../../net/server.ts';
import type { TransportConfig } from '../../../transport/config.ts';
import type { Machine } from '../../../transport/machine.ts';
import { HANDSHAKE_TIMEOUT } from '../../experiment.ts';
import { ImpairedMachine } from '../../impaired-machine.ts';
import type { LiveRun } from '../../live/live-run.ts';
import { NO_RECORDS, Tap } from '../../live/tap.ts';
import { sharedOffset } from './clock.ts';
import type { Inlet, InletOptions, Outlet, OutletOptions } from './ends.ts';

/** Receives by our own transport. Rejects with the system's error. */
export async function listenUdp(options: InletOptions): Promise<Inlet> {
  const { run, address, onMessage, onFailed } = options;
  let tap: Tap | undefined;
  const server = createServer({
    handshakes: plaintext,
    config: configOf(run),
    impair: (machine) => {
      tap = tapOf(run, machine);
      return tap ?? machine;
    },
  });
  server.on('connection', (connection) => connection.on('message', onMessage));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port: 0, address }, resolve);
  });
  server.on('error', onFailed);
  return {
    port: server.address()?.port ?? 0,
    get packets() {
      return tap ?? NO_RECORDS;
    },
    close: () => void server.close(),
  };
}

/** Sends by our own transport. Rejects with ConnectionError. */
export async function connectUdp(options: OutletOptions): Promise<Outlet> {
  const { run, to, onDrained, onFailed, signal } = options;
  let tap: Tap | undefined;
  const wrap = (machine: Machine): Machine => {
    tap = tapOf(run, machine);
    const seen = tap ?? machine;
    return run.emulate === undefined ? seen : new ImpairedMachine(seen, run.emulate);
  };
  const connection = await connect({
    host: to.address,
    port: to.port,
    handshakes: plaintext,
    config: configOf(run),
    impair: wrap,
    signal,
  });
  connection.on('drain', onDrained);
  connection.on('error', onFailed);
  return {
    get packets() {
      return tap ?? NO_RECORDS;
    },
    get stats() {
      return connection.stats();
    },
    finalStats: () => Promise.resolve(connection.stats()),
    send: (bytes) => connection.send(bytes),
    close: () => connection.destroy(),
  };
}

function tapOf({ isTapped, isTraced = false }: LiveRun, machine: Machine): Tap | undefined {
  if (!isTapped && !isTraced) return undefined;
  return new Tap(machine, { offset: sharedOffset(), keepsBytes: isTraced });
}

function configOf({ arq, window }: LiveRun): Partial<TransportConfig> {
  if (arq === 'tcp') throw new Error('TCP is no ARQ of ours');
  return { arq, arqWindow: window, handshakeTimeout: HANDSHAKE_TIMEOUT };
}
