import { ByteReader } from '../base/byte-reader.ts';
import { ByteWriter } from '../base/byte-writer.ts';
import { DEFAULT_TRANSPORT_CONFIG } from '../transport/config.ts';
import type { Connection } from '../transport/connection.ts';
import { formatAddress } from '../transport/machine.ts';
import type { Frame } from '../wire/frame.ts';
import { readFrame, writeFrame } from '../wire/frame-codec.ts';
import {
  isLong,
  readLongPacket,
  readShortHeader,
  writeLongPacket,
  writeShortHeader,
} from '../wire/packet-codec.ts';
import { decodePacketNumber } from '../wire/packet-number.ts';
import type { Datagram, Observer } from './checker.ts';
import { TouchedConnections } from './touched-connections.ts';
import type { WorldNode, WorldView } from './world.ts';

/** Bytes of the tag of plaintext packets, which the checker reads (spec/protocol section 3.5). */
const TAG_LENGTH = 4;

/** What adding and subtracting times may cost, ms. */
const ROUNDING = 0.001;

/** Slack on the time within which a silent peer is found dead, ms. */
const DEATH_SLACK = 5_000;

/** What a broken rule is reported with: its number in spec/protocol, and what was seen. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError';

  constructor(invariant: number, message: string) {
    super(`invariant ${invariant}: ${message}`);
  }
}

/** What the checker remembers of a connection. */
interface Memory {
  readonly label: string;
  /** Largest packet number seen on the wire. */
  number: number;
  wasDead: boolean;
}

/**
 * Looks into every connection after every step, and at every datagram on the wire: invariants 3
 * (packet numbers), 5 (bytes in flight), 8 (armed timers), 14 (canonical encoding), 18 (death).
 */
export class ConnectionChecker implements Observer {
  readonly #connectionsOf: (node: WorldNode) => Iterable<Connection>;
  readonly #touched: TouchedConnections;
  readonly #receiveBudget: number;
  readonly #memories = new Map<WorldNode, Map<Connection, Memory>>();
  readonly #scratch = new Uint8Array(4096);

  constructor(options: {
    connectionsOf: (node: WorldNode) => Iterable<Connection>;
    /** Bytes of unread messages that a connection may hold. */
    receiveBudget: number;
  }) {
    this.#connectionsOf = options.connectionsOf;
    this.#touched = new TouchedConnections(options.connectionsOf);
    this.#receiveBudget = options.receiveBudget;
  }

  received(_world: WorldView, { from, to }: Datagram): void {
    if (to !== undefined) this.#touched.note(to, from.address);
  }

  sent(_world: WorldView, { from, to, bytes }: Datagram): void {
    if (to !== undefined) this.#touched.note(from, to.address);
    this.#learn(from, this.#connectionsOf(from));
    if (isLong(bytes)) this.#checkLong(bytes);
    else if (to !== undefined) this.#checkShort(from, to, bytes);
  }

  stepped(world: WorldView, touched: Iterable<WorldNode>): void {
    for (const node of touched) {
      if (!node.alive) continue;
      const { connections, isAll } = this.#touched.take(node);
      const known = this.#learn(node, connections);
      const now = world.localNow(node);
      if (isAll) this.#checkAll(now, known, new Set(connections));
      else for (const connection of connections) this.#check(now, connection, known);
    }
  }

