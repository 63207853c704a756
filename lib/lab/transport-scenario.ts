import { randomBytes, randomFloat, randomInt, SeededRandom } from '../base/random.ts';
import { plaintext } from '../crypto/plaintext.ts';
import { HmacRetryTokens } from '../crypto/retry-tokens.ts';
import type { Connection } from '../transport/connection.ts';
import { Endpoint, type EndpointEvent } from '../transport/endpoint.ts';
import { formatAddress } from '../transport/machine.ts';
import { describePacket, InvariantError } from './connection-checker.ts';
import type { Impairment } from './impairment.ts';
import { Ledger } from './ledger.ts';
import { Mischief } from './mischief.ts';
import { transportCheckers } from './transport-checkers.ts';
import { randomBottleneck, randomClock, randomWeather } from './weather.ts';
import { World, type WorldNode } from './world.ts';

/** One of each kind, and several ordered ones: a loss on one must not stall the others. */
const CHANNELS = [0, 4, 8, 1, 5, 2, 3] as const;
const UNRELIABLE = 3;
const PARTIAL = 2;
/** Longest lifetime of a message on the partially reliable channel, ms. */
const MAX_LIFETIME = 2_000;
/** Longest message, and longest on an unreliable channel, bytes. */
const MAX_MESSAGE = 65_536;
const MAX_UNRELIABLE = 1_000;
/** Longest partition, ms: shorter than it takes to be declared dead. */
const MAX_PARTITION = 2_000;
/** A client's address changes after this time and as much again at random, ms. */
const MIN_STAY = 20_000;
/** Within this virtual time after all faults are healed everything must have arrived, ms. */
const DRAIN_BOUND = 60_000;

export interface TransportScenarioOptions {
  readonly seed: number;
  /** Clients of the one server; 1 unless given. */
  readonly clients?: number;
  /** Virtual time before the healing, minutes; 1 unless given. */
  readonly minutes?: number;
  /** Messages that each side of each connection sends; 40 unless given. */
  readonly messages?: number;
  /** The weather of every link; random for each direction unless given. */
  readonly impairment?: Impairment;
  /** Random weather has a bottleneck in each direction too, of its own width; false unless told. */
  readonly narrow?: boolean;
  /** Share of datagrams that come back later as replays or damaged, %; 2 unless given. */
  readonly mischief?: number;
  /** Explains packets in the trace; slow. */
  readonly verbose?: boolean;
  /** Events that the trace of a failure shows. */
  readonly traceSize?: number;
}

/** What a run was, for people and for comparing runs. */
export interface ScenarioReport {
  readonly seed: number;
  readonly traceHash: string;
  readonly steps: number;
  /** Virtual time, ms. */
  readonly elapsed: number;
  /** Messages that arrived. */
  readonly delivered: number;
}

/** One side of one connection: an application that sends, and listens. */
interface Side {
  readonly connection: Connection;
  readonly node: WorldNode;
  /** The two directions as the ledger names them. */
  readonly outward: string;
  readonly inward: string;
  isBlocked: boolean;
}

/**
 * Endpoints in bad weather that send random messages of 0 to 64 KiB on channels of all kinds, both
 * ways. Then the faults heal, and all must arrive, the connections close, and nothing stay armed.
 * Throws SimulationError when an invariant breaks.
 */
export function runTransportScenario(options: TransportScenarioOptions): ScenarioReport {
  return new TransportScenario(options).run();
}

class TransportScenario {
  readonly #options: TransportScenarioOptions;
  readonly #random: SeededRandom;
  readonly #world: World;
  readonly #ledger = new Ledger();
  readonly #endpoints = new Map<WorldNode, Endpoint>();
  readonly #sides = new Map<Connection, Side>();
  readonly #server: WorldNode;
  readonly #clients: WorldNode[] = [];
  readonly #moves: SeededRandom;
  readonly #clocks: SeededRandom;
  readonly #urgencies: SeededRandom;
  #unsent = 0;
  #isClosing = false;

