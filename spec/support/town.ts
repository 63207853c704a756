import { SeededRandom } from '../../lib/base/random.ts';
import type { ChatConfig } from '../../lib/chat/config.ts';
import { LOBBY } from '../../lib/chat/config.ts';
import { ClientCore, type ClientCoreOptions } from '../../lib/client/core.ts';
import type { ClientEvent } from '../../lib/client/events.ts';
import { plaintext } from '../../lib/crypto/plaintext.ts';
import { HmacResetTokens } from '../../lib/crypto/reset-tokens.ts';
import type { Impairment } from '../../lib/lab/impairment.ts';
import { parseImpairment } from '../../lib/lab/netem-parser.ts';
import { makeHost, type SimulatedHost } from '../../lib/lab/simulated-host.ts';
import { World, type WorldNode } from '../../lib/lab/world.ts';
import type { ServerEvent } from '../../lib/server/events.ts';
import { MemoryStore } from '../../lib/store/memory-store.ts';
import type { TransportConfig } from '../../lib/transport/config.ts';

const SERVER = { address: '10.0.0.1', port: 5000 };

/** What `tc-netem` would understand. */
export function weather(text: string): Impairment {
  const parsed = parseImpairment(text);
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.impairment;
}

/** Somebody with a client. */
export interface Person {
  readonly core: ClientCore;
  readonly node: WorldNode;
  readonly events: ClientEvent[];
  /** When each of them came, ms of virtual time. */
  readonly times: readonly number[];
  /** The events of one type, in order. */
  of<T extends ClientEvent['type']>(type: T): Extract<ClientEvent, { type: T }>[];
}

/** One server and its clients, the production cores, in virtual time. */
export class Town {
  readonly world: World;
  readonly log: ServerEvent[] = [];
  server: SimulatedHost & { readonly node: WorldNode };
  readonly #random: SeededRandom;
  readonly #chat: Partial<ChatConfig>;
  readonly #transport: Partial<TransportConfig>;
  readonly #shards: number;
  readonly #diskDelay: number | undefined;
  readonly #store = new MemoryStore({ logId: new Uint8Array(8) });
  #people = 0;

  constructor(
    seed: number,
    options: {
      impairment?: string;
      chat?: Partial<ChatConfig>;
      /** Of the server. */
      transport?: Partial<TransportConfig>;
      shards?: number;
      /** ms that the disk takes for each request; all is kept at once unless told. */
      diskDelay?: number;
    } = {},
  ) {
    const { impairment = 'delay 10ms', chat = {}, shards = 1, diskDelay } = options;
    this.#transport = options.transport ?? {};
    this.#shards = shards;
    this.#diskDelay = diskDelay;
    this.#random = new SeededRandom(seed);
    this.#chat = chat;
    this.world = new World({ seed, impairment: weather(impairment) });
    this.server = this.startServer();
  }

  startServer(): SimulatedHost & { readonly node: WorldNode } {
    const host = makeHost(this.#random.fork(), {
      shards: this.#shards,
      epoch: 1_000_000,
      chat: this.#chat,
      transport: this.#transport,
      ...(this.#diskDelay !== undefined && { store: this.#store.load() }),
      ...(this.#shards > 1 && { resets: new HmacResetTokens(new Uint8Array(32)) }),
    });
    const { core, machine } = host;
    const application = (): boolean => {
      let isBusy = false;
      for (let event = core.pollEvent(); event !== undefined; event = core.pollEvent()) {
        this.log.push(event);
        isBusy = true;
      }
      this.#runDisk(core);
      return isBusy;
    };
    const node = this.world.add({ name: 'server', address: SERVER, machine, application });
    this.server = { ...host, node };
    return this.server;
  }

  #runDisk(core: SimulatedHost['core']): void {
    const now = this.world.now;
    for (let next = core.pollStoreRequest(now); next; next = core.pollStoreRequest(now)) {
      const answer = this.#store.execute(next);
      this.world.at(now + (this.#diskDelay ?? 0), () =>
        this.world.act(this.server.node, (at) => core.handleStoreAnswer(at, answer)),
      );
    }
  }

  /** Someone who begins to connect now. */
  add(nick: string, options: Partial<ClientCoreOptions> = {}): Person {
    const random = this.#random.fork();
    const all = { server: SERVER, nick, random, handshakes: plaintext, epoch: 1_000_000 };
    const core = new ClientCore({ ...all, ...options });
    const events: ClientEvent[] = [];
    const times: number[] = [];
    const application = (): boolean => {
      const before = events.length;
      for (let event = core.pollEvent(); event !== undefined; event = core.pollEvent()) {
        events.push(event);
        times.push(this.world.now);
      }
      return events.length > before;
    };
    const address = { address: `10.0.0.${++this.#people + 1}`, port: 40_000 };
    const node = this.world.add({ name: nick, address, machine: core, application });
    this.world.act(node, (now) => core.start(now));
    const of = <T extends ClientEvent['type']>(type: T): Extract<ClientEvent, { type: T }>[] =>
      events.filter((event) => event.type === type) as never[];
    return { core, node, events, times, of };
  }

  say({ core, node }: Person, text: string): void {
    this.world.act(node, (now) => void core.post(now, LOBBY, text));
  }

  wait(ms: number): void {
    this.world.run(this.world.now + ms);
  }
}