  /** Those too that have just ended, and are not among the node's any more. */
  #checkAll(now: number, known: Map<Connection, Memory>, present: ReadonlySet<Connection>): void {
    for (const connection of known.keys()) {
      const isServers = connection.side === 'server';
      if (isServers && connection.state !== 'closed' && !present.has(connection)) {
        // It is gone with the thread that had it.
        known.delete(connection);
      } else this.#check(now, connection, known);
    }
  }

  #check(now: number, connection: Connection, known: Map<Connection, Memory>): void {
    const memory = known.get(connection);
    if (memory === undefined) return;
    this.#checkConnection(now, connection, memory);
    if (connection.state === 'closed') known.delete(connection);
  }

  /** What is remembered of a node's connections, `present` among them. */
  #learn(node: WorldNode, present: Iterable<Connection>): Map<Connection, Memory> {
    let known = this.#memories.get(node);
    if (known === undefined) {
      known = new Map();
      this.#memories.set(node, known);
    }
    for (const connection of present) {
      if (known.has(connection)) continue;
      const label = `${node.name} to ${formatAddress(connection.remote)}`;
      known.set(connection, { label, number: -1, wasDead: false });
    }
    return known;
  }

  #checkConnection(now: number, connection: Connection, memory: Memory): void {
    const seen = connection.inspect();
    const { label } = memory;
    if (seen.bytesInFlight !== seen.unresolvedBytes) {
      throw new InvariantError(
        5,
        `${label}: ${seen.bytesInFlight} B in flight, ${seen.unresolvedBytes} B unresolved`,
      );
    }
    if (!seen.hasOutstanding && seen.bytesInFlight !== 0) {
      throw new InvariantError(5, `${label}: idle with ${seen.bytesInFlight} B in flight`);
    }
    if (connection.state !== 'closed' && seen.nextTimeout === Number.POSITIVE_INFINITY) {
      throw new InvariantError(8, `${label}: ${connection.state} and nothing armed`);
    }
    if (seen.bufferedReceiveBytes > this.#receiveBudget) {
      throw new InvariantError(10, `${label}: holds ${seen.bufferedReceiveBytes} B`);
    }
    const silence = now - seen.lastHeard;
    if (seen.liveness === 'dead' && !memory.wasDead) {
      memory.wasDead = true;
      const least = seen.suspectAfter + DEFAULT_TRANSPORT_CONFIG.deadAfter - ROUNDING;
      if (silence < least) {
        throw new InvariantError(18, `${label}: dead, but heard ${silence} ms ago`);
      }
    }
    if (connection.state !== 'established') return;
    // Whoever slept suspects anew, so a suspicion is not always as old as the silence.
    const since =
      seen.liveness === 'suspect' ? seen.suspectSince : seen.lastHeard + seen.suspectAfter;
    // A machine that has just woken has yet to see what is due.
    const isAwake = seen.nextTimeout > now;
    if (isAwake && now - since > DEATH_SLACK) this.#checkDeathBound(now - since, connection, label);
  }

  #checkDeathBound(suspectFor: number, connection: Connection, label: string): void {
    const { srtt, rttvar } = connection.stats(0);
    const interval = Math.max(150, Math.min(srtt + 4 * rttvar + 10, 2_000));
    const bound = 25 * interval + DEATH_SLACK;
    if (suspectFor > bound) {
      throw new InvariantError(18, `${label}: suspect for ${suspectFor} ms and not dead`);
    }
  }

  #checkShort(from: WorldNode, to: WorldNode, bytes: Uint8Array): void {
    const header = readShortHeader(bytes);
    if (typeof header === 'string') throw new InvariantError(14, `sent a ${header} header`);
    const { truncatedPacketNumber, packetNumberLength } = header;
    const known = this.#memories.get(from) ?? new Map<Connection, Memory>();
    let fits = false;
    for (const [connection, memory] of known) {
      const { sentTo } = connection;
      if (sentTo.port !== to.address.port || sentTo.address !== to.address.address) continue;
      const { largestSent } = connection.inspect();
      const number = decodePacketNumber(truncatedPacketNumber, packetNumberLength, largestSent - 1);
      if (number !== largestSent || number <= memory.number) continue;
      memory.number = number;
      fits = true;
      break;
    }
    if (!fits) throw new InvariantError(3, `${from.name}: a packet number that is not the next`);

    const writer = new ByteWriter(this.#scratch);
    const length = packetNumberLength;
    writeShortHeader(writer, { ...header, packetNumber: truncatedPacketNumber, length });
    const frames = readFrames(bytes.subarray(header.length, bytes.length - TAG_LENGTH));
    for (const frame of frames) writeFrame(writer, frame);
    this.#compare(writer, bytes, bytes.length - TAG_LENGTH);
  }

  #checkLong(bytes: Uint8Array): void {
    const packet = readLongPacket(bytes);
    if (typeof packet === 'string' || packet.type === 'unknownVersion') {
      const why = typeof packet === 'string' ? packet : packet.type;
      throw new InvariantError(14, `sent a long packet that is not valid: ${why}`);
    }
    const writer = new ByteWriter(this.#scratch);
    writeLongPacket(writer, packet);
    this.#compare(writer, bytes, bytes.length);
  }

  #compare(writer: ByteWriter, bytes: Uint8Array, length: number): void {
    const again = writer.written();
    const same = again.length === length && again.every((byte, i) => byte === bytes[i]);
    if (!same) throw new InvariantError(14, 'a packet that encodes otherwise once decoded');
  }
}

/** The frames of a short packet as it left. */
export function readPlaintext(packet: Uint8Array): readonly Frame[] {
  const header = readShortHeader(packet);
  if (typeof header === 'string') throw new InvariantError(14, `sent a ${header} header`);
  return readFrames(packet.subarray(header.length, packet.length - TAG_LENGTH));
}

function readFrames(payload: Uint8Array): Frame[] {
  const reader = new ByteReader(payload);
  const frames: Frame[] = [];
  while (reader.remaining > 0) {
    const frame = readFrame(reader);
    if (frame === undefined) throw new InvariantError(14, 'sent a frame that cannot be read');
    frames.push(frame);
  }
  return frames;
}

/** A packet in words, for traces: `#12 ack message(4,7) 40 B`. Plaintext packets only. */
export function describePacket(bytes: Uint8Array): string {
  if (isLong(bytes)) {
    const packet = readLongPacket(bytes);
    return typeof packet === 'string' ? `(${packet})` : packet.type;
  }
  const header = readShortHeader(bytes);
  if (typeof header === 'string') return `(${header})`;
  const reader = new ByteReader(bytes.subarray(header.length, bytes.length - TAG_LENGTH));
  const words = [`#${header.truncatedPacketNumber}`];
  while (reader.remaining > 0) {
    const frame = readFrame(reader);
    if (frame === undefined) return `${words.join(' ')} (broken)`;
    words.push(describeFrame(frame));
  }
  return words.join(' ');
}

function describeFrame(frame: Frame): string {
  switch (frame.type) {
    case 'ack':
      return `ack(${frame.ranges.map(({ start, end }) => `${start}-${end - 1}`).join(',')})`;
    case 'message':
      return `message(${frame.channel},${frame.id})`;
    case 'fragment':
      return `fragment(${frame.channel},${frame.id} at ${frame.offset} of ${frame.total})`;
    case 'skip':
      return `skip(${frame.channel},${frame.id})`;
    case 'close':
      return `close(${frame.code} ${frame.reason})`;
    default:
      return frame.type;
  }
}
