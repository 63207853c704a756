import { randomBytes, randomFloat, randomInt, SeededRandom } from '../base/random.ts';
import { LOBBY, SESSION_BYTES } from '../chat/config.ts';
import type { EntryKind } from '../chat/schema.ts';
import { ClientCore } from '../client/core.ts';
import { plaintext } from '../crypto/plaintext.ts';
import type { StoreAnswer } from '../store/store.ts';
import type { Connection } from '../transport/connection.ts';
import type { Address } from '../transport/machine.ts';
import { findDisagreement } from './chat-agreement.ts';
import { ChatLedger, type Screen } from './chat-ledger.ts';
import { describePacket, InvariantError } from './connection-checker.ts';
import type { Impairment } from './impairment.ts';
import { Mischief } from './mischief.ts';
import { SimulatedDisk } from './simulated-disk.ts';
import { makeHost, type SimulatedHost } from './simulated-host.ts';
import { SimulatedOutbox } from './simulated-outbox.ts';
import { transportCheckers } from './transport-checkers.ts';
import type { ScenarioReport } from './transport-scenario.ts';
import { randomClock, randomWeather } from './weather.ts';
import { World, type WorldNode } from './world.ts';

/** Wall clock of the virtual world's beginning: 2026-01-01. */
const EPOCH = 1_767_225_600_000;
/** Time between the lines of one person, ms on average. */
const LINE_INTERVAL = 4_000;
/** Time between two changes of room of one person, ms on average. */
const WANDER_INTERVAL = 20_000;
/** Time between the misfortunes of one person (see `#suffer`), ms on average. */
const TROUBLE_INTERVAL = 25_000;
/** Time between two deaths of the server, ms on average. */
const RESTART_INTERVAL = 40_000;
/** Time between two deaths of one of its threads, ms on average. */
const THREAD_INTERVAL = 15_000;
/** How long a server stays away, ms at most. */
const MAX_OUTAGE = 12_000;
/** Requests in a hundred for which the disk takes its time, and writes that it refuses. */
const DISK_TROUBLE = { slow: 5, failing: 2 } as const;
/** How long somebody who was killed stays away, ms at most. */
const MAX_ABSENCE = 15_000;
/** Longest sleep of a machine, ms. */
const MAX_SLEEP = 60_000;
/** Longest partition, ms: long enough to be taken for dead. */
const MAX_PARTITION = 15_000;
/** Within this virtual time after all faults are healed all screens must agree, ms. */
const SETTLE_BOUND = 60_000;
/** Within this time after everybody has left nothing may be armed, ms: sessions are kept long. */
const REST_BOUND = 20 * 60_000;
/** How often the end of the run looks whether all agree, ms. */
const SETTLE_STEP = 250;

export interface ChatScenarioOptions {
  readonly seed: number;
  /** People at any time; 4 unless given. */
  readonly clients?: number;
  /** Rooms that people wander between, the lobby among them; 3 unless given. */
  readonly rooms?: number;
  /** Virtual time before the healing, minutes; 1 unless given. */
  readonly minutes?: number;
  /** The weather of every link; random for each direction unless given. */
  readonly impairment?: Impairment;
  /** Partitions, kills, quits and joins; true unless told. */
  readonly trouble?: boolean;
  /** Restarts of the server, and a disk that fails; as `trouble` unless told. */
  readonly restarts?: boolean;
  /** Threads of the server that have connections, of which some die; 1 unless given. */
  readonly shards?: number;
  /** Share of datagrams that come back later as replays or damaged, %; 2 unless given. */
  readonly mischief?: number;
  /** Explains packets in the trace; slow. */
  readonly verbose?: boolean;
  /** Events that the trace of a failure shows. */
  readonly traceSize?: number;
}

interface Person {
  readonly outbox: SimulatedOutbox;
  readonly node: WorldNode;
  readonly core: ClientCore;
  readonly screen: Screen;
  /** Where they want to be. */
  readonly rooms: Set<string>;
  nicks: number;
}

