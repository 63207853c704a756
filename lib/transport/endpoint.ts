import { assert } from '../base/assert.ts';
import { ByteReader } from '../base/byte-reader.ts';
import { ByteWriter } from '../base/byte-writer.ts';
import { DeadlineHeap, type Scheduled } from '../base/deadline-heap.ts';
import { Queue } from '../base/queue.ts';
import { type RandomSource, randomBytes } from '../base/random.ts';
import type {
  Handshake,
  HandshakeProvider,
  ResetTokens,
  RetryTokens,
} from '../crypto/protection.ts';
import {
  CLIENT_ID_LENGTH,
  type InitialPacket,
  type LongPacket,
  MIN_INITIAL_DATAGRAM,
  SERVER_ID_LENGTH,
} from '../wire/packet.ts';
import { isLong, readLongPacket, readShortHeader, writeLongPacket } from '../wire/packet-codec.ts';
import {
  encodeTransportParameters,
  type TransportParameters,
} from '../wire/transport-parameters.ts';
import { VERSION_NEGOTIATION } from '../wire/version.ts';
import { ClientTable } from './client-table.ts';
import { DEFAULT_TRANSPORT_CONFIG, MIN_WINDOW, type TransportConfig } from './config.ts';
import { Connection } from './connection.ts';
import type { CloseRequest, ConnectionEvent } from './connection-event.ts';
import type { ConnectionOptions, ConnectionOwner, SharedParts } from './connection-options.ts';
import { addSums, EndpointCounters } from './endpoint-counters.ts';
import {
  type Address,
  canonicalAddress,
  formatAddress,
  type Machine,
  type Transmit,
} from './machine.ts';
import type { PacketObserver } from './message-trace.ts';
import { ProbePace } from './probe-pace.ts';
import { RedundancyBudget } from './redundancy-budget.ts';
import { StatelessReset } from './stateless-reset.ts';

/** Answers without state that may wait to be sent; more questions than that are not answered. */
const MAX_ANSWERS = 256;

/** Connections from one address that nobody has finished yet; the oldest makes room. */
const MAX_UNPROVEN = 8;

/** Connections that a server keeps; more are not answered. */
const DEFAULT_MAX_CONNECTIONS = 16_384;

/** Datagram buffers: larger than any `maxDatagramSize` that UDP over Ethernet makes sense of. */
const SCRATCH_LENGTH = 2048;

const NO_ID = new Uint8Array(0);

/** An event of one of the endpoint's connections. */
export interface EndpointEvent {
  readonly connection: Connection;
  readonly event: ConnectionEvent;
}

export interface EndpointOptions {
  readonly random: RandomSource;
  readonly handshakes: HandshakeProvider;
  readonly config?: Partial<TransportConfig>;
  /** Proves addresses. Without it, connections are made but none is accepted. */
  readonly tokens?: RetryTokens;
  /** Lets clients of an earlier run know at once that their connections are gone. */
  readonly resets?: ResetTokens | undefined;
  /** First byte of the connection ids given out: the thread that owns them. */
  readonly shard?: number;
  readonly maxConnections?: number;
  /** Looks on at what becomes of the packets of all connections. */
  readonly observer?: PacketObserver;
}

/** A connection with its place among the deadlines and in the queues of those with work. */
class Entry implements Scheduled, ConnectionOwner {
  readonly #endpoint: EntryOwner;
  readonly connection: Connection;
  deadline = Number.POSITIVE_INFINITY;
  heapKey = Number.POSITIVE_INFINITY;
  heapIndex = -1;
  isDirty = false;
  isNoisy = false;

  constructor(endpoint: EntryOwner, options: Omit<ConnectionOptions, 'owner'>) {
    this.#endpoint = endpoint;
    this.connection = new Connection({ ...options, owner: this });
  }

  onDirty(): void {
    this.#endpoint.touch(this);
  }

  onQueued(): void {
    this.#endpoint.queue(this);
  }

  onProven(): void {
    this.#endpoint.succeed(this);
  }

  onMoved(from: Address): void {
    this.#endpoint.move(this, from);
  }
}

/** What an entry tells its endpoint, which tells it nobody else. */
interface EntryOwner {
  touch(entry: Entry): void;
  queue(entry: Entry): void;
  succeed(heir: Entry): void;
  move(entry: Entry, from: Address): void;
}

/**
 * All connections behind one address, accepted and made, as one machine. Admission happens here:
 * nothing is kept about a client before it has shown that it receives what is sent to its address.
 */
