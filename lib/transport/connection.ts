import { assert, unreachable } from '../base/assert.ts';
import { ByteReader } from '../base/byte-reader.ts';
import { ByteWriter } from '../base/byte-writer.ts';
import { Queue } from '../base/queue.ts';
import type { RandomSource } from '../base/random.ts';
import type { Handshake, HandshakeIds } from '../crypto/protection.ts';
import type { AckFrame, Frame } from '../wire/frame.ts';
import { readFrame } from '../wire/frame-codec.ts';
import type { LongPacket, ShortHeader } from '../wire/packet.ts';
import { decodePacketNumber } from '../wire/packet-number.ts';
import { decodeTransportParameters } from '../wire/transport-parameters.ts';
import { ACK_DELAY_UNIT, AckTracker, type AckUrgency } from './ack-tracker.ts';
import { Closer } from './closer.ts';
import { pathClass, type TransportConfig } from './config.ts';
import type { CongestionController } from './congestion.ts';
import { type CloseInfo, type PeerError, TransportError, TransportErrorCode } from './errors.ts';
import { Handshaker } from './handshaker.ts';
import { Liveness } from './liveness.ts';
import type { Address } from './machine.ts';
import { NewReno } from './new-reno.ts';
import { Pacer } from './pacer.ts';
import { type ControlDebts, PacketBuilder } from './packet-builder.ts';
import { Receiver } from './receiver.ts';
import { Recovery, type SentFrame, type Settled } from './recovery.ts';
import { Sender } from './sender.ts';
import { type ConnectionInspection, type ConnectionStats, PacketCounters } from './stats.ts';

/** Life of a connection. `draining`: the peer has closed; `closing`: we have. */
export type ConnectionState = 'handshaking' | 'established' | 'closing' | 'draining' | 'closed';

/** What a connection tells its application. `closed` comes exactly once, and last. */
export type ConnectionEvent =
  | { readonly type: 'connected' }
  | { readonly type: 'message'; readonly channel: number; readonly bytes: Uint8Array }
  | { readonly type: 'drain' }
  | { readonly type: 'liveness'; readonly state: 'alive' | 'suspect' }
  | { readonly type: 'closed'; readonly close: CloseInfo };

/** What an application says when it closes; codes from APPLICATION_CODES on are its own. */
export interface CloseRequest {
  readonly code: number;
  /** At most 128 bytes of UTF-8; what is longer is cut. */
  readonly reason: string;
}

/** No packet is begun with less room in the congestion window than this, bytes. */
const MIN_ALLOWANCE = 64;

/** PATH_CHALLENGEs owed an answer at once; more are not answered. */
const MAX_PATH_RESPONSES = 4;

/**
 * One connection, without clock, socket or randomness of its own. Its methods are of four kinds:
 *
 * - getters, which change nothing;
 * - `handle…(now, …)`: the world speaks to the machine: a datagram, a timeout;
 * - commands: the application speaks to the machine: `send`, `end`, `close`;
 * - `poll…(now)`: the machine speaks: `pollTransmit`, `pollEvent`, `nextTimeout`.
 *
 * After a handle or a command: poll transmits and events until dry, then arm a timer for
 * `nextTimeout`. `now` is monotonic ms. Packet numbers are never used twice: what was in a lost
 * packet goes again in a new one. See spec/protocol for the rules and their sources.
 */
export class Connection {
  readonly #config: TransportConfig;
  readonly #handshaker: Handshaker;
  readonly #controller: CongestionController;
  readonly #recovery: Recovery;
  readonly #pacer: Pacer;
  readonly #acks: AckTracker;
  readonly #sender: Sender;
  readonly #receiver: Receiver;
  readonly #liveness: Liveness;
  readonly #counters = new PacketCounters();
  readonly #events = new Queue<ConnectionEvent>();
  readonly #debts: ControlDebts = { ping: false, handshakeDone: false, pathResponses: [] };
  readonly #onDirty: () => void;
  #builder: PacketBuilder | undefined;
  #closer: Closer | undefined;
  #ending: (CloseRequest & { readonly deadline: number }) | undefined;
  #closed: CloseInfo | undefined;
  #isCloseTold = false;
  #isPeerProven: boolean;
  #nextNumber = 0;
  #probes = 0;
  #unreachables = 0;
  #isPacerBlocked = false;
  readonly id: number;
  readonly side: 'client' | 'server';
  readonly remote: Address;
  readonly clientId: Uint8Array;
  state: ConnectionState = 'handshaking';

