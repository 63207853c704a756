import { ByteReader } from '../base/byte-reader.ts';
import { isReliable } from '../transport/channel.ts';
import { DEFAULT_TRANSPORT_CONFIG, MESSAGE_COST } from '../transport/config.ts';
import type { Connection } from '../transport/connection.ts';
import { type Address, formatAddress } from '../transport/machine.ts';
import type { Frame } from '../wire/frame.ts';
import { isLong, readLongPacket, readShortHeader } from '../wire/packet-codec.ts';
import type { Datagram, Observer } from './checker.ts';
import { InvariantError, readPlaintext } from './connection-checker.ts';
import type { WorldNode, WorldView } from './world.ts';

/** RFC 9000 section 8.1: what an unproven address may be sent, over what came from it. */
const AMPLIFICATION = 3;

/** Credit for one direction: what the receiver gave and what the sender used, bytes of cost. */
interface Credit {
  limit: number;
  spent: number;
}

/** What one end has sent: its messages by channel, and the credit that it gave its peer. */
interface Ledger {
  readonly own: Map<number, { nextId: number; spent: number }>;
  spent: number;
  readonly given: Map<number, number>;
  givenInAll: number;
}

/** What passed between a node and an address. */
interface Exchange {
  received: number;
  /** Bytes sent while there was no connection to that address. */
  answered: number;
  /** Whether the address was asked to prove itself. */
  isAsked: boolean;
}

/**
 * Reads what goes over the wire: invariants 4 (acknowledgements), 9 (amplification), 11 (credit).
 * Plaintext packets only.
 */
export class WireChecker implements Observer {
  readonly #connectionsOf: (node: WorldNode) => Iterable<Connection>;
  readonly #start: { readonly connection: number; readonly channel: number };
  readonly #ledgers = new WeakMap<Connection, Ledger>();
  readonly #exchanges = new WeakMap<WorldNode, Map<string, Exchange>>();

  constructor(options: {
    connectionsOf: (node: WorldNode) => Iterable<Connection>;
    /** The credit that all transport parameters give, bytes. */
    credit?: { readonly connection: number; readonly channel: number };
  }) {
    this.#connectionsOf = options.connectionsOf;
    const { receiveWindow: connection, channelWindow: channel } = DEFAULT_TRANSPORT_CONFIG;
    this.#start = options.credit ?? { connection, channel };
  }

  received(_world: WorldView, { from, to, bytes }: Datagram): void {
    if (to !== undefined) this.#exchange(to, from.address).received += bytes.length;
  }

  sent(_world: WorldView, { from, to, bytes }: Datagram): void {
    if (to === undefined) return;
    const connection = this.#find(from, to.address);
    this.#checkAmplification(from, to, bytes, connection);
    if (isLong(bytes) || connection === undefined) return;
    const peer = this.#find(to, from.address);
    if (peer === undefined || !isSame(connection.clientId, peer.clientId)) return;
    if (!isFor(peer, bytes)) return;
    const label = `${from.name} to ${to.name}`;
    for (const frame of readPlaintext(bytes)) {
      if (frame.type === 'ack') this.#checkAck(frame.ranges[0]?.end ?? 0, peer, label);
      else this.#checkCredit(frame, connection, peer, label);
    }
  }

