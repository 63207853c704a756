import { randomBytes, randomInt, SeededRandom } from '../../lib/base/random.ts';
import { toHex } from '../../lib/chat/bytes.ts';
import { decodeClientRecords } from '../../lib/chat/codec.ts';
import { type ChatConfig, LOG_ID_BYTES } from '../../lib/chat/config.ts';
import type { KeptOutbox, KeptPost } from '../../lib/chat/kept.ts';
import { CLIENT_DEFAULTS, type ClientConfig } from '../../lib/client/config.ts';
import type { ClientEvent } from '../../lib/client/events.ts';
import { ClientSession, type SessionOutput } from '../../lib/client/session.ts';
import { sessionOwner } from '../../lib/crypto/digest.ts';
import { judgeLab } from '../../lib/lab/judge-lab.ts';
import type { ServerEvent } from '../../lib/server/events.ts';
import type { Access } from '../../lib/server/gate.ts';
import { Hub } from '../../lib/server/hub.ts';
import { MemoryStore } from '../../lib/store/memory-store.ts';
import type { Store } from '../../lib/store/store.ts';

/** One direction of one channel: in order and without loss, as the transport promises. */
interface Pipe {
  readonly key: string;
  readonly deliver: (bytes: Uint8Array) => void;
  readonly queue: Uint8Array[];
}

export interface From {
  readonly address?: string;
  /** One byte stands for a key of 32. */
  readonly key?: number;
}

/** A client of the pump: its session, and all that it was told. */
export class PumpClient {
  readonly session: ClientSession;
  readonly events: ClientEvent[] = [];
  readonly outcomes: SessionOutput[] = [];
  /** What it would leave behind now, if it was made with `kept`. */
  readonly left = new Map<string, KeptPost>();
  /** Where it connects from, and as whom; a new address each time unless told. */
  readonly from: From;
  /** The number of its connection; undefined while it has none. */
  peer: number | undefined;
  /** What the server files its lines under; empty before its first hello. */
  owner = '';

  constructor(session: ClientSession, from: From) {
    this.session = session;
    this.from = from;
  }

  /** The events of one type, in order. */
  of<T extends ClientEvent['type']>(type: T): Extract<ClientEvent, { type: T }>[] {
    return this.events.filter((event) => event.type === type) as never[];
  }

  /** The texts shown in a room, in order. */
  get lines(): string[] {
    return this.of('message').map(({ text }) => text);
  }
}

export interface PumpOptions {
  readonly seed: number;
  readonly chat?: Partial<ChatConfig>;
  /** The password of the chat; none unless told. */
  readonly password?: string;
  /** Keys, in hexadecimal, that come in without a password. */
  readonly authorizedKeys?: ReadonlySet<string>;
  /** Who else may come in. */
  readonly access?: Access;
}

/**
 * A hub and its clients with nothing between them but ordered channels, whose relative speed is
 * drawn from a seed: what a chat must get right whatever the transport does.
 */
export class ChatPump {
  readonly serverEvents: ServerEvent[] = [];
  readonly closed = new Map<number, number>();
  /** Passwords that were compared with the right one. */
  readonly passwords: string[] = [];
  now = 0;
  /** Sees every record that a client is given. */
  spy: ((bytes: Uint8Array) => void) | undefined;
  /** Whose chat it is, by `PumpClient.owner`; counts when a server starts. */
  readonly owners: string[] = [];
  hub: Hub;
  /** What the hub has kept: outlives it. */
  store: Store;
  readonly #random: SeededRandom;
  readonly #chat: Partial<ChatConfig>;
  readonly #password: string | undefined;
  readonly #access: Access;
  readonly #clients: PumpClient[] = [];
  #pipes: Pipe[] = [];
  #nextPeer = 1;

