import type { RandomSource } from '../base/random.ts';
import type { PacketProtection } from '../crypto/protection.ts';
import { type AckFrame, PATH_DATA_LENGTH } from '../wire/frame.ts';
import type { ShortHeader } from '../wire/packet.ts';
import { decodePacketNumber } from '../wire/packet-number.ts';
import { ACK_DELAY_UNIT, AckTracker, type AckUrgency } from './ack-tracker.ts';
import { type RecoveryPolicy, underPolicy } from './arq.ts';
import type { PathClass, TransportConfig } from './config.ts';
import { KeyPhases } from './key-phases.ts';
import type { PacketObserver } from './message-trace.ts';
import { Pacer } from './pacer.ts';
import { type ControlDebts, PacketBuilder } from './packet-builder.ts';
import { PathMtu } from './path-mtu.ts';
import type { Receiver } from './receiver.ts';
import { Recovery } from './recovery.ts';
import { type CopyPlan, Redundancy } from './redundancy.ts';
import type { RedundancyBudget } from './redundancy-budget.ts';
import type { Sender } from './sender.ts';
import { SentPacket } from './sent-packet.ts';

/** No packet is begun with less room in the congestion window than this, bytes. */
const MIN_ALLOWANCE = 64;

/** Least RTT that a window is spread over, ms: a sample may be 0. */
const MIN_SRTT = 0.1;

/** PATH_CHALLENGEs owed an answer at once; more are not answered. */
const MAX_PATH_RESPONSES = 4;

/** Bytes of a PATH_CHALLENGE frame. */
const CHALLENGE_LENGTH = 1 + PATH_DATA_LENGTH;

/** Bytes of a PING frame. */
const PING_LENGTH = 1;

/** A received packet after its protection was taken off. */
export interface OpenedPacket {
  readonly number: number;
  readonly payload: Uint8Array;
}

/**
 * The packets of an established connection (RFC 9000 section 12.3): their numbers, what was
 * received and sent, what is in flight and what was lost, and when the next may leave.
 */
export class PacketSpace {
  readonly #config: TransportConfig;
  readonly #observer: PacketObserver | undefined;
  readonly #keys: KeyPhases;
  readonly #builder: PacketBuilder;
  readonly #sender: Sender;
  readonly #receiver: Receiver;
  readonly #pacer: Pacer;
  readonly #copyBudget: RedundancyBudget | undefined;
  /** Made with the first sign of loss. */
  #redundancy: Redundancy | undefined;
  /** No copies to a peer that is not heard: they would only add to what is wrong. */
  isSuspect = false;
  readonly #debts: ControlDebts = { ping: false, handshakeDone: false, pathResponses: undefined };
  #nextNumber = 0;
  #probes = 0;
  #pacerOpensAt = Number.POSITIVE_INFINITY;
  /** Packets sent in spite of the congestion window. */
  forced = 0;
  /** Whether the packet written last has left nothing to be sent. */
  isDry = false;
  readonly recovery: Recovery;
  readonly acks: AckTracker;
  readonly mtu: PathMtu;

