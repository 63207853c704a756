import { ByteWriter } from '../base/byte-writer.ts';
import { Queue } from '../base/queue.ts';
import type { HandshakeResult } from '../crypto/protection.ts';
import type { LongPacket, ShortHeader } from '../wire/packet.ts';
import { decodeTransportParameters } from '../wire/transport-parameters.ts';
import { agreeArq, recoveryPolicy } from './arq.ts';
import type { SendOptions } from './channel.ts';
import { Closer } from './closer.ts';
import { pathClass, type TransportConfig } from './config.ts';
import type { CloseRequest, ConnectionEvent, ConnectionState } from './connection-event.ts';
import type { ConnectionOptions, ConnectionOwner, SharedParts } from './connection-options.ts';
import {
  type CloseInfo,
  PEER_KEY_REFUSED,
  STATELESS_RESET,
  TOO_MANY_FORGERIES,
  TransportError,
  TransportErrorCode,
  versionError,
} from './errors.ts';
import { type Ending, FrameIntake } from './frame-intake.ts';
import { Handshaker } from './handshaker.ts';
import { Liveness } from './liveness.ts';
import type { Address } from './machine.ts';
import { PacketSpace } from './packet-space.ts';
import { PeerPath } from './peer-path.ts';
import { Receiver } from './receiver.ts';
import { Sender } from './sender.ts';
import { isReset } from './stateless-reset.ts';
import {
  type ConnectionInspection,
  type ConnectionParts,
  type ConnectionStats,
  describeInside,
  describeStats,
  PacketCounters,
} from './stats.ts';

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
  readonly #shared: SharedParts;
  readonly #owner: ConnectionOwner;
  readonly #config: TransportConfig;
  /** There until both sides know that the handshake is over. */
  #handshaker: Handshaker | undefined;
  readonly #sender: Sender;
  readonly #receiver: Receiver;
  readonly #liveness: Liveness;
  readonly #counters = new PacketCounters();
  readonly #events = new Queue<ConnectionEvent>();
  readonly #path: PeerPath;
  readonly #initialRtt: number;
  /** There from the end of the handshake on. */
  #space: PacketSpace | undefined;
  #intake: FrameIntake | undefined;
  #closer: Closer | undefined;
  #ending: (CloseRequest & { readonly deadline: number }) | undefined;
  #closed: CloseInfo | undefined;
  #isCloseTold = false;
  #isPeerProven: boolean;
  #peerKey: Uint8Array | undefined;
  /** How we know that the server has forgotten us. */
  #resetToken: Uint8Array | undefined;
  readonly id: number;
  readonly side: 'client' | 'server';
  readonly clientId: Uint8Array;
  state: ConnectionState = 'handshaking';
  /** Whether `pollTransmit` would find nothing more now. If not, it may all the same. */
  isDry = false;

  constructor(options: ConnectionOptions) {
    const { now, id, side, remote, shared, ids } = options;
    const { config, random, version } = shared;
    const path = pathClass(remote.address);
    const initialRtt = config.initialRtt[path];
    this.id = id;
    this.side = side;
    this.clientId = ids.client;
    this.#shared = shared;
    this.#owner = options.owner;
    this.#config = config;
    this.#path = new PeerPath({ remote, config, random });
    this.#isPeerProven = side === 'client';
    this.#handshaker = new Handshaker({ ...options, config, version, initialRtt });
    this.#initialRtt = initialRtt;
    this.#sender = new Sender(config);
    this.#receiver = new Receiver(config);
    this.#liveness = new Liveness({ now, config, random, path, side, pace: shared.probePace });
  }

  /** The peer's address, which changes when a client has moved and proven it. */
  get remote(): Address {
    return this.#path.remote;
  }

  /** Where the datagram that was polled last goes: not to `remote`, if it is a challenge. */
  get sentTo(): Address {
    return this.#path.sentTo;
  }

  /** The static public key that the peer has proven, 32 bytes; undefined under `plaintext`. */
  get peerKey(): Uint8Array | undefined {
    return this.#peerKey ?? this.#handshaker?.result?.peerKey;
  }

  /** Whether a message would be taken: false once closing. */
  get isOpen(): boolean {
    return this.#closed === undefined && this.#ending === undefined;
  }

  /** Whether the application was told that the connection stands. */
  get isPeerProven(): boolean {
    return this.#isPeerProven;
  }

  /** Bytes that wait to be sent or acknowledged, with what holding them costs. */
  get bytesQueued(): number {
    return this.#sender.buffered;
  }

  /** Whether the peer has been silent for too long, but is not given up. */
  get isSuspect(): boolean {
    return this.#liveness.state === 'suspect';
  }

  /** Closed, and nothing more to send: the endpoint may forget it. */
  get isOver(): boolean {
    return this.state === 'closed';
  }

  stats(now: number): ConnectionStats {
    return describeStats(now, this.#parts);
  }

  inspect(): ConnectionInspection {
    return describeInside(this.nextTimeout(), this.#parts);
  }

  /** A packet with a long header, checked by the endpoint to be from this peer. */
  handleLong(now: number, packet: LongPacket, size: number): void {
    const handshaker = this.#handshaker;
    if (this.state !== 'handshaking' && this.state !== 'established') return;
    this.#counters.onReceived(size);
    // Once both sides know that it is over, nothing in it is news.
    if (handshaker === undefined) return;
    switch (packet.type) {
      case 'initial':
        if (!handshaker.onInitial(now, packet)) this.#counters.onBad('rejected');
        break;
      case 'handshake':
        if (!handshaker.onHandshake(now, packet)) this.#counters.onBad('rejected');
        break;
      case 'retry':
        handshaker.onRetry(now, packet);
        break;
      case 'versionNegotiation':
        this.#onVersionNegotiation(now, packet.versions);
        break;
      case 'unknownVersion':
        this.#counters.onBad('rejected');
        break;
    }
    if (this.state === 'handshaking') {
      if (handshaker.isRefused) this.#close(now, { by: 'error', ...PEER_KEY_REFUSED }, false);
      else if (handshaker.result !== undefined) this.#establish(now, handshaker, handshaker.result);
    }
    // A client's last message proves as much as a packet under the keys that it leads to.
    if (packet.type === 'handshake' && this.side === 'server' && this.#space !== undefined) {
      this.#liveness.onHeard(now);
      this.#provePeer(this.#space);
    }
    this.#owner.onDirty();
  }

  /** A packet with a short header that names this connection, unopened. Opens it in place. */
  handleShort(now: number, header: ShortHeader, datagram: Uint8Array, from: Address): void {
    const space = this.#space;
    const intake = this.#intake;
    if (space === undefined || intake === undefined || this.state === 'closed') return;
    const packet = space.open(now, header, datagram);
    if (typeof packet === 'string') {
      this.#counters.onBad(packet);
      if (isReset(datagram, this.#resetToken)) {
        this.#close(now, { by: 'error', ...STATELESS_RESET }, false);
      } else if (space.isExhausted) this.#close(now, { by: 'error', ...TOO_MANY_FORGERIES }, true);
      return;
    }
    if (this.#closer !== undefined) {
      this.#closer.onPacket(now);
      this.#owner.onDirty();
      return;
    }
    this.#counters.onReceived(datagram.length);
    space.isSuspect = false;
    if (this.#liveness.onHeard(now)) this.#events.push({ type: 'liveness', state: 'alive' });
    this.#provePeer(space);
    this.#path.onPacket(now, { from, size: datagram.length, number: packet.number }, space);
    const ending = intake.take(now, packet.payload);
    this.#endIfDone(now);
    if (ending !== undefined) this.#onEnding(now, ending);
    if (this.#closed === undefined) {
      if (intake.pathResponse !== undefined) this.#onPathResponse(now, space, intake.pathResponse);
      if (!intake.isDropped) space.onPacket(now, packet.number, intake.urgency);
    }
    this.#owner.onDirty();
  }

  /** Whatever is due by `now`: losses, probes, heartbeats, deaths, ends. */
  handleTimeout(now: number): void {
    if (this.#closer !== undefined) {
      if (this.#closer.isOver(now)) this.#finish();
    } else if (this.state === 'handshaking') {
      if (now >= (this.#handshaker?.deadline ?? 0)) this.#giveUp('no answer to the handshake');
    } else if (this.#space !== undefined) this.#handleEstablishedTimeout(now, this.#space);
    this.#owner.onDirty();
  }

  /** ICMP says that nobody listens: a hint, for it can be forged. It may end a handshake. */
  handleUnreachable(): void {
    if (this.state !== 'handshaking' || !this.#handshaker?.onUnreachable()) return;
    this.#giveUp('nobody listens at this address');
    this.#owner.onDirty();
  }

  /**
   * Queues a message of at most 1 MiB (what fits a packet, on an unreliable channel). False: it
   * was queued, but wait for `drain` before sending more. Throws TransportError when closed, too
   * long, or when `false` was ignored until the buffer was full. The bytes are not copied.
   */
  send(channel: number, bytes: Uint8Array, { expiresAt }: SendOptions = {}): boolean {
    if (!this.isOpen) throw new TransportError('ERR_CLOSED', 'the connection is closed');
    const more = this.#sender.push(channel, bytes, expiresAt);
    this.#owner.onQueued();
    return more;
  }

  /** What waits on channels of 0 is sent first, of 7 last; 3 unless set. The peer isn't told. */
  setPriority(channel: number, urgency: number): void {
    this.#sender.setPriority(channel, urgency);
  }

  /** Keeps the messages of a channel back, or lets them come: unread, they renew no credit. */
  setPaused(channel: number, isPaused: boolean): void {
    if (this.#closed === undefined) this.#receiver.setPaused(channel, isPaused);
    this.#owner.onDirty();
  }

  /** Closes once all that was sent is acknowledged, or after `lingerTimeout`. */
  end(now: number, request: CloseRequest): void {
    if (this.state === 'handshaking') this.close(now, request);
    if (!this.isOpen) return;
    this.#ending = { ...request, deadline: now + this.#config.lingerTimeout };
    this.#endIfDone(now);
    this.#owner.onDirty();
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
    this.#owner.onDirty();
  }

  /** Writes the next datagram into `out`, at least `maxDatagramSize` long; 0 when there is none. */
  pollTransmit(now: number, out: Uint8Array): number {
    const size = this.#transmit(now, out);
    if (size > 0) this.#counters.onSent(size);
    return size;
  }

  /** The next event for the application. Reading a message is what renews the peer's credit. */
  pollEvent(): ConnectionEvent | undefined {
    const channel = this.#sender.takeDrain();
    if (channel !== undefined && this.isOpen) this.#events.push({ type: 'drain', channel });
    const event = this.#events.shift();
    if (event !== undefined) return event;
    const message = this.#receiver.read();
    if (message !== undefined) {
      if (this.#receiver.hasRenewals) this.#owner.onDirty();
      return message;
    }
    if (this.#closed === undefined || this.#isCloseTold) return undefined;
    if (this.#receiver.resumeAll()) return this.pollEvent();
    this.#isCloseTold = true;
    return { type: 'closed', close: this.#closed };
  }

  /** When `handleTimeout` is due, or `pollTransmit` has more; Infinity when never. */
  nextTimeout(): number {
    if (this.state === 'closed') return Number.POSITIVE_INFINITY;
    if (this.#closer !== undefined) return this.#closer.deadline;
    const never = Number.POSITIVE_INFINITY;
    const { nextTimeout: repeat = never, deadline = never } = this.#handshaker ?? {};
    if (this.state === 'handshaking') return Math.min(repeat, deadline);
    const isAlive = this.#liveness.state === 'alive';
    return Math.min(
      repeat,
      this.#isPeerProven ? never : deadline,
      this.#space?.deadline ?? never,
      // The probes of a suspect peer are liveness's, and carry what a probe would.
      isAlive ? (this.#space?.recovery.ptoDeadline ?? never) : never,
      this.#liveness.deadline,
      this.#path.deadline,
      this.#ending?.deadline ?? never,
    );
  }

  get #parts(): ConnectionParts {
    return {
      config: this.#config,
      initialRtt: this.#initialRtt,
      space: this.#space,
      sender: this.#sender,
      receiver: this.#receiver,
      liveness: this.#liveness,
      counters: this.#counters,
    };
  }

  #establish(now: number, { serverId, rttSample }: Handshaker, result: HandshakeResult): void {
    const peer = decodeTransportParameters(result.peerParameters);
    if (peer === undefined) {
      this.#refuse('transport parameters that make no sense');
      return;
    }
    const toServer = this.side === 'client';
    const ours = this.#config.arq;
    const arq = agreeArq(ours, peer.arq ?? 'modern');
    if (arq === undefined && toServer) {
      this.#refuse(`we insist on ${ours}, the server on ${peer.arq}`);
      return;
    }
    const space = new PacketSpace({
      now,
      config: this.#config,
      policy: recoveryPolicy(arq ?? ours, this.#config.arqWindow),
      protection: result.protection,
      peerId: toServer ? serverId : undefined,
      peerMaxAckDelay: peer.maxAckDelay,
      pathClass: pathClass(this.remote.address),
      random: this.#shared.random,
      initialRtt: this.#initialRtt,
      sender: this.#sender,
      receiver: this.#receiver,
      sharedBudget: this.#shared.copyBudget,
      observer: this.#shared.observer,
    });
    this.#space = space;
    this.#intake = new FrameIntake({ space, sender: this.#sender, receiver: this.#receiver });
    this.#sender.start(peer);
    if (toServer) this.#resetToken = peer.statelessResetToken;
    if (rttSample !== undefined) space.recovery.rtt.update(now, rttSample, 0);
    this.state = 'established';
    if (!toServer) return;
    // The server counts us in with our first protected packet, so there must be one.
    this.#liveness.onHeard(now);
    space.owe('ping');
    this.#events.push({ type: 'connected' });
  }

  #refuse(reason: string): void {
    this.#closed = { by: 'error', code: TransportErrorCode.transportParameterError, reason };
    this.#finish();
  }

  /** The first packet under the new keys proves that the peer lives and has our answer. */
  #provePeer(space: PacketSpace): void {
    this.#peerKey ??= this.#handshaker?.result?.peerKey;
    this.#handshaker = undefined;
    if (this.#isPeerProven) return;
    this.#isPeerProven = true;
    this.#owner.onProven();
    space.owe('handshakeDone');
    this.#events.push({ type: 'connected' });
  }

  #onPathResponse(now: number, space: PacketSpace, data: Uint8Array): void {
    const from = this.#path.onResponse(data);
    if (from === undefined) return;
    const path = pathClass(this.remote.address);
    space.onMoved(now, this.remote.address === from.address ? undefined : path);
    this.#liveness.onMoved(path);
    this.#owner.onMoved(from);
  }

  #handleEstablishedTimeout(now: number, space: PacketSpace): void {
    if (!this.#isPeerProven && now >= (this.#handshaker?.deadline ?? 0)) {
      this.#giveUp('the handshake was never finished');
      return;
    }
    space.handleTimeout(now, this.#liveness.state === 'alive');
    this.#handleLiveness(now, space);
    this.#path.handleTimeout(now);
    space.isSuspect = this.#liveness.state !== 'alive';
    const ending = this.#ending;
    if (ending !== undefined && now >= ending.deadline) {
      this.#close(now, { by: 'local', code: ending.code, reason: ending.reason }, true);
    }
  }

  #handleLiveness(now: number, space: PacketSpace): void {
    const action = this.#liveness.handleTimeout(now, space.recovery.rtt.pto(0));
    if (action === 'heartbeat') space.ping();
    if (action === 'suspect') this.#events.push({ type: 'liveness', state: 'suspect' });
    if (action === 'suspect' || action === 'probe') space.probe(now, 1);
    if (action === 'dead') this.#giveUp('the peer has not answered for too long');
  }

  #transmit(now: number, out: Uint8Array): number {
    this.#path.sentTo = this.remote;
    this.isDry = false;
    if (this.state === 'closed') return 0;
    this.#endIfDone(now);
    if (this.#closer !== undefined) {
      if (this.#space === undefined || !this.#closer.take(now)) return 0;
      return this.#space.transmitClose(out, this.#closer);
    }
    if (this.#handshaker !== undefined && this.#handshaker.nextTimeout <= now) {
      const writer = new ByteWriter(out);
      if (this.#handshaker.pollTransmit(now, writer)) return writer.offset;
    }
    if (this.#space === undefined) return 0;
    const challenge = this.#path.transmit(now, out, this.#space);
    if (challenge > 0) return challenge;
    const sent = this.#space.transmit(now, out);
    if (sent?.isEliciting) this.#liveness.onElicited(now);
    this.isDry = this.#space.isDry && this.#ending === undefined;
    return sent?.size ?? 0;
  }

  /** A list with our own version in it answers a damaged packet (RFC 9000 section 6.2). */
  #onVersionNegotiation(now: number, versions: readonly number[]): void {
    if (this.state !== 'handshaking' || versions.includes(this.#shared.version)) return;
    if (!this.#handshaker?.onVersions()) return;
    this.#close(now, { by: 'error', ...versionError(versions, this.#shared.version) }, false);
  }

  #endIfDone(now: number): void {
    const ending = this.#ending;
    if (ending === undefined) return;
    this.#sender.expire(now);
    if (this.#sender.buffered > 0) return;
    this.#close(now, { by: 'local', code: ending.code, reason: ending.reason }, true);
  }

  /** The peer has closed, or has broken the protocol. */
  #onEnding(now: number, ending: Ending): void {
    const isError = ending.by === 'error';
    const { code, reason } = isError ? ending.error : ending;
    this.#close(now, { by: ending.by, code, reason }, isError);
  }

  /** The peer is gone; there is nobody to say it to. */
  #giveUp(reason: string): void {
    this.#closed ??= { by: 'timeout', code: 0, reason };
    this.#finish();
  }

  #close(now: number, close: CloseInfo, speaks: boolean): void {
    if (this.#closed !== undefined) return;
    this.#closed = close;
    if (this.#space === undefined) {
      this.#finish();
    } else {
      const { rtt, peerMaxAckDelay } = this.#space.recovery;
      const pto = Math.min(rtt.pto(peerMaxAckDelay), this.#config.ptoMax);
      this.#closer = new Closer({ now, ...close, pto, speaks });
      this.state = speaks ? 'closing' : 'draining';
      this.#space.recovery.clear();
    }
    this.#owner.onDirty();
  }

  #finish(): void {
    this.state = 'closed';
    this.#space?.recovery.clear();
  }
}