/**
 * One real server core and several real client cores in bad weather: people write, whisper, edit,
 * delete, react, come to rooms and leave, change their nicks, move, sleep, are cut off, killed and
 * replaced, or killed and back with what they had kept. In the end the faults heal, and all who are
 * there must have seen the same entries of their rooms in the same order, read the same words, and
 * know of each other. Throws SimulationError.
 */
export function runChatScenario(options: ChatScenarioOptions): ScenarioReport {
  return new ChatScenario(options).run();
}

class ChatScenario {
  readonly #options: ChatScenarioOptions;
  readonly #random: SeededRandom;
  readonly #clocks: SeededRandom;
  readonly #world: World;
  readonly #ledger = new ChatLedger();
  readonly #disk: SimulatedDisk;
  #server: WorldNode;
  #host: SimulatedHost;
  readonly #people = new Map<WorldNode, Person>();
  readonly #until: number;
  readonly #postponed: (() => void)[] = [];
  /** Who was killed and is yet to come back. */
  readonly #absent = new Set<SimulatedOutbox>();
  #arrivals = 0;
  #lines = 0;
  #hasLostAnyone = false;
  #isQuiet = false;
  readonly #onAnswer = (answer: StoreAnswer): void => {
    this.#world.act(this.#server, (now) => this.#host.core.handleStoreAnswer(now, answer));
  };

  constructor(options: ChatScenarioOptions) {
    this.#options = options;
    this.#until = (options.minutes ?? 1) * 60_000;
    const random = new SeededRandom(options.seed ^ 0xc4a7);
    this.#random = random.fork();
    this.#clocks = new SeededRandom(options.seed ^ 0xc10c);
    const checkers = transportCheckers((node) => this.#connectionsOf(node));
    this.#world = new World({
      seed: options.seed,
      checkers: [
        ...checkers,
        new Mischief({ random: random.fork(), percent: options.mischief ?? 2 }),
      ],
      impairment: options.impairment ?? {},
      ...(options.verbose ? { describe: describePacket } : {}),
      ...(options.traceSize === undefined ? {} : { traceSize: options.traceSize }),
    });
    const serverRandom = this.#world.random.fork();
    const faults = this.#hasRestarts ? DISK_TROUBLE : { slow: 1, failing: 0 };
    this.#disk = new SimulatedDisk({ world: this.#world, random: random.fork(), ...faults });
    this.#host = this.#makeHost(serverRandom);
    this.#server = this.#addServer();
    if (this.#hasRestarts) this.#planRestart(serverRandom);
    if (this.#hasRestarts) this.#planThreadDeath();
  }

  run(): ScenarioReport {
    for (let i = 0; i < (this.#options.clients ?? 4); i++) this.#arrive();
    this.#world.run(this.#until);
    // Who is killed now is not back in time; the rest of the run needs a server.
    while (!this.#server.alive) this.#world.run(this.#world.now + SETTLE_STEP);
    this.#heal();
    this.#agree();
    this.#leave();
    const { seed, trace, steps, now } = this.#world;
    return { seed, traceHash: trace.hash, steps, elapsed: now, delivered: this.#ledger.length };
  }

  /** A server that goes on with what is on the disk. */
  #makeHost(random: SeededRandom): SimulatedHost {
    return makeHost(random, {
      shards: this.#shards,
      epoch: EPOCH,
      // Every other seed has rooms that hear of comings and goings late, and a host that is busy.
      ...(this.#options.seed % 2 === 0 && { chat: { promptMembers: 2, busyMessages: 5 } }),
      store: this.#disk.load(),
    });
  }

  get #shards(): number {
    return this.#options.shards ?? 1;
  }

  #addServer(): WorldNode {
    const { core, machine } = this.#host;
    return this.#world.add({
      name: 'server',
      address: { address: '10.0.0.1', port: 5000 },
      machine,
      application: (now) => {
        let busy = false;
        while (core.pollEvent() !== undefined) busy = true;
        for (let next = core.pollStoreRequest(now); next; next = core.pollStoreRequest(now)) {
          busy = true;
          this.#disk.submit(next, this.#onAnswer);
        }
        return busy;
      },
    });
  }

  get #hasRestarts(): boolean {
    return this.#options.restarts ?? !this.#isCalm;
  }

  /** `kill -9` of the server, and its return, again and again. */
  #planRestart(random: SeededRandom): void {
    const at = this.#world.now + randomFloat(random) * 2 * RESTART_INTERVAL;
    this.#world.at(at, () => {
      if (this.#isQuiet) return;
      this.#world.kill(this.#server);
      this.#disk.detach();
      this.#world.at(this.#world.now + randomFloat(random) * MAX_OUTAGE, () => {
        this.#restart(random);
        this.#planRestart(random);
      });
    });
  }

  /** One thread of the server dies, again and again: that of the store, or one with connections. */
  #planThreadDeath(): void {
    const at = this.#world.now + randomFloat(this.#random) * 2 * THREAD_INTERVAL;
    this.#world.at(at, () => {
      if (this.#isQuiet) return;
      if (this.#server.alive) {
        const isStore = this.#shards === 1 || randomInt(this.#random, 3) === 0;
        if (isStore) this.#disk.restart(this.#onAnswer);
        else this.#world.act(this.#server, (now) => this.#host.killThread(now));
      }
      this.#planThreadDeath();
    });
  }

  #restart(random: SeededRandom): void {
    this.#host = this.#makeHost(random);
    this.#server = this.#addServer();
    for (const action of this.#postponed.splice(0)) action();
  }

  /** The world's links can be changed only while both ends are up. */
  #whenUp(action: () => void): void {
    if (this.#server.alive) action();
    else this.#postponed.push(action);
  }

  #connectionsOf(node: WorldNode): Iterable<Connection> {
    if (node.machine === this.#host.machine) return this.#host.machine.connections;
    const connection = this.#people.get(node)?.core.connection;
    return connection === undefined ? [] : [connection];
  }

  /** Somebody new comes in, and begins to live. */
  #arrive(): void {
    const session = randomBytes(this.#random, SESSION_BYTES);
    this.#enter(new SimulatedOutbox(`guest${this.#arrivals + 1}`, session));
  }

  /** Somebody who was killed is back, from another address, and says what had no answer. */
  #comeBack(outbox: SimulatedOutbox): void {
    if (this.#absent.delete(outbox)) this.#enter(outbox);
  }

  #enter(outbox: SimulatedOutbox): void {
    const number = ++this.#arrivals;
    const { name } = outbox;
    const core = new ClientCore({
      server: this.#server.address,
      nick: name,
      random: this.#world.random.fork(),
      handshakes: plaintext,
      epoch: EPOCH,
      kept: outbox.load(),
    });
    const screen = this.#ledger.screen(name, outbox.ids);
    const rooms = new Set([LOBBY, ...outbox.rooms]);
    const node = this.#world.add({
      name,
      address: addressOf(number),
      machine: core,
      ...randomClock(this.#clocks),
      application: () => {
        outbox.follow(core);
        return this.#look(core, screen, rooms);
      },
    });
    const person = { outbox, node, core, screen, rooms, nicks: 0 };
    this.#people.set(node, person);
    if (this.#options.impairment === undefined) {
      this.#world.impair(node, this.#server, randomWeather(this.#random));
      const back = randomWeather(this.#random);
      this.#whenUp(() => this.#world.impair(this.#server, node, back));
    }
    this.#world.act(node, (now) => core.start(now));
    this.#plan(LINE_INTERVAL, person, () => this.#act(person));
    this.#plan(WANDER_INTERVAL, person, () => this.#wander(person));
    if (this.#isCalm) return;
    this.#plan(TROUBLE_INTERVAL, person, () => this.#suffer(person));
  }

  /** Repeats `action` at random times, `interval` ms apart on average, while they are there. */
  #plan(interval: number, person: Person, action: () => void): void {
    const at = this.#world.now + randomFloat(this.#random) * 2 * interval;
    this.#world.at(at, () => {
      if (this.#isQuiet || !person.node.alive || person.screen.isClosed) return;
      action();
      this.#plan(interval, person, action);
    });
  }

  #look(core: ClientCore, screen: Screen, rooms: Set<string>): boolean {
    let busy = false;
    for (let event = core.pollEvent(); event !== undefined; event = core.pollEvent()) {
      busy = true;
      this.#ledger.show(screen, event);
      if (event.type === 'status' && event.status === 'reconnecting' && this.#isCalm) {
        throw new InvariantError(18, `${screen.name} was cut off: ${event.detail}`);
      }
      if (event.type === 'parted') rooms.delete(event.room);
      if (event.type === 'notice' && event.code === 'protocol') throw new Error(event.text);
      if (event.type === 'closed' && event.code !== 'quit') {
        // In weather like this a first connection may fail. A real person would try again.
        if (event.code !== 'unreachable') throw new Error(`${screen.name}: ${event.reason}`);
        this.#world.at(this.#world.now + 1, () => this.#replace(screen));
      }
    }
    return busy;
  }

  #replace(screen: Screen): void {
    for (const { node, screen: other } of this.#people.values()) {
      if (other === screen) this.#kill(node);
    }
  }

  #kill(node: WorldNode): void {
    this.#hasLostAnyone = true;
    this.#world.kill(node);
    this.#people.delete(node);
    this.#arrive();
  }

  /** Kills somebody who will be back with what they had kept. */
  #killForNow({ node, outbox }: Person): void {
    this.#world.kill(node);
    this.#people.delete(node);
    this.#absent.add(outbox);
    const at = this.#world.now + randomFloat(this.#random) * MAX_ABSENCE;
    this.#world.at(at, () => this.#comeBack(outbox));
  }

  #act(person: Person): void {
    const random = this.#random;
    const { screen, rooms } = person;
    const room = pick(random, rooms) ?? LOBBY;
    const shown = screen.rooms.get(room);
    const line = shown === undefined ? undefined : pick(random, shown.texts.keys());
    const own = shown?.own.at(-1);
    const dice = randomInt(random, 16);
    if (own !== undefined && dice < 2) this.#edit(person, room, own);
    else if (own !== undefined && dice === 2) this.#post(person, room, 'delete', '', own);
    else if (line !== undefined && dice === 3) this.#post(person, room, 'react', '👍', line);
    else if (dice === 4) this.#post(person, room, 'topic', `topic ${++this.#lines}`);
    else this.#write(person, room, dice < 7);
  }

  #write(person: Person, room: string, isWhisper: boolean): void {
    const random = this.#random;
    const text = `line ${++this.#lines}${'.'.repeat(randomInt(random, 200))}`;
    this.#world.act(person.node, (now) => {
      const roster = person.screen.rooms.get(LOBBY)?.roster ?? [];
      const others = [...roster].filter((nick) => nick !== person.core.nick);
      const friend = isWhisper ? others[randomInt(random, others.length)] : undefined;
      const id =
        friend === undefined
          ? person.core.post(now, room, text)
          : person.core.direct(now, friend, text);
      this.#ledger.typed(id, text);
    });
  }

  #edit({ node, core, screen }: Person, room: string, seq: number): void {
    const text = `edit ${++this.#lines}`;
    this.#world.act(node, (now) => {
      const id = core.post(now, room, text, 'edit', { ref: seq });
      this.#ledger.edited(screen, { id, room, seq, text });
    });
  }

  #post(
    { node, core, screen }: Person,
    room: string,
    kind: EntryKind,
    text: string,
    ref = 0,
  ): void {
    this.#world.act(node, (now) => {
      this.#ledger.done(screen, core.post(now, room, text, kind, { ref }));
    });
  }

  /** Goes to another room, or leaves one. Everybody stays in the lobby. */
  #wander({ node, core, rooms }: Person): void {
    const number = randomInt(this.#random, this.#options.rooms ?? 3);
    const room = `#room${number}`;
    if (number === 0) return;
    const isIn = rooms.has(room);
    if (!isIn) rooms.add(room);
    this.#world.act(node, (now) => {
      core.do(now, (session) => (isIn ? session.part(now, room) : session.join(now, room)));
    });
  }

  #suffer(person: Person): void {
    const { node, core, screen } = person;
    switch (randomInt(this.#random, 9)) {
      case 0:
        this.#kill(node);
        break;
      case 1:
        this.#hasLostAnyone = true;
        this.#world.act(node, (now) => core.quit(now, 'had enough'));
        this.#arrive();
        break;
      case 2:
        this.#world.act(node, (now) => core.changeNick(now, `${screen.name}-${++person.nicks}`));
        break;
      case 3:
        this.#killForNow(person);
        break;
      case 4:
        this.#world.move(node, addressOf(++this.#arrivals));
        break;
      case 5:
        this.#world.jumpClock(node, Math.ceil(randomFloat(this.#random) * MAX_SLEEP));
        break;
      default:
        this.#cutOff(node);
    }
  }

  #cutOff(node: WorldNode): void {
    if (!this.#server.alive) return;
    this.#world.partition(node, this.#server);
    const length = randomFloat(this.#random) ** 2 * MAX_PARTITION;
    this.#world.at(this.#world.now + length, () => {
      this.#whenUp(() => node.alive && this.#world.heal(node, this.#server));
    });
  }

  #heal(): void {
    this.#isQuiet = true;
    this.#world.healAll();
    this.#world.impairAll({});
    this.#disk.heal();
    for (const outbox of this.#absent) this.#comeBack(outbox);
  }

  /** Weather, but no trouble: then nobody may lose their connection. */
  get #isCalm(): boolean {
    return this.#options.trouble === false;
  }

  /** Everyone who is there, and has not quit. */
  get #present(): Person[] {
    return [...this.#people.values()].filter(({ screen }) => !screen.isClosed);
  }

  #agree(): void {
    const until = this.#world.now + SETTLE_BOUND;
    while (this.#disagreement() !== undefined) {
      if (this.#world.now >= until) this.#fail(17, this.#disagreement() ?? '');
      this.#world.run(this.#world.now + SETTLE_STEP);
    }
  }

  #disagreement(): string | undefined {
    const lasts = new Map(this.#disk.load().logs.map(({ log, last }) => [log, last]));
    const problem = findDisagreement(this.#present, lasts);
    if (problem !== undefined) return problem;
    const { accepted, undelivered } = this.#ledger;
    // Who was killed, or left, took what was on its way to them along.
    if (!this.#hasLostAnyone && undelivered > 0) return `${undelivered} direct messages are lost`;
    const all = [...lasts.values()].reduce((sum, last) => sum + last, 0);
    return accepted > all ? `${accepted} lines accepted, ${all} on disk` : undefined;
  }

  /** All say goodbye, the server stops; then nothing may be left to happen. */
  #leave(): void {
    for (const { node, core } of this.#present) {
      this.#world.act(node, (now) => core.quit(now, 'good night'));
    }
    this.#world.run(this.#world.now + 30_000);
    this.#world.act(this.#server, (now) => this.#host.core.close(now));
    this.#world.run(this.#world.now + REST_BOUND);
    if (this.#world.step()) this.#fail(20, 'something is armed after close');
  }

  #fail(invariant: number, message: string): never {
    throw this.#world.failure(new InvariantError(invariant, message).message);
  }
}

/** Where somebody is, or has moved to: no two of them at one place. */
function addressOf(number: number): Address {
  return { address: `10.0.${number >> 8}.${(number & 0xff) + 1}`, port: 6000 + number };
}

/** One of some things, any of them. */
function pick<T>(random: SeededRandom, from: Iterable<T>): T | undefined {
  const all = [...from];
  return all[randomInt(random, all.length)];
}
