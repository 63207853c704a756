import { EventEmitter } from 'node:events';
import type { AddressInfo } from 'node:net';
import { isIPv6 } from 'node:net';
import type { TransportConfig } from '../transport/config.ts';
import type { Connection } from '../transport/connection.ts';
import { Endpoint } from '../transport/endpoint.ts';
import type { Machine } from '../transport/machine.ts';
import { Driver } from './driver.ts';
import { type IdentityOptions, serverSecrets } from './keys.ts';
import { SystemRandom } from './system-random.ts';
import { UdpConnection } from './udp-connection.ts';

export interface ServerOptions extends IdentityOptions {
  readonly config?: Partial<TransportConfig>;
  /** Puts something between socket and machine: an emulator of a bad network. */
  readonly impair?: (machine: Machine) => Machine;
}

export interface ListenOptions {
  /** 0: any free port. */
  readonly port: number;
  /** Default: all addresses, IPv6 and IPv4. */
  readonly address?: string;
  /** Bytes that the system is asked to hold for us; less is a `warning`. 4 MiB unless told. */
  readonly receiveBuffer?: number;
  /** Closes the server when aborted. */
  readonly signal?: AbortSignal;
}

/** Events of a `UdpServer` and what they carry. */
export interface UdpServerEvents {
  listening: [];
  connection: [connection: UdpConnection];
  /** Something that whoever runs the server can improve. */
  warning: [text: string];
  error: [error: Error];
  /** The last event: every connection is closed and the port is free. */
  close: [];
}

/** Accepts connections on one port, shaped like `net.Server`. */
export class UdpServer extends EventEmitter<UdpServerEvents> {
  readonly #endpoint: Endpoint;
  readonly #machine: Machine;
  readonly #connections = new Map<Connection, UdpConnection>();
  #driver: Driver | undefined;
  #isClosing = false;

  constructor(options: ServerOptions = {}) {
    super();
    this.#endpoint = new Endpoint({
      random: new SystemRandom(),
      ...serverSecrets(options),
      ...(options.config === undefined ? {} : { config: options.config }),
    });
    this.#machine = options.impair?.(this.#endpoint) ?? this.#endpoint;
  }

  /** Begins to listen; `listening` or `error` (EADDRINUSE, EACCES, …) follows. */
  listen(options: number | ListenOptions, onListening?: () => void): this {
    if (onListening !== undefined) this.once('listening', onListening);
    const { signal, ...bind } = typeof options === 'number' ? { port: options } : options;
    signal?.addEventListener('abort', () => this.close(), { once: true });
    const owner = {
      onTurn: (now: number): void => this.#onTurn(now),
      onWarning: (text: string): void => void this.emit('warning', text),
      onError: (error: Error): void => this.#fail(error),
    };
    Driver.bind(this.#machine, owner, bind).then(
      (driver) => {
        this.#driver = driver;
        this.emit('listening');
        if (this.#isClosing) driver.wake();
      },
      (error: unknown) => this.#fail(error instanceof Error ? error : new Error(String(error))),
    );
    return this;
  }

  /** Where the server listens; null before `listening`. */
  address(): AddressInfo | null {
    if (this.#driver === undefined) return null;
    const { address, port } = this.#driver.address;
    return { address, port, family: isIPv6(address) ? 'IPv6' : 'IPv4' };
  }

  get connections(): Iterable<UdpConnection> {
    return this.#connections.values();
  }

  /** Accepts no more, closes every connection once its messages are out, then emits `close`. */
  close(onClose?: () => void): this {
    if (onClose !== undefined) this.once('close', onClose);
    if (this.#isClosing) return this;
    this.#isClosing = true;
    this.#endpoint.end(Driver.now(), { code: 0, reason: 'the server closes' });
    this.#driver?.wake();
    return this;
  }

  #onTurn(_now: number): void {
    const endpoint = this.#endpoint;
    for (let item = endpoint.pollEvent(); item !== undefined; item = endpoint.pollEvent()) {
      const { connection: inner, event } = item;
      if (event.type === 'connected') this.#accept(inner);
      else this.#connections.get(inner)?.deliver(event);
      if (event.type === 'closed') this.#connections.delete(inner);
    }
    if (this.#isClosing && endpoint.isDrained) this.#finish();
  }

  #accept(inner: Connection): void {
    const connection = new UdpConnection(inner, {
      wake: () => this.#driver?.wake(),
      address: () => this.#driver?.address ?? { address: '', port: 0 },
    });
    this.#connections.set(inner, connection);
    this.emit('connection', connection);
  }

  #fail(error: Error): void {
    this.emit('error', error);
    this.#finish();
  }

  #finish(): void {
    this.#driver?.close();
    this.emit('close');
  }
}

/** A server that accepts connections once `listen` is called. */
export function createServer(
  options: ServerOptions = {},
  onConnection?: (connection: UdpConnection) => void,
): UdpServer {
  const server = new UdpServer(options);
  if (onConnection !== undefined) server.on('connection', onConnection);
  return server;
}