  #checkAmplification(
    from: WorldNode,
    to: WorldNode,
    bytes: Uint8Array,
    connection: Connection | undefined,
  ): void {
    const label = `${from.name} to ${to.name}`;
    const exchange = this.#exchange(from, to.address);
    const long = isLong(bytes) ? readLongPacket(bytes) : undefined;
    const type = typeof long === 'object' ? long.type : undefined;
    if (type === 'retry') exchange.isAsked = true;
    if (connection === undefined) {
      exchange.answered += bytes.length;
      if (exchange.answered > AMPLIFICATION * exchange.received) {
        const { answered, received } = exchange;
        throw new InvariantError(9, `${label}: ${answered} B for ${received} B, address unproven`);
      }
    } else if (connection.side === 'server' && type === 'handshake' && !exchange.isAsked) {
      throw new InvariantError(9, `${label}: a handshake with an address that was never asked`);
    }
  }

  #checkAck(end: number, peer: Connection, label: string): void {
    const { largestSent } = peer.inspect();
    if (end - 1 <= largestSent) return;
    throw new InvariantError(4, `${label}: acknowledges ${end - 1}, but only ${largestSent} left`);
  }

  #checkCredit(frame: Frame, connection: Connection, peer: Connection, label: string): void {
    switch (frame.type) {
      case 'message':
        this.#spend(frame, frame.bytes.length, connection, peer, label);
        break;
      case 'fragment':
        this.#spend(frame, frame.total, connection, peer, label);
        break;
      case 'maxData': {
        const ledger = this.#ledger(connection);
        this.#mustGrow(ledger.givenInAll, frame.limit, label);
        ledger.givenInAll = frame.limit;
        break;
      }
      case 'maxChannelData': {
        const { given } = this.#ledger(connection);
        this.#mustGrow(given.get(frame.channel) ?? this.#start.channel, frame.limit, label);
        given.set(frame.channel, frame.limit);
        break;
      }
      default:
        break;
    }
  }

  #mustGrow(before: number, after: number, label: string): void {
    if (after < before) {
      throw new InvariantError(11, `${label}: a limit shrinks from ${before} to ${after} B`);
    }
  }

  /** A message begins: it must be covered by what the peer has given. */
  #spend(
    { channel, id }: { channel: number; id: number },
    length: number,
    connection: Connection,
    peer: Connection,
    label: string,
  ): void {
    if (!isReliable(channel)) return;
    const ledger = this.#ledger(connection);
    const own = ledger.own.get(channel) ?? { nextId: 0, spent: 0 };
    ledger.own.set(channel, own);
    if (id < own.nextId) return;
    own.nextId = id + 1;
    own.spent += length + MESSAGE_COST;
    ledger.spent += length + MESSAGE_COST;
    const { givenInAll, given } = this.#ledger(peer);
    this.#mustCover({ limit: givenInAll, spent: ledger.spent }, label);
    const limit = given.get(channel) ?? this.#start.channel;
    this.#mustCover({ limit, spent: own.spent }, `${label}, channel ${channel}`);
  }

  #mustCover({ limit, spent }: Credit, label: string): void {
    if (spent > limit) throw new InvariantError(11, `${label}: uses ${spent} B of ${limit} B`);
  }

  #find(node: WorldNode, { address, port }: Address): Connection | undefined {
    for (const connection of this.#connectionsOf(node)) {
      const { remote } = connection;
      if (remote.port === port && remote.address === address) return connection;
    }
    return undefined;
  }

  #ledger(connection: Connection): Ledger {
    let ledger = this.#ledgers.get(connection);
    if (ledger === undefined) {
      const givenInAll = this.#start.connection;
      ledger = { own: new Map(), spent: 0, given: new Map(), givenInAll };
      this.#ledgers.set(connection, ledger);
    }
    return ledger;
  }

  #exchange(node: WorldNode, address: Address): Exchange {
    const known = this.#exchanges.get(node) ?? new Map<string, Exchange>();
    this.#exchanges.set(node, known);
    const key = formatAddress(address);
    const exchange = known.get(key) ?? { received: 0, answered: 0, isAsked: false };
    known.set(key, exchange);
    return exchange;
  }
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/**
 * Whether a packet names this connection, or none: a server may have given one up, and have begun
 * another with the same client, that knows of the first alone.
 */
function isFor({ id }: Connection, bytes: Uint8Array): boolean {
  const header = readShortHeader(bytes);
  if (typeof header === 'string' || header.id === undefined) return true;
  return new ByteReader(header.id).uint32() === id;
}