export class Endpoint implements Machine {
  readonly #config: TransportConfig;
  readonly #random: RandomSource;
  readonly #handshakes: HandshakeProvider;
  readonly #tokens: RetryTokens | undefined;
  readonly #shard: number;
  readonly #maxConnections: number;
  readonly #parameters: TransportParameters;
  readonly #reset: StatelessReset | undefined;
  readonly #clients = new ClientTable<Entry>();
  readonly #entryOwner: EntryOwner;
  readonly #deadlines = new DeadlineHeap<Entry>();
  readonly #dirty = new Queue<Entry>();
  readonly #noisy = new Queue<Entry>();
  readonly #answers = new Queue<Transmit>();
  readonly #scratch = new Uint8Array(SCRATCH_LENGTH);
  readonly #shared: SharedParts;
  readonly counters: EndpointCounters = new EndpointCounters();
  #isAccepting: boolean;

  constructor(options: EndpointOptions) {
    this.#config = { ...DEFAULT_TRANSPORT_CONFIG, ...options.config };
    assert(this.#config.maxDatagramSize <= SCRATCH_LENGTH, 'datagrams larger than the buffer');
    this.#random = options.random;
    this.#handshakes = options.handshakes;
    this.#tokens = options.tokens;
    this.#shard = options.shard ?? 0;
    this.#maxConnections = options.maxConnections ?? DEFAULT_MAX_CONNECTIONS;
    const { copyShare: share, copyFloor } = this.#config;
    this.#shared = {
      config: this.#config,
      random: this.#random,
      version: this.#handshakes.version,
      copyBudget: new RedundancyBudget({ share, floor: copyFloor.endpoint }),
      probePace: new ProbePace(this.#config.suspectProbeRate),
      observer: options.observer,
    };
    this.#entryOwner = {
      touch: (entry) => this.#touch(entry),
      queue: (entry) => this.#queue(entry),
      succeed: (heir) => this.#succeed(heir),
      move: (entry, from) => this.#clients.move(entry, from),
    };
    this.#isAccepting = options.tokens !== undefined;
    const { receiveWindow, channelWindow, maxAckDelay, arq } = this.#config;
    const least = Math.min(receiveWindow, channelWindow);
    assert(least >= MIN_WINDOW, 'a window in which the longest message may wait for ever');
    const { resets } = options;
    this.#reset = resets && new StatelessReset(resets, this.#random);
    this.#parameters = {
      initialMaxData: receiveWindow,
      initialMaxChannelData: channelWindow,
      maxAckDelay,
      ...(arq === 'modern' ? {} : { arq }),
    };
  }

  get connections(): Iterable<Connection> {
    return connectionsOf(this.#clients);
  }

  get size(): number {
    return this.#clients.size;
  }

  /** Whether every connection is over and nothing waits to be sent. */
  get isDrained(): boolean {
    for (const { connection } of this.#clients.values()) if (!connection.isOver) return false;
    return this.#answers.length === 0;
  }

  /** Begins a connection. One to the same address that is still there is given up for it. */
  connect(now: number, to: Address): Connection {
    const remote = canonicalAddress(to);
    for (const old of this.#clients.allAt(remote)) this.#giveWay(old);
    const parameters = encodeTransportParameters(this.#parameters);
    const makeHandshake = (): Handshake => this.#handshakes.initiate(parameters);
    const ids = { client: randomBytes(this.#random, CLIENT_ID_LENGTH), server: NO_ID };
    return this.#add({ now, side: 'client', remote, ids, makeHandshake, id: this.#newId() });
  }

  /** Accepts no more connections; those that stand go on. */
  stopAccepting(): void {
    this.#isAccepting = false;
  }

  /** Closes every connection once its messages are out, and accepts no more. */
  end(now: number, request: CloseRequest): void {
    this.#isAccepting = false;
    for (const { connection } of this.#clients.values()) connection.end(now, request);
  }

  /** Closes every connection at once and accepts no more. */
  close(now: number, request: CloseRequest): void {
    this.#isAccepting = false;
    for (const { connection } of this.#clients.values()) connection.close(now, request);
  }

  handleDatagram(now: number, sender: Address, bytes: Uint8Array): void {
    const from = canonicalAddress(sender);
    this.counters.received++;
    if (isLong(bytes)) this.#handleLong(now, from, bytes);
    else this.#handleShort(now, from, bytes);
  }

  handleTimeout(now: number): void {
    for (let entry = this.#deadlines.peek(); entry !== undefined; entry = this.#deadlines.peek()) {
      if (entry.deadline > now) break;
      entry.connection.handleTimeout(now);
      this.#touch(entry);
      this.#settle(entry);
      // What is still due is due to be sent; `pollTransmit` comes next and sets it right.
      if (entry.deadline <= now) this.#deadlines.remove(entry);
    }
  }

  /** ICMP says that nobody listens at the address of our only peer. */
  handleUnreachable(): void {
    for (const { connection } of this.#clients.values()) connection.handleUnreachable();
  }

  /** `bytes` is a view of one buffer that the next call writes again. */
  pollTransmit(now: number): Transmit | undefined {
    const answer = this.#answers.shift();
    if (answer !== undefined) return answer;
    for (let entry = this.#dirty.peek(); entry !== undefined; entry = this.#dirty.peek()) {
      const size = entry.connection.pollTransmit(now, this.#scratch);
      this.#dirty.shift();
      if (size > 0 && !entry.connection.isDry) {
        // To the end of the queue: connections take turns, a datagram each.
        this.#dirty.push(entry);
      } else {
        entry.isDirty = false;
        this.#settle(entry);
      }
      if (size > 0) return { to: entry.connection.sentTo, bytes: this.#scratch.subarray(0, size) };
    }
    return undefined;
  }

  /** The next event of any connection. One that never came to stand has none to tell. */
  pollEvent(): EndpointEvent | undefined {
    for (let entry = this.#noisy.peek(); entry !== undefined; entry = this.#noisy.peek()) {
      const { connection } = entry;
      const event = connection.pollEvent();
      if (event === undefined) {
        this.#noisy.shift();
        entry.isNoisy = false;
      } else if (connection.side === 'client' || connection.isPeerProven)
        return { connection, event };
    }
    return undefined;
  }

  nextTimeout(): number {
    return this.#deadlines.peek()?.deadline ?? Number.POSITIVE_INFINITY;
  }

  #handleShort(now: number, from: Address, bytes: Uint8Array): void {
    const header = readShortHeader(bytes);
    if (typeof header === 'string') {
      this.counters.count(header);
      return;
    }
    const { id } = header;
    const connection =
      id === undefined
        ? this.#clients.byAddress(from)?.connection
        : this.#clients.byId(new ByteReader(id).uint32())?.connection;
    if (connection === undefined) {
      this.counters.count('unknownConnection');
      if (id !== undefined) this.#sayForgotten(now, from, id, bytes.length);
    } else if (!mayComeFrom(from, connection, id !== undefined)) {
      this.counters.count('wrongAddress');
    } else connection.handleShort(now, header, bytes, from);
  }

  #handleLong(now: number, from: Address, bytes: Uint8Array): void {
    const packet = readLongPacket(bytes);
    if (typeof packet === 'string') {
      this.counters.count(packet);
      return;
    }
    if (packet.type === 'initial' || packet.type === 'unknownVersion') {
      if (!this.#isAccepting || this.#tokens === undefined) this.counters.count('notAccepting');
      else if (bytes.length < MIN_INITIAL_DATAGRAM) this.counters.count('tooSmall');
      else if (packet.type === 'unknownVersion' || packet.version !== this.#handshakes.version)
        this.#negotiateVersion(from, packet);
      else this.#admit(now, from, packet, bytes.length);
      return;
    }
    const member = this.#clients.allAt(from).find((one) => belongsTo(packet, one.connection));
    const isOurVersion =
      packet.type === 'versionNegotiation' || packet.version === this.#handshakes.version;
    if (member === undefined || !isOurVersion) {
      this.counters.count('unknownConnection');
    } else member.connection.handleLong(now, packet, bytes.length);
  }

  /** Takes a client whose token proves its address; asks the others for a token. */
  #admit(now: number, from: Address, packet: InitialPacket, size: number): void {
    const tokens = this.#tokens;
    if (tokens === undefined || packet.source.length !== CLIENT_ID_LENGTH) {
      this.counters.count('malformed');
      return;
    }
    const address = formatAddress(from);
    if (!tokens.verify(now, address, packet.source, packet.token)) {
      const token = tokens.issue(now, address, packet.source);
      this.#answer(from, { ...answerTo(packet), version: packet.version, type: 'retry', token });
      return;
    }
    const here = this.#clients.allAt(from);
    const known = here.find(({ connection }) => equal(connection.clientId, packet.source));
    if (known !== undefined) {
      known.connection.handleLong(now, packet, size);
      return;
    }
    if (here.length === 0 && this.#clients.size >= this.#maxConnections) {
      this.counters.count('tooMany');
      return;
    }
    // Anybody who reads along may have asked: only who finishes takes the place of another.
    const unproven = here.filter(({ connection }) => !connection.isPeerProven);
    if (unproven.length >= MAX_UNPROVEN) this.#giveWay(unproven[0]);
    this.counters.accepted++;
    const id = this.#newId();
    const server = new Uint8Array(SERVER_ID_LENGTH);
    new ByteWriter(server).uint32(id);
    const ids = { client: packet.source.slice(), server };
    const statelessResetToken = this.#reset?.tokenFor(address, server);
    const parameters = encodeTransportParameters({
      ...this.#parameters,
      ...(statelessResetToken !== undefined && { statelessResetToken }),
    });
    const makeHandshake = (): Handshake => this.#handshakes.respond(parameters);
    const remote = { address: from.address, port: from.port };
    const connection = this.#add({ now, side: 'server', remote, ids, makeHandshake, id });
    connection.handleLong(now, packet, size);
  }

  /** Whoever sent this may not know that we were started anew. */
  #sayForgotten(now: number, from: Address, serverId: Uint8Array, size: number): void {
    const address = formatAddress(from);
    const bytes = this.#reset?.answer(now, { address, serverId, size });
    if (bytes === undefined || this.#answers.length >= MAX_ANSWERS) return;
    this.counters.resets++;
    this.#answers.push({ to: { address: from.address, port: from.port }, bytes });
  }

  #negotiateVersion(from: Address, packet: LongPacket): void {
    const { version } = this.#handshakes;
    const base = { ...answerTo(packet), version: VERSION_NEGOTIATION };
    this.#answer(from, { ...base, type: 'versionNegotiation', versions: [version] });
  }

  /** An answer that leaves no trace here: it is smaller than what it answers. */
  #answer(to: Address, packet: Parameters<typeof writeLongPacket>[1]): void {
    if (this.#answers.length >= MAX_ANSWERS) {
      this.counters.count('tooMany');
      return;
    }
    const writer = new ByteWriter(new Uint8Array(256));
    writeLongPacket(writer, packet);
    this.#answers.push({ to: { address: to.address, port: to.port }, bytes: writer.written() });
  }

  #add(options: Omit<ConnectionOptions, 'shared' | 'owner'>): Connection {
    const entry = new Entry(this.#entryOwner, { ...options, shared: this.#shared });
    this.#clients.add(entry);
    this.#touch(entry);
    return entry.connection;
  }

  /** One connection an address: those that were there end when a new one is proven. */
  #succeed(heir: Entry): void {
    for (const old of this.#clients.allAt(heir.connection.remote)) {
      if (old !== heir && old.connection.isPeerProven) this.#giveWay(old);
    }
  }

  #giveWay(old: Entry | undefined): void {
    if (old === undefined) return;
    old.connection.abandon('a new connection was made between these addresses');
    this.#settle(old);
  }

  /** There may be something to send. */
  #queue(entry: Entry): void {
    if (entry.isDirty) return;
    entry.isDirty = true;
    this.#dirty.push(entry);
  }

  /** There may be something to send and to tell. */
  #touch(entry: Entry): void {
    this.#queue(entry);
    if (!entry.isNoisy) {
      entry.isNoisy = true;
      this.#noisy.push(entry);
    }
  }

  /** Puts a connection's deadline where it belongs, or forgets the connection. */
  #settle(entry: Entry): void {
    const { connection } = entry;
    if (!connection.isOver) {
      this.#deadlines.schedule(entry, connection.nextTimeout());
      return;
    }
    this.#deadlines.remove(entry);
    if (!this.#clients.remove(entry)) return;
    addSums(this.counters.ended, connection.stats(0));
  }

  #newId(): number {
    for (;;) {
      const id = this.#shard * 2 ** 24 + (this.#random.uint32() >>> 8);
      if (this.#clients.byId(id) === undefined) return id;
    }
  }
}

function* connectionsOf(clients: ClientTable<Entry>): Iterable<Connection> {
  for (const { connection } of clients.values()) yield connection;
}

/** Where an answer without state goes: the ids are those of the question, turned around. */
function answerTo(packet: LongPacket): {
  form: 'long';
  destination: Uint8Array;
  source: Uint8Array;
} {
  return { form: 'long', destination: packet.source, source: packet.destination };
}

function belongsTo(packet: LongPacket, connection: Connection): boolean {
  const clientId = connection.side === 'client' ? packet.destination : packet.source;
  return equal(clientId, connection.clientId);
}

/**
 * Whether a packet may be handed to a connection to be opened. A client may move once its handshake
 * is over; where it has moved to is then the connection's to prove.
 */
function mayComeFrom({ address, port }: Address, connection: Connection, hasId: boolean): boolean {
  if ((connection.side === 'server') !== hasId) return false;
  const { remote, isPeerProven } = connection;
  const isThere = remote.address === address && remote.port === port;
  return isThere || (hasId && isPeerProven);
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
