import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import type { ChatConfig } from '../chat/config.ts';
import { plaintext } from '../crypto/plaintext.ts';
import type { HandshakeProvider } from '../crypto/protection.ts';
import { HmacRetryTokens } from '../crypto/retry-tokens.ts';
import { Driver } from '../net/driver.ts';
import { SystemRandom } from '../net/system-random.ts';
import type { TransportConfig } from '../transport/config.ts';
import type { Address, Machine } from '../transport/machine.ts';
import { ServerCore } from './core.ts';
import type { ServerEvent } from './events.ts';

/** ms that saying goodbye to everybody may take. */
const CLOSE_WAIT = 500;

export interface ChatServerOptions {
  readonly chat?: Partial<ChatConfig>;
  readonly transport?: Partial<TransportConfig>;
  /** How keys are made; `plaintext` unless told. */
  readonly handshakes?: HandshakeProvider;
  /** Puts something between socket and server: an emulator of a bad network. */
  readonly impair?: (machine: Machine) => Machine;
}

export interface ChatListenOptions {
  /** 0: any free port. */
  readonly port: number;
  /** Default: all addresses, IPv6 and IPv4. */
  readonly address?: string;
  /** Closes the server when aborted. */
  readonly signal?: AbortSignal;
}

export interface ChatServerEvents {
  /** Something for the log. */
  event: [event: ServerEvent];
  /** Something that whoever runs the server can improve. */
  warning: [text: string];
  /** The socket failed; `close` follows. */
  error: [error: Error];
  /** The last event: the port is free. */
  close: [];
}

/** A chat server on a UDP port: a `ServerCore` and the driver that runs it. */
export class ChatServer extends EventEmitter<ChatServerEvents> {
  readonly #core: ServerCore;
  readonly #machine: Machine;
  #driver: Driver | undefined;
  #closing: Promise<void> | undefined;
  #isClosed = false;

  constructor({ chat, transport, handshakes, impair }: ChatServerOptions = {}) {
    super();
    this.#core = new ServerCore({
      random: new SystemRandom(),
      handshakes: handshakes ?? plaintext,
      tokens: new HmacRetryTokens(randomBytes(32)),
      epoch: Date.now() - Driver.now(),
      ...(chat !== undefined && { chat }),
      ...(transport !== undefined && { transport }),
    });
    this.#machine = impair?.(this.#core) ?? this.#core;
  }

  /** How many people are in. */
  get memberCount(): number {
    return this.#core.memberCount;
  }

  /** Begins to listen. Rejects with the system's error: EADDRINUSE, EACCES, EADDRNOTAVAIL. */
  async listen({ signal, ...bind }: ChatListenOptions): Promise<Address> {
    const owner = {
      onTurn: (): void => this.#onTurn(),
      onWarning: (text: string): void => void this.emit('warning', text),
      onError: (error: Error): void => this.#fail(error),
    };
    this.#driver = await Driver.bind(this.#machine, owner, bind);
    signal?.addEventListener('abort', () => void this.close(), { once: true });
    return this.#driver.address;
  }

  /** Tells everybody that the server stops and frees the port; resolves when that is done. */
  close(reason?: string): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      this.once('close', resolve);
      this.#core.close(Driver.now(), reason);
      this.#driver?.wake();
      setTimeout(() => this.#finish(), CLOSE_WAIT).unref();
      if (this.#driver === undefined) this.#finish();
    });
    return this.#closing;
  }

  #onTurn(): void {
    for (let event = this.#core.pollEvent(); event !== undefined; event = this.#core.pollEvent()) {
      this.emit('event', event);
    }
    if (this.#closing !== undefined && this.#core.isDrained) this.#finish();
  }

  #fail(error: Error): void {
    this.emit('error', error);
    this.#finish();
  }

  #finish(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#driver?.close();
    this.emit('close');
  }
}
