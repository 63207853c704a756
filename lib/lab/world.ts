import { SeededRandom } from '../base/random.ts';
import { type Address, formatAddress, type Machine } from '../transport/machine.ts';
import type { Checker, Datagram, DatagramFate } from './checker.ts';
import { Emulator } from './emulator.ts';
import { TimeHeap } from './heap.ts';
import type { Impairment } from './impairment.ts';
import { Trace } from './trace.ts';

/** Datagrams that one machine may send at one moment; more is an endless loop. */
const MAX_TRANSMITS_PER_TURN = 10_000;
/** Steps that may pass without time passing; more is a loop of timers or of replies. */
const MAX_STEPS_PER_INSTANT = 10_000;

/** Times that a timer may be due again at the moment at which it ran. */
const MAX_REPEATED_TIMEOUTS = 3;

export interface WorldOptions {
  /** Decides everything that is left to chance. */
  readonly seed: number;
  /** The weather on every link that is not given its own; perfect unless told. */
  readonly impairment?: Impairment;
  readonly checkers?: readonly Checker[];
  /** Names datagrams that never reach their link, however good the weather. */
  readonly drops?: (datagram: Datagram) => boolean;
  /** Events that the trace of a failure shows. */
  readonly traceSize?: number;
  /** Explains a datagram in the trace. Costs time, so give it when a failure is replayed. */
  readonly describe?: (bytes: Uint8Array) => string;
}

export interface NodeOptions {
  /** For people, in the trace. */
  readonly name: string;
  readonly address: Address;
  readonly machine: Machine;
  /** How far this node's clock is ahead of the world's, ms. */
  readonly skewMs?: number;
  /** How much faster than the world's it runs, parts per million: quartz does some 50. */
  readonly driftPpm?: number;
  /** The program on top: polls the machine's events, gives it commands; true if it did anything. */
  readonly application?: (now: number, node: WorldNode) => boolean;
}

/** A machine with its place in the world. */
export interface WorldNode {
  readonly name: string;
  readonly address: Address;
  readonly machine: Machine;
  readonly alive: boolean;
}

/** What a checker may ask a world. */
export interface WorldView {
  /** The nodes that are up. */
  readonly nodes: readonly WorldNode[];
  /** What a node's own clock shows, ms. */
  localNow(node: WorldNode): number;
}

/** A run that broke a rule, with all that is needed to replay it. */
export class SimulationError extends Error {
  override readonly name = 'SimulationError';
  readonly seed: number;
  /** Virtual time, ms. */
  readonly at: number;
  readonly trace: string;

  constructor(message: string, world: World, options?: { cause: unknown }) {
    super(`${message} (seed ${world.seed}, at ${world.now.toFixed(3)} ms)`, options);
    this.seed = world.seed;
    this.at = world.now;
    this.trace = world.trace.toString();
  }
}

interface Node extends WorldNode {
  alive: boolean;
  address: Address;
  key: string;
  readonly application: (now: number, node: WorldNode) => boolean;
  /** Ways out of here, by the other end's address. */
  links: Map<string, Link>;
  /** Local clock less world clock at the start, ms, and jumps since. */
  skewMs: number;
  /** What passes on the local clock while 1 ms passes in the world. */
  readonly pace: number;
  /** The latest time the machine was given: its clock never goes back. */
  localNow: number;
  /** The machine's next timeout in the world's clock. */
  deadline: number;
  /** Timeouts in a row that left another one due at the same moment. */
  repeats: number;
}

interface Link {
  readonly from: WorldNode;
  /** Where the sender was: what is on the way when it moves still comes from there. */
  readonly source: Address;
  readonly to: string;
  readonly emulator: Emulator;
  /** Links are served in the order in which they were made. */
  readonly number: number;
  blocked: boolean;
}

/**
 * Machines on a network in virtual time: the production cores, no sockets, no clock. Everything
 * that happens is decided by the seed, so the same seed gives the same run to the byte.
 *
 * One `step` jumps to the earliest thing that is due, hands it in, polls until dry and lets the
 * checkers look. Throws `SimulationError` when a checker objects, a machine throws or loops.
 */