  constructor(options: TransportScenarioOptions) {
    this.#options = options;
    const random = new SeededRandom(options.seed ^ 0x5eed);
    this.#random = random.fork();
    this.#clocks = new SeededRandom(options.seed ^ 0xc10c);
    this.#urgencies = new SeededRandom(options.seed ^ 0x0ded);
    const checkers = transportCheckers((node) => this.#endpoints.get(node)?.connections ?? []);
    const mischief = new Mischief({ random: random.fork(), percent: options.mischief ?? 2 });
    this.#world = new World({
      seed: options.seed,
      checkers: [...checkers, mischief],
      impairment: options.impairment ?? {},
      ...(options.traceSize === undefined ? {} : { traceSize: options.traceSize }),
      ...(options.verbose ? { describe: describePacket } : {}),
    });
    this.#server = this.#add('server', 1);
    const clients = options.clients ?? 1;
    for (let i = 1; i <= clients; i++) this.#clients.push(this.#add(`client${i}`, i + 1));
    this.#moves = random.fork();
  }

  run(): ScenarioReport {
    const minutes = this.#options.minutes ?? 1;
    for (const client of this.#clients) {
      this.#setWeather(client);
      this.#world.act(client, (now) => {
        this.#endpoints.get(client)?.connect(now, this.#server.address);
      });
      this.#planPartitions(client, minutes * 60_000);
      this.#planMoves(client, minutes * 60_000);
    }
    this.#world.run(minutes * 60_000);
    this.#heal();
    this.#drain();
    this.#closeAll();
    const { seed, trace, steps, now } = this.#world;
    const { received } = this.#ledger;
    return { seed, traceHash: trace.hash, steps, elapsed: now, delivered: received };
  }

  #add(name: string, number: number): WorldNode {
    const random = this.#world.random.fork();
    const endpoint = new Endpoint({
      random,
      handshakes: plaintext,
      // In weather this bad ten seconds may be too short; here nobody gives up.
      config: { handshakeTimeout: 60_000 },
      ...(name === 'server' ? { tokens: new HmacRetryTokens(randomBytes(random, 32)) } : {}),
    });
    const node = this.#world.add({
      name,
      address: { address: `10.0.0.${number}`, port: 5000 + number },
      machine: endpoint,
      ...randomClock(this.#clocks),
      application: (_, self) => this.#listen(self, endpoint),
    });
    this.#endpoints.set(node, endpoint);
    return node;
  }

  #setWeather(client: WorldNode): void {
    if (this.#options.impairment !== undefined) return;
    this.#world.impair(client, this.#server, this.#weather());
    this.#world.impair(this.#server, client, this.#weather());
  }

  #weather(): Impairment {
    const weather = randomWeather(this.#random);
    if (this.#options.narrow !== true) return weather;
    return { ...weather, ...randomBottleneck(this.#random) };
  }

  #planPartitions(client: WorldNode, until: number): void {
    if (this.#options.impairment !== undefined) return;
    // Not before the handshake has had its time: to be refused then is another story.
    for (let at = 15_000; at < until; at += 10_000 + randomFloat(this.#random) * 20_000) {
      const length = randomFloat(this.#random) * MAX_PARTITION;
      this.#world.at(at, () => this.#world.partition(client, this.#server));
      this.#world.at(at + length, () => this.#world.heal(client, this.#server));
    }
  }

  /** Now and then a NAT gives a client another port, or it takes another network. */
  #planMoves(client: WorldNode, until: number): void {
    if (this.#options.impairment !== undefined) return;
    const stay = (): number => MIN_STAY * (1 + randomFloat(this.#moves));
    for (let [at, count] = [stay(), 1]; at < until; [at, count] = [at + stay(), count + 1]) {
      this.#world.at(at, () => {
        const { address, port } = client.address;
        const isRebound = randomInt(this.#moves, 2) === 0;
        const network = isRebound ? address : address.replace(/\d+\.(\d+)$/, `${count}.$1`);
        this.#world.move(client, { address: network, port: port + 100 });
      });
    }
  }

  #listen(node: WorldNode, endpoint: Endpoint): boolean {
    let heard = false;
    for (let next = endpoint.pollEvent(); next !== undefined; next = endpoint.pollEvent()) {
      heard = true;
      this.#handle(node, next);
    }
    return heard;
  }

  #handle(node: WorldNode, { connection, event }: EndpointEvent): void {
    const side = this.#sides.get(connection);
    switch (event.type) {
      case 'connected':
        this.#begin(node, connection);
        break;
      case 'message':
        if (side === undefined) throw new Error('a message before the connection stood');
        this.#ledger.receive(side.inward, event.channel, event.bytes);
        break;
      case 'drain':
        if (side !== undefined) side.isBlocked = false;
        break;
      case 'liveness':
        break;
      case 'closed': {
        const { by, reason } = event.close;
        if (by === 'error') throw new Error(`${node.name} calls its peer a liar: ${reason}`);
        if (this.#isClosing) break;
        throw new InvariantError(18, `${node.name} was cut off (${by}: ${reason})`);
      }
    }
  }

  #begin(node: WorldNode, connection: Connection): void {
    if (this.#sides.has(connection)) throw new Error('connected twice');
    const peer = formatAddress(connection.remote);
    const self = formatAddress(node.address);
    const side = {
      connection,
      node,
      outward: `${self} to ${peer}`,
      inward: `${peer} to ${self}`,
      isBlocked: false,
    };
    this.#sides.set(connection, side);
    for (const channel of CHANNELS) connection.setPriority(channel, randomInt(this.#urgencies, 8));
    const until = (this.#options.minutes ?? 1) * 60_000;
    for (let i = 0; i < (this.#options.messages ?? 40); i++) {
      this.#unsent++;
      const now = this.#world.now;
      const at = now + randomFloat(this.#random) * Math.max(0, until - now);
      this.#world.at(at, () => this.#send(side));
    }
  }

  #send(side: Side): void {
    if (side.isBlocked) {
      this.#world.at(this.#world.now + 50, () => this.#send(side));
      return;
    }
    const channel = CHANNELS[randomInt(this.#random, CHANNELS.length)] ?? 0;
    const bytes = randomBytes(this.#random, this.#randomLength(channel));
    this.#unsent--;
    const lifetime = randomInt(this.#random, MAX_LIFETIME);
    this.#world.act(side.node, (now) => {
      this.#ledger.send(side.outward, channel, bytes);
      const options = channel === PARTIAL ? { expiresAt: now + lifetime } : {};
      side.isBlocked = !side.connection.send(channel, bytes, options);
    });
  }

  /** Mostly lines of chat, sometimes a page, now and then the longest there is. */
  #randomLength(channel: number): number {
    const roll = randomInt(this.#random, 20);
    const most = roll < 14 ? 300 : roll < 19 ? 5_000 : MAX_MESSAGE;
    const length = randomInt(this.#random, most + 1);
    return channel === UNRELIABLE ? Math.min(length, MAX_UNRELIABLE) : length;
  }

  #heal(): void {
    this.#world.healAll();
    this.#world.impairAll({});
  }

  #drain(): void {
    const all = 2 * this.#clients.length;
    const done = this.#world.settle(
      DRAIN_BOUND,
      () => this.#sides.size === all && this.#unsent === 0 && this.#ledger.missing === 0,
    );
    if (done) return;
    const { missing } = this.#ledger;
    this.#fail(17, `${missing} missing, ${this.#unsent} unsent, ${this.#sides.size} of ${all} up`);
  }

  #closeAll(): void {
    this.#isClosing = true;
    for (const { connection, node } of this.#sides.values()) {
      if (connection.side !== 'client') continue;
      this.#world.act(node, (now) => connection.end(now, { code: 0x100, reason: 'bye' }));
    }
    // Mischief may still have something in store; then there must be nothing, ever.
    this.#world.run(this.#world.now + DRAIN_BOUND);
    const open = [...this.#endpoints.values()].filter((endpoint) => !endpoint.isDrained);
    if (open.length > 0) this.#fail(20, `${open.length} endpoints are not drained after close`);
    if (this.#world.step()) this.#fail(20, 'something is armed after close');
  }

  #fail(invariant: number, message: string): never {
    const { message: text } = new InvariantError(invariant, message);
    throw this.#world.failure(text);
  }
}
