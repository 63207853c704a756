import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { CHAT_DEFAULTS, type ChatConfig } from '../chat/config.ts';
import { Invitations } from '../crypto/invitations.ts';
import { type PasswordVerifier, verifyPassword } from '../crypto/password.ts';
import { plaintext } from '../crypto/plaintext.ts';
import { KEY_LENGTH } from '../crypto/x25519.ts';
import { type DatagramSink, Driver } from '../net/driver.ts';
import { type IdentityOptions, serverSecrets } from '../net/keys.ts';
import { SystemRandom } from '../net/system-random.ts';
import { hasReusePort } from '../net/udp-socket.ts';
import type { RetentionConfig } from '../store/config.ts';
import type { StoreAnswer } from '../store/store.ts';
import { StoreThread } from '../store/store-thread.ts';
import type { TransportConfig } from '../transport/config.ts';
import type { Address, Machine } from '../transport/machine.ts';
import { ServerCore } from './core.ts';
import type { ServerEvent } from './events.ts';
import type { ServerFigures } from './figures.ts';
import type { HubCoreOptions } from './hub-core.ts';
import type { JudgeLab } from './labs.ts';
import { LateMachine } from './late-machine.ts';
import { ShardThreads } from './shard-threads.ts';
import { ShardedCore } from './sharded-core.ts';

/** ms that saying goodbye to everybody may take, after all that may be waited for (`drainFor`). */
const CLOSE_WAIT = 500;

/** Of a hub whose threads have the sockets: it has nothing to send. */
const NO_SOCKET: Pick<DatagramSink, 'send' | 'close'> = { send: () => {}, close: () => {} };

export interface ChatServerOptions extends IdentityOptions {
  readonly chat?: Partial<ChatConfig>;
  readonly transport?: Partial<TransportConfig>;
  /**
   * Directory in which everything is kept, made if need be; no other host may use it meanwhile.
   * Without one all is kept in memory, a little of it, and forgotten when the server stops.
   */
  readonly data?: string;
  readonly retention?: Partial<RetentionConfig>;
  /** What opens the chat; nothing is needed unless told. */
  readonly password?: PasswordVerifier;
  /** Public keys, in hexadecimal, that need no password; without a password, no others come in. */
  readonly authorizedKeys?: ReadonlySet<string>;
  /** Whoever is not known comes in by invitation only; see `Invitations`. */
  readonly inviteOnly?: boolean;
  /** Whose chat this is: public keys, in hexadecimal. Nobody's unless told. */
  readonly owners?: readonly string[];
  /** Reads the impairments that operators announce (`judgeLab`); without it there is no lab. */
  readonly judgeLab?: JudgeLab;
  /**
   * Puts something between socket and server: an emulator of a bad network, a trace. `local` is
   * where the socket is bound.
   */
  readonly impair?: (machine: Machine, local: () => Address) => Machine;
  /**
   * Threads that have connections: encryption and fan-out take most of a server's time. With one,
   * the default, that is the calling thread, which is best for some hundred people. At most 256.
   * More take `plaintext` or our own handshakes alone.
   */
  readonly threads?: number;
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

/** A chat server on a UDP port: a `ServerCore`, its store's thread, the driver that runs it. */
export class ChatServer extends EventEmitter<ChatServerEvents> {
  readonly #options: ChatServerOptions;
  #core: ServerCore | ShardedCore | undefined;
  #shards: ShardThreads | undefined;
  #store: StoreThread | undefined;
  #driver: Driver | undefined;
  #closing: Promise<void> | undefined;
  #isClosed = false;

  constructor(options: ChatServerOptions = {}) {
    super();
    this.#options = options;
  }

  /** How many people are in. */
  get memberCount(): number {
    return this.#core?.memberCount ?? 0;
  }