export class World implements WorldView {
  readonly seed: number;
  readonly trace: Trace;
  /** A stream of chance for scenarios, independent of the links'. */
  readonly random: SeededRandom;
  readonly #linkRandom: SeededRandom;
  readonly #checkers: readonly Checker[];
  readonly #drops: (datagram: Datagram) => boolean;
  readonly #describe: ((bytes: Uint8Array) => string) | undefined;
  readonly #nodes = new Map<string, Node>();
  readonly #links: Link[] = [];
  /** Those with datagrams in them. */
  readonly #busy = new Set<Link>();
  /** The links out of an address. They outlive its node: a restarted one is where it was. */
  readonly #outgoing = new Map<string, Map<string, Link>>();
  readonly #script = new TimeHeap<() => void>();
  /** Nodes that may have changed since the checkers looked. */
  readonly #touched = new Set<WorldNode>();
  #impairment: Impairment;
  #now = 0;
  #stepsAtNow = 0;
  #steps = 0;

  constructor(options: WorldOptions) {
    const random = new SeededRandom(options.seed);
    this.seed = options.seed;
    this.random = random.fork();
    this.#linkRandom = random.fork();
    this.trace = new Trace(options.traceSize);
    this.#checkers = options.checkers ?? [];
    this.#drops = options.drops ?? ((): boolean => false);
    this.#describe = options.describe;
    this.#impairment = options.impairment ?? {};
  }

  /** Virtual time since the start, ms. */
  get now(): number {
    return this.#now;
  }

  /** Steps taken. */
  get steps(): number {
    return this.#steps;
  }