  constructor(options: {
    now: number;
    config: TransportConfig;
    policy: RecoveryPolicy;
    protection: PacketProtection;
    /** What short headers name the connection by; undefined toward a client. */
    peerId: Uint8Array | undefined;
    peerMaxAckDelay: number;
    pathClass: PathClass;
    random: RandomSource;
    initialRtt: number;
    sender: Sender;
    receiver: Receiver;
    /** What the copies of all connections may cost, beside what ours may. */
    sharedBudget: RedundancyBudget | undefined;
    observer: PacketObserver | undefined;
  }) {
    const { now, policy, protection, peerId, initialRtt, sharedBudget } = options;
    const config = underPolicy(options.config, policy);
    this.#config = config;
    this.#keys = new KeyPhases({ now, protection, config });
    this.#observer = options.observer;
    this.#sender = options.sender;
    this.#receiver = options.receiver;
    this.#copyBudget = sharedBudget;
    this.#pacer = new Pacer(config);
    const { random, pathClass: path } = options;
    this.recovery = new Recovery({ config, policy, random, path, initialRtt });
    this.recovery.peerMaxAckDelay = options.peerMaxAckDelay;
    this.acks = new AckTracker(config, {
      isPrompt: policy.detection === 'timer',
      isOnce: policy.acksOnce,
    });
    this.#builder = new PacketBuilder({
      keys: this.#keys,
      peerId,
      acks: this.acks,
      debts: this.#debts,
      sender: this.#sender,
      receiver: this.#receiver,
    });
    const { maxDatagramSize: base, mtuProbeMax: max, mtuRaiseInterval: raiseInterval } = config;
    this.mtu = new PathMtu({ base, max, raiseInterval });
  }

  /** -1 before the first packet. */
  get largestSent(): number {
    return this.#nextNumber - 1;
  }

  /** Copies of messages sent before anything was known to be lost. */
  get copies(): number {
    return this.#redundancy?.copies ?? 0;
  }

  get copyBytes(): number {
    return this.#redundancy?.copyBytes ?? 0;
  }

  /** Whether too many forged packets came for the keys to be trusted (RFC 9001 section 6.6). */
  get isExhausted(): boolean {
    return this.#keys.isExhausted;
  }

  /** How often the keys were changed, by either side. */
  get keyUpdates(): number {
    return this.#keys.updates;
  }

  /**
   * When an ack, a loss, a copy, the end of a lifetime or the pacer wants attention. Probes are
   * apart, in `ptoDeadline`.
   */
  get deadline(): number {
    return Math.min(
      this.acks.deadline,
      this.recovery.lossDeadline,
      this.#pacerOpensAt,
      this.#redundancy?.deadline ?? Number.POSITIVE_INFINITY,
      this.#sender.expiryDeadline,
    );
  }

  /** Opens a packet in place: what is wrong with it, if it is not new and from our peer. */
  open(
    now: number,
    header: ShortHeader,
    datagram: Uint8Array,
  ): OpenedPacket | 'duplicate' | 'rejected' {
    const { truncatedPacketNumber, packetNumberLength } = header;
    const largest = this.acks.largest;
    const number = decodePacketNumber(truncatedPacketNumber, packetNumberLength, largest);
    if (this.acks.isDuplicate(number)) return 'duplicate';
    const sealed = { keyPhase: header.keyPhase, headerLength: header.length, number };
    const pto = this.recovery.rtt.pto(this.recovery.peerMaxAckDelay);
    const payload = this.#keys.open(now, datagram, sealed, pto);
    return payload === undefined ? 'rejected' : { number, payload };
  }

  /** All frames of a packet were taken in: it may be acknowledged. */
  onPacket(now: number, number: number, urgency: AckUrgency): void {
    this.acks.onPacket(now, { number, urgency, srtt: this.recovery.rtt.srtt });
  }

  /** False when the frame acknowledges what was never sent. */
  onAck(now: number, frame: AckFrame): boolean {
    const largest = (frame.ranges[0]?.end ?? 0) - 1;
    if (largest >= this.#nextNumber) return false;
    this.#keys.onAcked(largest);
    const { acked, bytes, lost } = this.recovery.onAck(now, frame, frame.delay * ACK_DELAY_UNIT);
    if (bytes > 0) {
      this.#copyBudget?.onDelivered(now, bytes);
      this.#redundancy?.onDelivered(now, bytes);
    }
    for (const packet of acked) this.#onAcked(now, packet);
    for (const packet of lost) this.#onLost(now, packet);
    this.#pacer.setRate(now, this.#pacingRate);
    return true;
  }

  onPathChallenge(data: Uint8Array): void {
    this.#debts.pathResponses ??= [];
    const owed = this.#debts.pathResponses;
    if (owed.length < MAX_PATH_RESPONSES) owed.push(data.slice());
    // At once: the window may be full just because the peer's acks go where we were before.
    this.#probes = Math.max(this.#probes, 1);
  }

  /** The client shall know that its handshake is over. */
  owe(debt: 'ping' | 'handshakeDone'): void {
    this.#debts[debt] = true;
  }

  /** Declares lost what is, and probes if nothing was heard; `mayProbe`: nobody else does. */
  handleTimeout(now: number, mayProbe: boolean): void {
    this.#sender.expire(now);
    if (now >= this.recovery.lossDeadline) {
      for (const packet of this.recovery.detectLost(now)) this.#onLost(now, packet);
    }
    if (mayProbe && now >= this.recovery.ptoDeadline) {
      this.probe(now, this.recovery.onPtoExpired(now));
    }
  }

  /** Makes the peer answer, in spite of the congestion window. */
  ping(): void {
    this.#probes = Math.max(this.#probes, 1);
    this.#debts.ping = true;
  }

  /** Sends `count` packets in spite of the window: new data, or else the oldest once more. */
  probe(now: number, count: number): void {
    this.#probes = Math.max(this.#probes, count);
    this.#debts.ping = true;
    if (this.#sender.hasPending(now)) return;
    for (const packet of this.recovery.oldestWithData(count)) {
      for (const piece of packet.pieces ?? []) this.#sender.sendAgain(piece);
      this.#tellAgain(packet);
    }
  }

  /** Writes the next packet; undefined when none may or need be sent now. */
  transmit(now: number, out: Uint8Array): SentPacket | undefined {
    this.isDry = false;
    this.#keys.refresh(now);
    const allowance = this.#allowance(now);
    const isOpen = allowance >= MIN_ALLOWANCE;
    if (!isOpen) this.#redundancy?.skip(now);
    const probe = this.#mtuProbeSize(now);
    if (probe > 0 && probe <= allowance) return this.#transmitMtuProbe(now, out, probe);
    // A probe for what is outstanding must get through, whatever the path has become.
    const largest = this.#probes > 0 ? this.#config.maxDatagramSize : this.mtu.current;
    const limit = Math.min(largest, Math.floor(allowance));
    const built =
      (isOpen && this.#hasData(now) ? this.#build(now, out, { limit, data: true }) : undefined) ??
      // Acknowledgements need no room in the window.
      (this.acks.deadline <= now
        ? this.#build(now, out, { limit: this.#config.maxDatagramSize, data: false })
        : undefined);
    if (built === undefined) {
      if (isOpen && !this.#sender.hasPending(now)) this.recovery.onAppLimited(now);
      return undefined;
    }
    this.#nextNumber++;
    if (built.isEliciting) {
      this.recovery.onSent(built);
      this.#observer?.onSent(now, built);
      // A window that is counted in packets is spread over its round trip in packets as well.
      const isCounted = this.recovery.policy.detection === 'timer';
      this.#pacer.onSent(now, isCounted ? this.#config.maxDatagramSize : built.size);
      if (this.#probes > 0) {
        this.#probes--;
        this.forced++;
      }
    }
    // Asked while all of this is in the processor's cache: a turn later it would cost as much as
    // the packet did.
    this.isDry = this.acks.deadline > now && !this.#hasData(now);
    if (this.isDry && this.#allowance(now) >= MIN_ALLOWANCE) this.recovery.onAppLimited(now);
    return built;
  }

  /** Bytes of the packet that `transmitChallenge` writes. */
  get challengeSize(): number {
    return this.#builder.overhead(this.#nextNumber, this.recovery.largestAcked) + CHALLENGE_LENGTH;
  }

  /**
   * Writes a packet with a PATH_CHALLENGE. It goes another way than the others, so recovery does
   * not know of it: what becomes of it says nothing about this path.
   */
  transmitChallenge(out: Uint8Array, data: Uint8Array): number {
    const number = this.#nextNumber++;
    const { largestAcked } = this.recovery;
    return this.#builder.buildLone(out, { number, largestAcked }, { type: 'pathChallenge', data });
  }

  /**
   * The peer has moved: what was on the way to its old address says nothing about the new one, and
   * neither does what was measured. `path` is undefined if only the port is another: then it is
   * the same path (RFC 9000 section 9.4).
   */
  onMoved(now: number, path: PathClass | undefined): void {
    this.recovery.onMoved(this.#nextNumber);
    if (path !== undefined) {
      this.recovery.startAnew(path);
      this.#pacer.setRate(now, this.#pacingRate);
      this.mtu.startAnew(this.#nextNumber);
    }
    // Their acks show at once what of the rest got lost on the way to the old address.
    this.probe(now, 2);
  }

  /** Writes a packet with a CLOSE and returns its size. */
  transmitClose(out: Uint8Array, close: { code: number; reason: string }): number {
    const number = this.#nextNumber++;
    const { largestAcked } = this.recovery;
    return this.#builder.buildClose(out, { number, largestAcked, ...close });
  }

  /** Only what our packets prove is probed, and only when much waits that would gain by it. */
  #mtuProbeSize(now: number): number {
    if (this.#probes > 0 || this.isSuspect || this.recovery.largestAcked < 0) return 0;
    if (this.#sender.buffered < this.#config.mtuProbeBacklog) return 0;
    const size = this.mtu.probeSize(now);
    return size > 0 && this.#sender.hasPending(now) ? size : 0;
  }

  #transmitMtuProbe(now: number, out: Uint8Array, size: number): SentPacket {
    const number = this.#nextNumber++;
    const { largestAcked } = this.recovery;
    const length = size - this.#builder.overhead(number, largestAcked) - PING_LENGTH;
    const packet = { number, largestAcked };
    this.#builder.buildLone(out, packet, { type: 'ping' }, { type: 'padding', length });
    this.mtu.onProbeSent(number);
    const probe = new SentPacket();
    Object.assign(probe, { number, size, time: now, isEliciting: true, isMtuProbe: true });
    this.recovery.onSent(probe);
    this.#pacer.onSent(now, size);
    return probe;
  }

  #build(
    now: number,
    out: Uint8Array,
    { limit, data }: { limit: number; data: boolean },
  ): SentPacket | undefined {
    return this.#builder.build(out, {
      now,
      limit,
      number: this.#nextNumber,
      largestAcked: this.recovery.largestAcked,
      data,
      copying: this.#copying,
    });
  }

  /** What copies are considered by; undefined where nothing asks for any. */
  get #copying(): CopyPlan | undefined {
    const { cautiousLossRate, rtt } = this.recovery;
    if (cautiousLossRate === 0 && (this.#redundancy?.isIdle ?? true)) return undefined;
    this.#redundancy ??= new Redundancy(this.#config, this.#copyBudget);
    const lossRate = this.isSuspect ? 0 : cautiousLossRate;
    const path = { lossRate, srtt: rtt.srtt, minRtt: rtt.min };
    return { redundancy: this.#redundancy, path };
  }

  get #pacingRate(): number {
    const { pacingRate, window, rtt } = this.recovery;
    const srtt = Math.max(rtt.srtt, MIN_SRTT);
    return pacingRate ?? (this.#config.pacingGain * window) / srtt;
  }

  #hasData(now: number): boolean {
    const { ping, handshakeDone, pathResponses } = this.#debts;
    const owes = ping || handshakeDone || pathResponses !== undefined;
    const copyIsDue = this.#redundancy !== undefined && this.#redundancy.deadline <= now;
    return owes || copyIsDue || this.#receiver.hasRenewals || this.#sender.hasPending(now);
  }

  /** How large a packet the congestion window and the pacer let through now, bytes. */
  #allowance(now: number): number {
    this.#pacerOpensAt = Number.POSITIVE_INFINITY;
    if (this.#probes > 0) return this.#config.maxDatagramSize;
    if (this.recovery.isFull) return 0;
    const room = this.recovery.window - this.recovery.bytesInFlight;
    if (room < MIN_ALLOWANCE || this.#pacer.isOpen(now)) return room;
    if (this.#hasData(now)) this.#pacerOpensAt = this.#pacer.opensAt(now);
    return 0;
  }

  #onAcked(now: number, packet: SentPacket): void {
    this.mtu.onAcked(packet);
    this.#observer?.onAcked(now, packet);
    const { pieces } = packet;
    if (pieces !== undefined) for (const piece of pieces) this.#sender.onAcked(piece);
    if (packet.ackedUpTo >= 0) this.acks.onAckAcked(packet.ackedUpTo);
  }

  #onLost(now: number, packet: SentPacket): void {
    this.mtu.onLost(now, packet);
    this.#observer?.onLost(now, packet);
    for (const piece of packet.pieces ?? []) this.#sender.onLost(piece);
    this.#tellAgain(packet);
  }

  /** What a packet said of credit and handshake is said again, in its newest form. */
  #tellAgain({ hasMaxData, hasHandshakeDone, creditOf }: SentPacket): void {
    if (hasMaxData) this.#receiver.onMaxDataLost();
    if (hasHandshakeDone) this.#debts.handshakeDone = true;
    for (const channel of creditOf ?? []) this.#receiver.onMaxChannelDataLost(channel);
  }
}
