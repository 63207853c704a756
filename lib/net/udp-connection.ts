import { EventEmitter } from 'node:events';
import { ChannelKind } from '../transport/channel.ts';
import type { Connection } from '../transport/connection.ts';
import type { ConnectionEvent } from '../transport/connection-event.ts';
import { type CloseInfo, TransportError } from '../transport/errors.ts';
import type { Address } from '../transport/machine.ts';
import type { ConnectionStats } from '../transport/stats.ts';
import { ChannelStream, type ChannelStreamOptions } from './channel-stream.ts';
import { Driver } from './driver.ts';

/** The close code of an application that gave none. */
const NO_ERROR = 0;

const NO_OPTIONS = {};

/** Why a connection failed. `code` is what node:net would say: ETIMEDOUT, ECONNRESET, EPROTO. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
  readonly code: 'ETIMEDOUT' | 'ECONNREFUSED' | 'EPROTO' | 'ENOTFOUND' | 'ABORT_ERR';

  constructor(code: ConnectionError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Events of a `UdpConnection` and what they carry. */
export interface UdpConnectionEvents {
  connect: [];
  /** A whole message, in the order of its channel. */
  message: [bytes: Uint8Array, channel: number];
  /** `send` returned false for this channel before; there is room again. */
  drain: [channel: number];
  /** The peer has been silent: `suspect`; and is heard again: `alive`. */
  liveness: [state: 'alive' | 'suspect'];
  /** The connection failed. `close` follows. */
  error: [error: ConnectionError];
  /** The last event. */
  close: [close: CloseInfo];
}

/** What a connection needs of whoever runs it. */
export interface ConnectionHost {
  wake(): void;
  /** Where our socket is bound. */
  address(): Address;
}

/**
 * One connection, shaped like `net.Socket`, but it carries messages, not bytes: `send` is one
 * message, `message` is one message.
 */
export class UdpConnection extends EventEmitter<UdpConnectionEvents> {
  readonly #inner: Connection;
  readonly #host: ConnectionHost;
  #streams: Map<number, ChannelStream> | undefined;
  #isClosed = false;

  constructor(inner: Connection, host: ConnectionHost) {
    super();
    this.#inner = inner;
    this.#host = host;
  }

  get remote(): Address {
    return this.#inner.remote;
  }

  /** The static public key that the peer has proven, 32 bytes; undefined under `plaintext`. */
  get peerKey(): Uint8Array | undefined {
    return this.#inner.peerKey;
  }

  /** Our own address: that of the socket, which a server's connections share. */
  address(): Address {
    return this.#host.address();
  }

  /** Whether nothing can be sent any more. */
  get destroyed(): boolean {
    return this.#isClosed || !this.#inner.isOpen;
  }

  /**
   * Sends one message of at most 1 MiB; text as UTF-8. The channel's kind is in its low bits:
   * 0, 4, 8 … are ordered and reliable, 1, 5 … unordered, 2, 6 … ordered with gaps, 3, 7 …
   * unreliable. All but the first kind may give a message a `lifetime`, ms: what was not delivered
   * by then is sent no more, and those behind it don't wait for it. Returns
   * false when the caller should wait for `drain`. Throws TransportError when closed, too long, or
   * when 8 MiB wait already. Bytes are not copied: leave them alone.
   */
  send(
    data: Uint8Array | string,
    channel = 0,
    { lifetime }: { readonly lifetime?: number } = {},
  ): boolean {
    const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data;
    const options = lifetime === undefined ? NO_OPTIONS : { expiresAt: Driver.now() + lifetime };
    const more = this.#inner.send(channel, bytes, options);
    this.#host.wake();
    return more;
  }

  /**
   * What waits to be sent on channels of priority 0 goes first, on those of 7 last, as RFC 9218
   * numbers urgencies; 3 unless set. Channels of one priority take turns.
   */
  setPriority(channel: number, priority: number): void {
    this.#inner.setPriority(channel, priority);
  }

  /**
   * Reads no more of this channel: its messages wait, and once its window is full the peer's
   * sending does. The others go on. A pause ends with the connection.
   */
  pause(channel: number): void {
    this.#inner.setPaused(channel, true);
  }

  /** Reads on. */
  resume(channel: number): void {
    this.#inner.setPaused(channel, false);
    this.#host.wake();
  }

  /**
   * The channel, one of 0, 4, 8 …, as a stream of bytes: once for each channel. Its messages are no
   * `message` events any more, so call this before the peer begins to send, or `pause` until then.
   * Throws TransportError.
   */
  stream(channel: number, options: ChannelStreamOptions = {}): ChannelStream {
    if (channel % 4 !== ChannelKind.orderedReliable || this.#streams?.has(channel)) {
      throw new TransportError('ERR_CHANNEL', `channel ${channel} can be no stream, or is one`);
    }
    const stream = new ChannelStream(this, channel, options);
    this.#streams ??= new Map();
    this.#streams.set(channel, stream);
    return stream;
  }

  /** Closes once all that was sent is acknowledged. Codes from 256 on are the application's. */
  end(code: number = NO_ERROR, reason = ''): void {
    this.#inner.end(Driver.now(), { code, reason });
    this.#host.wake();
  }

  /** Closes at once. */
  destroy(code: number = NO_ERROR, reason = ''): void {
    this.#inner.close(Driver.now(), { code, reason });
    this.#host.wake();
  }

  stats(): ConnectionStats {
    return this.#inner.stats(Driver.now());
  }

  /** For the owner of the endpoint: passes an event of the machine on. */
  deliver(event: ConnectionEvent): void {
    switch (event.type) {
      case 'connected':
        this.emit('connect');
        break;
      case 'message':
        this.#deliver(event.bytes, event.channel);
        break;
      case 'drain':
        this.#streams?.get(event.channel)?.drained();
        this.emit('drain', event.channel);
        break;
      case 'liveness':
        this.emit('liveness', event.state);
        break;
      case 'closed':
        this.#close(event.close);
        break;
    }
  }

  #deliver(bytes: Uint8Array, channel: number): void {
    const stream = this.#streams?.get(channel);
    if (stream === undefined) this.emit('message', bytes, channel);
    else stream.receive(bytes);
  }

  #close(close: CloseInfo): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const error = toError(close);
    for (const stream of this.#streams?.values() ?? []) stream.disconnected(error);
    if (error !== undefined && this.listenerCount('error') > 0) this.emit('error', error);
    this.emit('close', close);
  }
}

function toError({ by, reason }: CloseInfo): ConnectionError | undefined {
  if (by === 'timeout') return new ConnectionError('ETIMEDOUT', reason);
  if (by === 'error') return new ConnectionError('EPROTO', reason);
  return undefined;
}