  constructor({ seed, chat = {}, password, authorizedKeys, access }: PumpOptions) {
    this.#password = password;
    this.#access = {
      ...access,
      hasPassword: password !== undefined,
      ...(authorizedKeys !== undefined && { authorizedKeys }),
    };
    this.#random = new SeededRandom(seed);
    // Here time may stand still while any number of lines is said.
    this.#chat = { busyMessages: 1e9, ...chat };
    this.store = this.#makeStore();
    this.hub = this.#makeHub();
  }

  /** A client that is not connected yet. */
  client(
    nick: string,
    options: {
      history?: number;
      rooms?: readonly string[];
      config?: Partial<ClientConfig>;
      password?: string;
      from?: From;
      kept?: KeptOutbox;
    } = {},
  ): PumpClient {
    const session = new ClientSession(this.now, {
      nick,
      random: this.#random.fork(),
      epoch: 1_000_000,
      rooms: options.rooms ?? ['#lobby'],
      history: options.history ?? 50,
      config: { ...CLIENT_DEFAULTS, ...options.config },
      ...(options.password !== undefined && { password: options.password }),
      ...(options.kept !== undefined && { kept: options.kept }),
    });
    const client = new PumpClient(session, options.from ?? {});
    for (const post of options.kept?.posts ?? []) client.left.set(post.id, post);
    this.#clients.push(client);
    return client;
  }

  /** A client that is in. */
  join(nick: string, ...rooms: readonly string[]): PumpClient {
    const client = this.client(nick, rooms.length > 0 ? { rooms } : {});
    this.connect(client);
    this.run();
    return client;
  }

  /** Somebody with a key or from an address of their own, who is in or was refused. */
  enter(nick: string, from: From = {}, password?: string): PumpClient {
    const client = this.client(nick, { from, ...(password !== undefined && { password }) });
    this.connect(client);
    this.run();
    return client;
  }

  connect(client: PumpClient): number {
    const peer = this.#nextPeer++;
    client.peer = peer;
    const { address = `192.0.2.${peer % 256}:5000`, key } = client.from;
    const publicKey = key === undefined ? undefined : new Uint8Array(32).fill(key);
    this.hub.handleConnected(this.now, peer, { address, key: publicKey });
    client.session.handleConnected(this.now);
    return peer;
  }

  /** Cuts a connection: what is in the pipes is lost. */
  cut(client: PumpClient, how: 'left' | 'gone' = 'gone'): void {
    const { peer } = client;
    this.loseSilently(client);
    if (peer !== undefined) this.hub.handleDisconnected(this.now, peer, how, `was ${how}`);
  }

  /** The client notices, the server does not: a cable pulled. */
  loseSilently(client: PumpClient): void {
    const { peer } = client;
    client.peer = undefined;
    this.#pipes = this.#pipes.filter(({ key }) => !key.startsWith(`${peer}/`));
    client.session.handleDisconnected(this.now);
  }

  /** `kill -9` and a new start of the server; with an empty store, unless told. */
  restartServer({ keepStore = false } = {}): void {
    if (!keepStore) this.store = this.#makeStore();
    for (const client of this.#clients) {
      if (client.peer !== undefined) this.loseSilently(client);
    }
    this.hub = this.#makeHub();
  }

  /** A restart after which the chat is a client's, and everybody is back. */
  makeOwner(owner: PumpClient): void {
    this.owners.push(owner.owner);
    this.restartServer({ keepStore: true });
    for (const client of this.#clients) this.connect(client);
    this.run();
  }

  /** Raw bytes to the hub, as a hostile client would send them. */
  inject(peer: number, bytes: Uint8Array): void {
    this.hub.handleMessage(this.now, peer, bytes);
  }

  /** Delivers until nothing moves, or for `steps` deliveries. */
  run(steps = Infinity): void {
    this.#drain();
    for (let i = 0; i < steps && this.#pipes.length > 0; i++) {
      const index = randomInt(this.#random, this.#pipes.length);
      const pipe = this.#pipes[index];
      const bytes = pipe?.queue.shift();
      if (pipe?.queue.length === 0) this.#pipes.splice(index, 1);
      if (bytes !== undefined) pipe?.deliver(bytes);
      this.#drain();
    }
  }

  /** Lets `ms` pass, with everybody's timers. */
  advance(ms: number): void {
    const until = this.now + ms;
    for (;;) {
      this.run();
      const timeouts = this.#clients.map(({ session }) => session.nextTimeout(this.now));
      const next = Math.min(this.hub.nextTimeout(), ...timeouts);
      if (next > until) break;
      this.now = Math.max(this.now, next);
      this.hub.handleTimeout(this.now);
      for (const { session } of this.#clients) session.handleTimeout(this.now);
    }
    this.now = until;
  }

  #makeHub(): Hub {
    const { owners } = this;
    const state = this.store.load();
    const given = { epoch: 1_000_000, config: this.#chat, access: this.#access };
    return new Hub({ ...given, state, owners, judgeLab });
  }

  #makeStore(): Store {
    return new MemoryStore({ logId: randomBytes(this.#random, LOG_ID_BYTES) });
  }

  #runStore(): boolean {
    const request = this.hub.pollStoreRequest(this.now);
    if (request === undefined) return false;
    this.hub.handleStoreAnswer(this.now, this.store.execute(request));
    return true;
  }

  #drain(): void {
    do this.#drainHub();
    while (this.#runStore());
    for (const client of this.#clients) this.#drainClient(client);
  }

  #drainHub(): void {
    for (let output = this.hub.pollOutput(); output !== undefined; output = this.hub.pollOutput()) {
      if (output.type === 'event') this.serverEvents.push(output.event);
      else if (output.type === 'close') this.closed.set(output.peer, output.code);
      else if (output.type === 'verify') this.#checkPassword(output.secret);
      else for (const peer of output.peers) this.#toClient(peer, output.channel, output.bytes);
    }
  }

  #checkPassword(secret: string): void {
    this.passwords.push(secret);
    this.hub.handleVerified(this.now, secret === this.#password);
  }

  #drainClient(client: PumpClient): void {
    const { session, peer, left } = client;
    for (let next = session.pollChange(); next !== undefined; next = session.pollChange()) {
      if (next.type === 'add') left.set(next.post.id, next.post);
      else left.delete(next.id);
    }
    for (let output = session.pollOutput(); output !== undefined; output = session.pollOutput()) {
      if (output.type !== 'send') client.outcomes.push(output);
      else if (peer !== undefined) {
        const { channel } = output;
        const [{ record } = {}] = decodeClientRecords(output.bytes);
        if (record?.type === 'hello') client.owner = sessionOwner(toHex(record.session));
        this.#push(`${peer}/up/${channel}`, output.bytes, (bytes) =>
          this.hub.handleMessage(this.now, peer, bytes),
        );
      }
    }
    for (let event = session.pollEvent(); event !== undefined; event = session.pollEvent()) {
      client.events.push(event);
    }
  }

  #toClient(peer: number, channel: number, bytes: Uint8Array): void {
    const client = this.#clients.find((candidate) => candidate.peer === peer);
    if (client === undefined) return;
    this.#push(`${peer}/down/${channel}`, bytes, (record) => {
      this.spy?.(record);
      client.session.handleMessage(this.now, record);
    });
  }

  #push(key: string, bytes: Uint8Array, deliver: (bytes: Uint8Array) => void): void {
    const pipe = this.#pipes.find((candidate) => candidate.key === key);
    if (pipe === undefined) this.#pipes.push({ key, deliver, queue: [bytes] });
    else pipe.queue.push(bytes);
  }
}