  constructor(options: {
    now: number;
    /** Unique in its endpoint. */
    id: number;
    side: 'client' | 'server';
    remote: Address;
    config: TransportConfig;
    random: RandomSource;
    handshake: Handshake;
    ids: HandshakeIds;
    /** Called when there may be something new to poll. */
    onDirty?: () => void;
  }) {
    const { now, id, side, remote, config, random, handshake, ids } = options;
    const path = pathClass(remote.address);
    const initialRtt = config.initialRtt[path];
    this.id = id;
    this.side = side;
    this.remote = remote;
    this.clientId = ids.client;
    this.#config = config;
    this.#onDirty = options.onDirty ?? ((): void => {});
    this.#isPeerProven = side === 'client';
    this.#handshaker = new Handshaker({ now, config, handshake, side, ids, initialRtt });
    this.#controller = new NewReno(config);
    this.#recovery = new Recovery({ config, controller: this.#controller, initialRtt });
    this.#pacer = new Pacer(config);
    this.#acks = new AckTracker(config);
    this.#sender = new Sender(config);
    this.#receiver = new Receiver(config);
    this.#liveness = new Liveness({ now, config, random, path });
  }

  /** Whether a message would be taken: false once closing. */
  get isOpen(): boolean {
    return this.#closed === undefined && this.#ending === undefined;
  }

  /** Whether the application was told that the connection stands. */
  get isPeerProven(): boolean {
    return this.#isPeerProven;
  }

  /** Closed, and nothing more to send: the endpoint may forget it. */
  get isOver(): boolean {
    return this.state === 'closed';
  }

  stats(now: number): ConnectionStats {
    const { rtt } = this.#recovery;
    const { bytesSent, bytesReceived, packetsSent, packetsReceived } = this.#counters;
    return {
      srtt: rtt.srtt,
      rttvar: rtt.rttvar,
      minRtt: rtt.min,
      lossOut: this.#recovery.lossRate,
      lossIn: this.#acks.lossRate(this.#config.lossWindow),
      retransmits: this.#sender.retransmits,
      packetsLost: this.#recovery.packetsLost,
      spuriousLosses: this.#recovery.spuriousLosses,
      cwnd: this.#controller.window,
      bytesInFlight: this.#recovery.bytesInFlight,
      bytesQueued: this.#sender.buffered,
      bytesSent,
      bytesReceived,
      packetsSent,
      packetsReceived,
      packetsDuplicate: this.#counters.packetsDuplicate,
      packetsRejected: this.#counters.packetsRejected,
      liveness: this.#liveness.state,
      silence: now - this.#liveness.lastHeard,
    };
  }