  /** What there is to measure; undefined while it does not listen. */
  async figures(): Promise<ServerFigures | undefined> {
    const core = this.#core;
    if (this.#isClosed || core === undefined) return undefined;
    const inMain = core instanceof ServerCore ? core.figures(Driver.now()).shards : [];
    const shards = (await this.#shards?.figures()) ?? inMain;
    const threads = 1 + (this.#shards?.size ?? 0) + (this.#store === undefined ? 0 : 1);
    return { ...core.hubFigures, shards, threads };
  }

  /**
   * Begins to listen, once what is kept has been read. Rejects with the system's error (EADDRINUSE,
   * EACCES, EADDRNOTAVAIL), or with a StoreError when the data directory cannot be used.
   */
  async listen({ signal, ...bind }: ChatListenOptions): Promise<Address> {
    const owner = {
      onTurn: (): void => this.#onTurn(),
      onWarning: (text: string): void => void this.emit('warning', text),
      onError: (error: Error): void => this.#fail(error),
    };
    const machine = new LateMachine();
    const { impair, threads = 1 } = this.#options;
    const driver = await Driver.bind(machine, owner, bind);
    const { address } = driver;
    const isShared = threads > 1 && impair === undefined && hasReusePort();
    // The port is free; from here on it is taken by the threads themselves.
    if (isShared) driver.close();
    this.#driver = isShared ? Driver.over(machine, owner, { ...NO_SOCKET, address }) : driver;
    try {
      await this.#openStore();
      const options = this.#hubOptions(address.port);
      const core =
        threads > 1
          ? await this.#startThreads(options, isShared ? address : undefined)
          : this.#makeCore(options);
      this.#core = core;
      machine.become(impair?.(core, () => address) ?? core);
    } catch (error) {
      await this.#release();
      throw error;
    }
    this.#driver.wake();
    signal?.addEventListener('abort', () => void this.close(), { once: true });
    return address;
  }

  /** The hub, beside threads that listen together (at `bind`), or behind one receiver. */
  async #startThreads(options: HubCoreOptions, bind: Address | undefined): Promise<ShardedCore> {
    const { threads: shards = 1, identity = randomBytes(KEY_LENGTH) } = this.#options;
    const { handshakes, watch } = this.#options;
    if (watch !== undefined || (handshakes !== undefined && handshakes !== plaintext)) {
      throw new TypeError('what makes keys cannot go to another thread: leave `threads` out');
    }
    const core = new ShardedCore({ ...options, shards });
    const setup = {
      shards,
      identity,
      isPlaintext: handshakes === plaintext,
      transport: this.#options.transport ?? {},
      chat: this.#options.chat ?? {},
      bind,
    };
    this.#shards = await ShardThreads.start(setup, {
      onNews: (shard, news) => {
        core.handleNews(Driver.now(), shard, news);
        this.#driver?.wake();
      },
      onLost: (shard, reason) => {
        core.handleShardLost(Driver.now(), shard);
        this.emit('warning', `a thread died (${reason}) and is started again; its clients return`);
        this.#driver?.wake();
      },
      onWarning: (text) => void this.emit('warning', text),
      onError: (error) => this.#fail(error),
    });
    return core;
  }

  async #openStore(): Promise<void> {
    const { data, retention } = this.#options;
    if (data === undefined) return;
    const owner = {
      onAnswer: (answer: StoreAnswer): void => {
        this.#core?.handleStoreAnswer(Driver.now(), answer);
        this.#driver?.wake();
      },
      onWarning: (text: string): void => void this.emit('warning', text),
      onError: (error: Error): void => this.#fail(error),
    };
    this.#store = await StoreThread.open(data, owner, { ...(retention && { retention }) });
  }

  #makeCore(options: HubCoreOptions): ServerCore {
    const { transport } = this.#options;
    return new ServerCore({
      ...options,
      ...serverSecrets(this.#options),
      ...(transport !== undefined && { transport }),
    });
  }

  #hubOptions(port: number): HubCoreOptions {
    const { chat, password, authorizedKeys, inviteOnly, owners, judgeLab } = this.#options;
    const { identity, data } = this.#options;
    // What is kept in memory does not know which invitations were used before.
    const since = data === undefined ? Date.now() : 0;
    return {
      random: new SystemRandom(),
      epoch: Date.now() - Driver.now(),
      access: {
        hasPassword: password !== undefined,
        ...(authorizedKeys !== undefined && { authorizedKeys }),
        ...(inviteOnly !== undefined && { isInviteOnly: inviteOnly }),
        ...(identity !== undefined && {
          invitations: { reader: new Invitations(identity), port, since },
        }),
      },
      ...(chat !== undefined && { chat }),
      ...(owners !== undefined && { owners }),
      ...(judgeLab !== undefined && { judgeLab }),
      ...(this.#store !== undefined && { store: this.#store.state }),
    };
  }

  /** Tells everybody that the server stops and frees the port; resolves when that is done. */
  close(reason?: string): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      this.once('close', resolve);
      this.#core?.close(Driver.now(), reason);
      this.#driver?.wake();
      const { drainFor } = { ...CHAT_DEFAULTS, ...this.#options.chat };
      setTimeout(() => void this.#finish(), drainFor + CLOSE_WAIT).unref();
      if (this.#driver === undefined) void this.#finish();
    });
    return this.#closing;
  }

  #onTurn(): void {
    const core = this.#core;
    if (core === undefined) return;
    for (let event = core.pollEvent(); event !== undefined; event = core.pollEvent()) {
      this.emit('event', event);
    }
    const said = core.pollPassword();
    if (said !== undefined) void this.#verify(said);
    const now = Driver.now();
    for (let next = core.pollStoreRequest(now); next; next = core.pollStoreRequest(now)) {
      this.#store?.submit(next);
    }
    if (core instanceof ShardedCore) this.#shards?.hand(core);
    if (this.#closing !== undefined && core.isDrained) void this.#finish();
  }

  async #verify(said: string): Promise<void> {
    const { password } = this.#options;
    const isRight = password !== undefined && (await verifyPassword(password, said));
    this.#core?.handleVerified(Driver.now(), isRight);
    this.#driver?.wake();
  }

  #fail(error: Error): void {
    this.emit('error', error);
    void this.#finish();
  }

  async #finish(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#release();
    this.emit('close');
  }

  async #release(): Promise<void> {
    this.#driver?.close();
    await this.#shards?.close();
    await this.#store?.close();
  }
}