  /** The nodes that are up. */
  get nodes(): readonly WorldNode[] {
    return [...this.#nodes.values()];
  }

  /** Puts a machine on the network. Where one was killed another may come up. */
  add(options: NodeOptions): WorldNode {
    const key = formatAddress(options.address);
    if (this.#nodes.has(key)) throw new SimulationError(`${key} is taken`, this);
    const { name, address, machine } = options;
    const node: Node = {
      name,
      address,
      machine,
      alive: true,
      key,
      application: options.application ?? ((): boolean => false),
      links: this.#outgoing.get(key) ?? new Map(),
      skewMs: options.skewMs ?? 0,
      pace: 1 + (options.driftPpm ?? 0) / 1e6,
      localNow: 0,
      deadline: Number.POSITIVE_INFINITY,
      repeats: 0,
    };
    this.#nodes.set(key, node);
    this.#outgoing.set(key, node.links);
    this.#note(node, 'up');
    this.#flush(node);
    return node;
  }

  /** `kill -9`: the machine is gone without a word, and datagrams to it vanish. */
  kill(node: WorldNode): void {
    const victim = this.#find(node);
    victim.alive = false;
    this.#nodes.delete(victim.key);
    this.#note(victim, 'killed');
  }

  /** Runs a command on a node at this moment, as its application would. `now` is its own clock. */
  act(node: WorldNode, command: (now: number) => void): void {
    const found = this.#find(node);
    this.#guard(() => {
      command(this.#localNow(found));
      this.#flush(found);
    });
  }

  /** Has `action` run when virtual time gets there. */
  at(ms: number, action: () => void): void {
    this.#script.push(Math.max(ms, this.#now), action);
  }

  /** Sets a node's clock forward: a laptop lid, a stopped virtual machine. */
  jumpClock(node: WorldNode, ms: number): void {
    const found = this.#find(node);
    this.#note(found, `clock jumps ${ms} ms`);
    found.skewMs += ms;
    found.deadline = Math.max(this.#now, found.deadline - ms / found.pace);
  }

  /**
   * A node is elsewhere from now on and does not know it: its NAT began anew, or it took another
   * network. The weather goes with it. What is on the way to where it was finds nobody.
   */
  move(node: WorldNode, address: Address): void {
    const found = this.#find(node);
    const [old, key] = [found.key, formatAddress(address)];
    if (this.#nodes.has(key)) throw new SimulationError(`${key} is taken`, this);
    this.#note(found, `moves to ${key}`);
    this.#nodes.delete(old);
    const before = found.links;
    found.address = address;
    found.key = key;
    found.links = this.#outgoing.get(key) ?? new Map();
    this.#nodes.set(key, found);
    this.#outgoing.set(key, found.links);
    for (const link of before.values()) this.#inherit(this.#link(found, link.to), link);
    for (const other of this.#nodes.values()) {
      const link = other.links.get(old);
      if (link !== undefined) this.#inherit(this.#link(other, key), link);
    }
  }

  /** Changes the weather from one node to another; the way back keeps its own. */
  impair(from: WorldNode, to: WorldNode, impairment: Impairment): void {
    this.#link(this.#find(from), formatAddress(to.address)).emulator.change(impairment);
  }

  /** Changes the weather on every link, present and future. */
  impairAll(impairment: Impairment): void {
    this.#impairment = impairment;
    for (const link of this.#links) link.emulator.change(impairment);
  }

  /** Nothing new passes between the two, either way. */
  partition(a: WorldNode, b: WorldNode): void {
    this.#block(a, b, true);
  }

  heal(a: WorldNode, b: WorldNode): void {
    this.#block(a, b, false);
  }

  healAll(): void {
    for (const link of this.#links) link.blocked = false;
  }

  /** Puts a datagram on the link between two nodes, as an attacker or an old switch would. */
  inject(from: WorldNode, to: WorldNode, bytes: Uint8Array): void {
    const source = this.#find(from);
    this.#send(source, formatAddress(to.address), bytes, 'injected');
  }

  /** What a node's own clock shows, ms. */
  localNow(node: WorldNode): number {
    return this.#localNow(this.#find(node));
  }

  /** Takes one step; false when nothing is due, ever. */
  step(): boolean {
    return this.#stepAt(this.#earliest());
  }

  #stepAt(due: number): boolean {
    if (due === Number.POSITIVE_INFINITY) return false;
    this.#guard(() => {
      this.#advance(due);
      this.#perform();
      for (const checker of this.#checkers) checker.stepped?.(this, this.#touched);
      this.#touched.clear();
    });
    return true;
  }

  /** Lets virtual time pass until `untilMs`. */
  run(untilMs: number): void {
    for (let due = this.#earliest(); due <= untilMs; due = this.#earliest()) this.#stepAt(due);
    this.#now = Math.max(this.#now, untilMs);
  }

  /** Runs until `done`, for `withinMs` at most; false if it was not to be. */
  settle(withinMs: number, done: () => boolean): boolean {
    const until = this.#now + withinMs;
    while (!done()) {
      if (this.#earliest() > until) {
        this.#now = until;
        return done();
      }
      this.step();
    }
    return true;
  }

  /** An error about this moment of this world. */
  failure(message: string): SimulationError {
    return new SimulationError(message, this);
  }

  /** Datagrams on their way. */
  get inFlight(): number {
    return this.#links.reduce((sum, { emulator }) => sum + emulator.size, 0);
  }

  #guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      if (error instanceof SimulationError) throw error;
      const message = error instanceof Error ? error.message : String(error);
      throw new SimulationError(message, this, { cause: error });
    }
  }

  #earliest(): number {
    let due = this.#script.earliest;
    for (const { emulator } of this.#busy) due = Math.min(due, emulator.nextTimeout());
    for (const node of this.#nodes.values()) due = Math.min(due, node.deadline);
    return due;
  }

  #advance(due: number): void {
    this.#stepsAtNow = due > this.#now ? 0 : this.#stepsAtNow + 1;
    this.#now = Math.max(due, this.#now);
    this.#steps++;
    if (this.#stepsAtNow > MAX_STEPS_PER_INSTANT) {
      throw new SimulationError('endless loop: time no longer passes', this);
    }
  }

  /** Does one thing that is due. */
  #perform(): void {
    if (this.#script.earliest <= this.#now) {
      this.#script.pop()?.();
      return;
    }
    let first: Link | undefined;
    for (const link of this.#busy) {
      const isDue = link.emulator.nextTimeout() <= this.#now;
      if (isDue && link.number < (first?.number ?? Number.POSITIVE_INFINITY)) first = link;
    }
    if (first !== undefined) {
      this.#deliver(first);
      return;
    }
    for (const node of this.#nodes.values()) {
      if (node.deadline <= this.#now) {
        this.#timeout(node);
        return;
      }
    }
  }

  #deliver(link: Link): void {
    const bytes = link.emulator.poll(this.#now);
    if (link.emulator.size === 0) this.#busy.delete(link);
    const node = this.#nodes.get(link.to);
    if (bytes === undefined || node === undefined) return;
    const { from, source } = link;
    this.#record('receive', node, from.name, bytes, '');
    for (const checker of this.#checkers) checker.received?.(this, { from, to: node, bytes });
    node.machine.handleDatagram(this.#localNow(node), source, bytes);
    this.#flush(node);
  }

  #timeout(node: Node): void {
    const { name } = node;
    this.trace.add({ at: this.#now, kind: 'timeout', node: name, peer: '', length: 0, note: '' });
    // Adding and subtracting the skew may round: the machine's own figure is what it waits for.
    node.localNow = Math.max(this.#localNow(node), node.machine.nextTimeout());
    node.machine.handleTimeout(node.localNow);
    this.#flush(node);
    const next = node.machine.nextTimeout();
    node.repeats = next > node.localNow ? 0 : node.repeats + 1;
    if (next < node.localNow || node.repeats > MAX_REPEATED_TIMEOUTS) {
      throw new SimulationError(`${name}: a timer in the past after its timeout ran`, this);
    }
  }

  #localNow(node: Node): number {
    node.localNow = Math.max(node.localNow, this.#now * node.pace + node.skewMs);
    return node.localNow;
  }

  /** The driver's part: events to the application, transmits to the network, until dry. */
  #flush(node: Node): void {
    this.#touched.add(node);
    const now = this.#localNow(node);
    let transmits = 0;
    for (let busy = true; busy; ) {
      busy = node.application(now, node);
      for (let out = node.machine.pollTransmit(now); out; out = node.machine.pollTransmit(now)) {
        busy = true;
        if (++transmits > MAX_TRANSMITS_PER_TURN) {
          throw new SimulationError(`${node.name}: endless transmits`, this);
        }
        this.#send(node, formatAddress(out.to), out.bytes, '');
      }
    }
    const timeout = node.machine.nextTimeout();
    node.deadline = Math.max(this.#now, (timeout - node.skewMs) / node.pace);
  }

  #send(from: Node, to: string, bytes: Uint8Array, note: string): void {
    const link = this.#link(from, to);
    const peer = this.#nodes.get(to);
    const fate = this.#offer(link, { from, to: peer, bytes });
    const words = [note, fate === 'passed' ? '' : fate].filter(Boolean);
    this.#record('send', from, peer?.name ?? to, bytes, words.join(' '));
    if (note === '') {
      for (const checker of this.#checkers) checker.sent?.(this, { from, to: peer, bytes, fate });
    }
  }

  #offer(link: Link, datagram: Datagram): DatagramFate {
    if (link.blocked) return 'partitioned';
    if (this.#drops(datagram)) return 'dropped by hand';
    const fate = link.emulator.offer(this.#now, datagram.bytes);
    if (link.emulator.size > 0) this.#busy.add(link);
    return fate;
  }

  #link(from: Node, to: string): Link {
    const known = from.links.get(to);
    if (known !== undefined) return known;
    const random = this.#linkRandom.fork();
    const emulator = new Emulator({ impairment: this.#impairment, random });
    const number = this.#links.length;
    const link = { from, source: from.address, to, emulator, number, blocked: false };
    from.links.set(to, link);
    this.#links.push(link);
    return link;
  }

  #inherit(link: Link, { emulator, blocked }: Link): void {
    link.emulator.change(emulator.impairment);
    link.blocked = blocked;
  }

  #block(a: WorldNode, b: WorldNode, blocked: boolean): void {
    const [left, right] = [this.#find(a), this.#find(b)];
    this.#link(left, right.key).blocked = blocked;
    this.#link(right, left.key).blocked = blocked;
    this.#note(left, blocked ? `cut off from ${right.name}` : `reaches ${right.name} again`);
  }

  #find(node: WorldNode): Node {
    const found = this.#nodes.get(formatAddress(node.address));
    if (found === undefined || found !== node) {
      throw new SimulationError(`${node.name} is not up`, this);
    }
    return found;
  }

  #record(kind: 'send' | 'receive', n: Node, peer: string, bytes: Uint8Array, fate: string): void {
    const description = this.#describe?.(bytes) ?? '';
    const note = description === '' ? fate : `${description} ${fate}`.trimEnd();
    const { length } = bytes;
    this.trace.add({ at: this.#now, kind, node: n.name, peer, length, note }, bytes);
  }

  #note(node: Node, note: string): void {
    this.trace.add({ at: this.#now, kind: 'note', node: node.name, peer: '', length: 0, note });
  }
}
