import { lookup } from 'node:dns/promises';
import type { TransportConfig } from '../transport/config.ts';
import { Endpoint } from '../transport/endpoint.ts';
import type { Address, Machine } from '../transport/machine.ts';
import { Driver } from './driver.ts';
import { type ClientIdentityOptions, clientHandshakes } from './keys.ts';
import { SystemRandom } from './system-random.ts';
import { ConnectionError, UdpConnection } from './udp-connection.ts';

export interface ConnectOptions extends ClientIdentityOptions {
  readonly port: number;
  /** A name or an address; default 127.0.0.1. */
  readonly host?: string;
  /** Address of this machine to send from; default: what the system chooses. */
  readonly localAddress?: string;
  readonly config?: Partial<TransportConfig>;
  /** Closes the connection, or gives up making it, when aborted. */
  readonly signal?: AbortSignal;
  /** Puts something between socket and machine: an emulator of a bad network. */
  readonly impair?: (machine: Machine) => Machine;
}

/** The address of a host name, or of an address written as text. Rejects with ENOTFOUND. */
export async function resolveHost(host: string, port: number): Promise<Address> {
  try {
    const { address } = await lookup(host);
    return { address, port };
  } catch (cause) {
    throw new ConnectionError('ENOTFOUND', `no address is known for ${host}`, { cause });
  }
}

/**
 * Connects to a server. Resolves when the connection stands; rejects with ConnectionError when it
 * does not come to stand: ENOTFOUND, ECONNREFUSED, ETIMEDOUT, ABORT_ERR.
 */
export async function connect(options: ConnectOptions): Promise<UdpConnection> {
  const { port, host = '127.0.0.1', signal, config, impair } = options;
  if (signal?.aborted) throw new ConnectionError('ABORT_ERR', 'aborted before it began');
  const to = await resolveHost(host, port);
  const endpoint = new Endpoint({
    random: new SystemRandom(),
    handshakes: clientHandshakes(options),
    ...(config === undefined ? {} : { config }),
  });
  const machine = impair?.(endpoint) ?? endpoint;
  const inner = endpoint.connect(Driver.now(), to);
  let driver: Driver | undefined;
  const connection = new UdpConnection(inner, {
    wake: () => driver?.wake(),
    address: () => driver?.address ?? { address: '', port: 0 },
  });
  const { promise, resolve, reject } = withResolvers<UdpConnection>();
  connection.once('connect', () => resolve(connection));
  connection.once('close', ({ reason }) => reject(refusal(signal, reason, to)));
  signal?.addEventListener('abort', () => connection.destroy(), { once: true });
  const onTurn = (): void => {
    for (let item = endpoint.pollEvent(); item !== undefined; item = endpoint.pollEvent()) {
      connection.deliver(item.event);
    }
    if (inner.isSuspect) driver?.rebind();
    if (endpoint.isDrained) driver?.close();
  };
  const onError = (cause: Error): void => {
    inner.abandon(cause.message);
    onTurn();
  };
  const onUnreachable = (): void => endpoint.handleUnreachable();
  driver = await Driver.connect(
    machine,
    { onTurn, onError, onUnreachable },
    to,
    options.localAddress,
  );
  return promise;
}

function refusal(
  signal: AbortSignal | undefined,
  reason: string,
  { address, port }: Address,
): ConnectionError {
  if (signal?.aborted) return new ConnectionError('ABORT_ERR', 'aborted');
  const code = reason.startsWith('nobody') ? 'ECONNREFUSED' : 'ETIMEDOUT';
  return new ConnectionError(code, `${address} port ${port}: ${reason}`);
}

function withResolvers<T>(): {
  promise: Promise<T>;
  resolve: (value: T) => void;
  reject: (error: Error) => void;
} {
  let resolve: (value: T) => void = () => {};
  let reject: (error: Error) => void = () => {};
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