  inspect(): ConnectionInspection {
    const recovery = this.#recovery;
    return {
      bytesInFlight: recovery.bytesInFlight,
      unresolvedBytes: recovery.unresolvedBytes,
      largestSent: this.#nextNumber - 1,
      largestReceived: this.#acks.largest,
      nextTimeout: this.nextTimeout(),
      hasOutstanding: recovery.hasOutstanding,
      isProbeArmed: Math.min(recovery.ptoDeadline, this.#liveness.deadline) < Number.POSITIVE_INFINITY,
      bufferedReceiveBytes: this.#receiver.held,
      lastHeard: this.#liveness.lastHeard,
      suspectAfter: this.#config.suspectIntervals * this.#liveness.interval,
      liveness: this.#liveness.state,
      cwnd: this.#controller.window,
    };
  }

  /** A packet with a long header, checked by the endpoint to be from this peer. */
  handleLong(now: number, packet: LongPacket, size: number): void {
    if (this.state !== 'handshaking' && this.state !== 'established') return;
    this.#counters.onReceived(size);
    switch (packet.type) {
      case 'initial':
        if (!this.#handshaker.onInitial(now, packet)) this.#counters.packetsRejected++;
        break;
      case 'handshake':
        if (!this.#handshaker.onHandshake(now, packet)) this.#counters.packetsRejected++;
        break;
      case 'retry':
        this.#handshaker.onRetry(now, packet);
        break;
      case 'versionNegotiation':
        this.#onVersionNegotiation(now);
        break;
      case 'unknownVersion':
        this.#counters.packetsRejected++;
        break;
    }
    if (this.state === 'handshaking' && this.#handshaker.result !== undefined) this.#establish(now);
    this.#onDirty();
  }

  /** A packet with a short header from this peer's address, unopened. Opens it in place. */
  handleShort(now: number, header: ShortHeader, datagram: Uint8Array): void {
    const payload = this.#open(header, datagram);
    if (payload === undefined) return;
    if (this.#closer !== undefined) {
      this.#closer.onPacket(now);
      this.#onDirty();
      return;
    }
    this.#counters.onReceived(datagram.length);
    if (this.#liveness.onHeard(now)) this.#events.push({ type: 'liveness', state: 'alive' });
    this.#provePeer();
    const urgency = this.#handleFrames(now, payload.bytes);
    if (this.#closed === undefined) {
      const srtt = this.#recovery.rtt.srtt;
      this.#acks.onPacket(now, { number: payload.number, urgency, srtt });
    }
    this.#onDirty();
  }

  /** Whatever is due by `now`: losses, probes, heartbeats, deaths, ends. */
  handleTimeout(now: number): void {
    if (this.#closer !== undefined) {
      if (this.#closer.isOver(now)) this.#finish();
    } else if (this.state === 'handshaking') {
      if (now >= this.#handshaker.deadline) this.#giveUp('no answer to the handshake');
    } else if (this.state === 'established') {
      this.#handleEstablishedTimeout(now);
    }
    this.#onDirty();
  }

  /**
   * ICMP says that nobody listens. It can be forged, so it is a hint: it only ends a handshake, and
   * only when it came again and again.
   */
  handleUnreachable(): void {
    if (this.state !== 'handshaking' || this.side !== 'client') return;
    if (++this.#unreachables < this.#config.maxUnreachables) return;
    this.#giveUp('nobody listens at this address');
    this.#onDirty();
  }

  /**
   * Queues a message of at most 64 KiB (what fits a packet, on an unreliable channel). False: it
   * was queued, but wait for `drain` before sending more. Throws TransportError when closed, too
   * long, or when `false` was ignored until the buffer was full. The bytes are not copied.
   */
  send(channel: number, bytes: Uint8Array): boolean {
    if (!this.isOpen) throw new TransportError('ERR_CLOSED', 'the connection is closed');
    const more = this.#sender.push(channel, bytes);
    this.#onDirty();
    return more;
  }

  /** Closes once all that was sent is acknowledged, or after `lingerTimeout`. */
  end(now: number, request: CloseRequest): void {
    if (!this.isOpen) return;
    if (this.state === 'handshaking') {
      this.close(now, request);
      return;
    }
    this.#ending = { ...request, deadline: now + this.#config.lingerTimeout };
    this.#endIfDone(now);
    this.#onDirty();
  }

  /** Closes at once: what is not acknowledged may be lost. */
  close(now: number, request: CloseRequest): void {
    if (this.#closed !== undefined) return;
    this.#close(now, { by: 'local', ...request }, true);
    this.#receiver.clear();
  }

  /** Ends without a word to the peer, because it has begun anew at the same address. */
  abandon(reason: string): void {
    if (this.#closed === undefined) this.#closed = { by: 'error', code: 0, reason };
    this.#finish();
    this.#onDirty();
  }

  /** Writes the next datagram into `out`, at least `maxDatagramSize` long; 0 when there is none. */
  pollTransmit(now: number, out: Uint8Array): number {
    const size = this.#transmit(now, out);
    if (size > 0) this.#counters.onSent(size);
    return size;
  }

  /** The next event for the application. Reading a message is what renews the peer's credit. */
  pollEvent(): ConnectionEvent | undefined {
    if (this.#sender.takeDrain() && this.isOpen) this.#events.push({ type: 'drain' });
    const event = this.#events.shift();
    if (event !== undefined) return event;
    const message = this.#receiver.read();
    if (message !== undefined) {
      if (this.#receiver.hasRenewals) this.#onDirty();
      return { type: 'message', ...message };
    }
    if (this.#closed === undefined || this.#isCloseTold) return undefined;
    this.#isCloseTold = true;
    return { type: 'closed', close: this.#closed };
  }

  /** When `handleTimeout` is due, or `pollTransmit` has more; Infinity when never. */
  nextTimeout(): number {
    if (this.state === 'closed') return Number.POSITIVE_INFINITY;
    if (this.#closer !== undefined) return this.#closer.deadline;
    const { nextTimeout: repeat, deadline } = this.#handshaker;
    if (this.state === 'handshaking') return Math.min(repeat, deadline);
    const suspect = this.#liveness.state !== 'alive';
    return Math.min(
      repeat,
      this.#isPeerProven ? Number.POSITIVE_INFINITY : deadline,
      this.#acks.deadline,
      this.#recovery.lossDeadline,
      suspect ? Number.POSITIVE_INFINITY : this.#recovery.ptoDeadline,
      this.#liveness.deadline,
      this.#isPacerBlocked ? this.#pacerOpensAt : Number.POSITIVE_INFINITY,
      this.#ending?.deadline ?? Number.POSITIVE_INFINITY,
    );
  }

  #pacerOpensAt = 0;

  #establish(now: number): void {
    const { result, serverId, rttSample } = this.#handshaker;
    assert(result !== undefined, 'a handshake without result');
    const peer = decodeTransportParameters(result.peerParameters);
    if (peer === undefined) {
      const code = TransportErrorCode.transportParameterError;
      this.#closed = { by: 'error', code, reason: 'transport parameters that make no sense' };
      this.#finish();
      return;
    }
    const toServer = this.side === 'client';
    this.#builder = new PacketBuilder(result.protection, toServer ? serverId : undefined);
    this.#recovery.peerMaxAckDelay = peer.maxAckDelay;
    this.#sender.start({
      maxData: peer.initialMaxData,
      maxChannelData: peer.initialMaxChannelData,
    });
    if (rttSample !== undefined) this.#recovery.rtt.update(now, rttSample, 0);
    this.state = 'established';
    if (!toServer) return;
    // The server counts us in with our first protected packet, so there must be one.
    this.#liveness.onHeard(now);
    this.#debts.ping = true;
    this.#events.push({ type: 'connected' });
  }

  /** The first packet under the new keys proves that the peer lives and has our answer. */
  #provePeer(): void {
    this.#handshaker.confirm();
    if (this.#isPeerProven) return;
    this.#isPeerProven = true;
    this.#debts.handshakeDone = true;
    this.#events.push({ type: 'connected' });
  }

  #open(
    header: ShortHeader,
    datagram: Uint8Array,
  ): { number: number; bytes: Uint8Array } | undefined {
    const protection = this.#handshaker.result?.protection;
    if (protection === undefined || this.state === 'closed') return undefined;
    const { truncatedPacketNumber, packetNumberLength } = header;
    const largest = this.#acks.largest;
    const number = decodePacketNumber(truncatedPacketNumber, packetNumberLength, largest);
    if (this.#acks.isDuplicate(number)) {
      this.#counters.packetsDuplicate++;
      return undefined;
    }
    const bytes =
      header.keyPhase === 0 ? protection.open(datagram, header.length, number) : undefined;
    if (bytes === undefined) {
      this.#counters.packetsRejected++;
      return undefined;
    }
    return { number, bytes };
  }

  #handleFrames(now: number, payload: Uint8Array): AckUrgency {
    const reader = new ByteReader(payload);
    let urgency: AckUrgency = 'none';
    if (payload.length === 0) this.#fail(now, EMPTY_PACKET);
    while (reader.remaining > 0 && this.#closed === undefined) {
      const frame = readFrame(reader);
      const error = frame === undefined ? MALFORMED_FRAME : this.#handleFrame(now, frame);
      if (error !== undefined) this.#fail(now, error);
      const wanted = frame === undefined ? 'none' : ackUrgency(frame);
      if (wanted === 'now' || urgency === 'none') urgency = wanted;
    }
    return urgency;
  }

  #handleFrame(now: number, frame: Frame): PeerError | undefined {
    switch (frame.type) {
      case 'padding':
      case 'ping':
      case 'handshakeDone':
      case 'pathResponse':
      case 'newConnectionId':
      case 'retireConnectionId':
        return undefined;
      case 'ack':
        return this.#handleAck(now, frame);
      case 'message':
        return this.#receiver.onMessage(frame);
      case 'fragment':
        return this.#receiver.onFragment(frame);
      case 'maxData':
        this.#sender.onMaxData(frame.limit);
        return undefined;
      case 'maxChannelData':
        this.#sender.onMaxChannelData(frame.channel, frame.limit);
        return undefined;
      case 'resetChannel':
        return UNSUPPORTED_RESET;
      case 'pathChallenge':
        if (this.#debts.pathResponses.length < MAX_PATH_RESPONSES) {
          this.#debts.pathResponses.push(frame.data.slice());
        }
        return undefined;
      case 'close':
        this.#close(now, { by: 'peer', code: frame.code, reason: frame.reason }, false);
        return undefined;
      default:
        return unreachable(frame);
    }
  }

  #handleAck(now: number, frame: AckFrame): PeerError | undefined {
    const largest = (frame.ranges[0]?.end ?? 0) - 1;
    if (largest >= this.#nextNumber) return ACK_OF_UNSENT;
    this.#settle(this.#recovery.onAck(now, frame, frame.delay * ACK_DELAY_UNIT));
    this.#pacer.setRate(now, this.#controller.window, this.#recovery.rtt.srtt);
    this.#endIfDone(now);
    return undefined;
  }

  #settle({ acked, lost }: Settled): void {
    for (const packet of acked) {
      for (const frame of packet.frames) {
        if (frame.type === 'piece') this.#sender.onAcked(frame.piece);
        else if (frame.type === 'ack') this.#acks.onAckAcked(frame.largest);
      }
    }
    for (const packet of lost) for (const frame of packet.frames) this.#resend(frame);
  }

  /** Sees to it that what was in a frame is sent again, in its newest form. */
  #resend(frame: SentFrame): void {
    switch (frame.type) {
      case 'piece':
        this.#sender.onLost(frame.piece);
        break;
      case 'maxData':
        this.#receiver.onMaxDataLost();
        break;
      case 'maxChannelData':
        this.#receiver.onMaxChannelDataLost(frame.channel);
        break;
      case 'handshakeDone':
        this.#debts.handshakeDone = true;
        break;
      case 'ack':
        break;
    }
  }

  #handleEstablishedTimeout(now: number): void {
    if (!this.#isPeerProven && now >= this.#handshaker.deadline) {
      this.#giveUp('the handshake was never finished');
      return;
    }
    if (now >= this.#recovery.lossDeadline) {
      this.#settle({ acked: [], lost: this.#recovery.detectLost(now) });
    }
    if (this.#liveness.state === 'alive' && now >= this.#recovery.ptoDeadline) {
      this.#probe(this.#recovery.onPtoExpired(now));
    }
    this.#handleLiveness(now);
    const ending = this.#ending;
    if (ending !== undefined && now >= ending.deadline) {
      this.#close(now, { by: 'local', code: ending.code, reason: ending.reason }, true);
    }
  }

  #handleLiveness(now: number): void {
    switch (this.#liveness.handleTimeout(now, this.#recovery.rtt.pto(0))) {
      case 'heartbeat':
        this.#probes = Math.max(this.#probes, 1);
        this.#debts.ping = true;
        break;
      case 'suspect':
        this.#events.push({ type: 'liveness', state: 'suspect' });
        break;
      case 'probe':
        this.#probe(1);
        break;
      case 'dead':
        this.#giveUp('the peer has not answered for too long');
        break;
      case undefined:
        break;
    }
  }

  /** Sends `count` packets in spite of the window: new data, or else the oldest once more. */
  #probe(count: number): void {
    this.#probes = Math.max(this.#probes, count);
    this.#debts.ping = true;
    if (this.#sender.hasPending) return;
    for (const packet of this.#recovery.oldestWithData(count)) {
      for (const frame of packet.frames) this.#resend(frame);
    }
  }

  #transmit(now: number, out: Uint8Array): number {
    if (this.#closer !== undefined) return this.#transmitClose(now, out);
    if (this.state === 'closed') return 0;
    const writer = new ByteWriter(out);
    if (this.#handshaker.pollTransmit(now, writer)) return writer.offset;
    if (this.#builder === undefined || this.state !== 'established') return 0;
    const allowance = this.#allowance(now);
    const data = allowance >= MIN_ALLOWANCE && this.#hasData;
    if (!data && this.#acks.deadline > now) return 0;
    const { maxDatagramSize } = this.#config;
    const number = this.#nextNumber;
    const built = this.#builder.build(out, {
      now,
      limit: data ? Math.min(maxDatagramSize, Math.floor(allowance)) : maxDatagramSize,
      number,
      largestAcked: this.#recovery.largestAcked,
      data,
      acks: this.#acks,
      debts: this.#debts,
      sender: this.#sender,
      receiver: this.#receiver,
    });
    if (built === undefined) return 0;
    this.#nextNumber++;
    if (built.isEliciting) this.#onElicitingSent(now, { number, ...built });
    return built.size;
  }

  #onElicitingSent(
    now: number,
    packet: { number: number; size: number; frames: readonly SentFrame[] },
  ): void {
    const { number, size, frames } = packet;
    this.#recovery.onSent({ number, time: now, size, frames });
    this.#pacer.onSent(now, size);
    this.#liveness.onElicited(now);
    if (this.#probes > 0) this.#probes--;
  }

  #transmitClose(now: number, out: Uint8Array): number {
    if (this.#closer === undefined || this.#builder === undefined) return 0;
    if (!this.#closer.take(now)) return 0;
    const { code, reason } = this.#closer;
    const number = this.#nextNumber++;
    const largestAcked = this.#recovery.largestAcked;
    return this.#builder.buildClose(out, { number, largestAcked, code, reason });
  }

  get #hasData(): boolean {
    const { ping, handshakeDone, pathResponses } = this.#debts;
    const owes = ping || handshakeDone || pathResponses.length > 0;
    return owes || this.#receiver.hasRenewals || this.#sender.hasPending;
  }

  /** How large a packet the congestion window and the pacer let through now, bytes. */
  #allowance(now: number): number {
    this.#isPacerBlocked = false;
    if (this.#probes > 0) return this.#config.maxDatagramSize;
    const room = this.#controller.window - this.#recovery.bytesInFlight;
    if (room < MIN_ALLOWANCE || this.#pacer.isOpen(now)) return room;
    if (this.#hasData) {
      this.#isPacerBlocked = true;
      this.#pacerOpensAt = this.#pacer.opensAt(now);
    }
    return 0;
  }

  #onVersionNegotiation(now: number): void {
    if (this.state !== 'handshaking' || this.side !== 'client') return;
    const code = TransportErrorCode.connectionRefused;
    const reason = 'the server does not speak this version of the protocol';
    this.#close(now, { by: 'error', code, reason }, false);
  }

  #endIfDone(now: number): void {
    const ending = this.#ending;
    if (ending === undefined || this.#sender.buffered > 0) return;
    this.#close(now, { by: 'local', code: ending.code, reason: ending.reason }, true);
  }

  /** The peer broke the protocol. */
  #fail(now: number, { code, reason }: PeerError): void {
    this.#close(now, { by: 'error', code, reason }, true);
  }

  /** The peer is gone; there is nobody to say it to. */
  #giveUp(reason: string): void {
    this.#closed ??= { by: 'timeout', code: 0, reason };
    this.#finish();
  }

  #close(now: number, close: CloseInfo, speaks: boolean): void {
    if (this.#closed !== undefined) return;
    this.#closed = close;
    if (this.#builder === undefined) {
      this.#finish();
    } else {
      const { code, reason } = close;
      const pto = this.#recovery.rtt.pto(this.#recovery.peerMaxAckDelay);
      this.#closer = new Closer({ now, code, reason, pto, speaks });
      this.state = speaks ? 'closing' : 'draining';
      this.#recovery.clear();
    }
    this.#onDirty();
  }

  #finish(): void {
    this.state = 'closed';
    this.#recovery.clear();
  }
}

function ackUrgency(frame: Frame): AckUrgency {
  switch (frame.type) {
    case 'ack':
    case 'padding':
    case 'close':
      return 'none';
    case 'fragment':
      return frame.offset + frame.bytes.length === frame.total ? 'now' : 'soon';
    default:
      return 'now';
  }
}

const MALFORMED_FRAME: PeerError = {
  code: TransportErrorCode.frameEncodingError,
  reason: 'a frame that makes no sense',
};

const EMPTY_PACKET: PeerError = {
  code: TransportErrorCode.protocolViolation,
  reason: 'a packet without frames',
};

const ACK_OF_UNSENT: PeerError = {
  code: TransportErrorCode.protocolViolation,
  reason: 'an acknowledgement of a packet that was never sent',
};

const UNSUPPORTED_RESET: PeerError = {
  code: TransportErrorCode.protocolViolation,
  reason: 'RESET_CHANNEL is not part of this version',
};
