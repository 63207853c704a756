import { ByteWriter } from '../base/byte-writer.ts';
import { type Frame, MAX_CLOSE_REASON } from '../wire/frame.ts';
import { ackSize, writeFrame } from '../wire/frame-codec.ts';
import { writeShortHeader } from '../wire/packet-codec.ts';
import { packetNumberLength } from '../wire/packet-number.ts';
import type { AckTracker } from './ack-tracker.ts';
import type { KeyPhases } from './key-phases.ts';
import type { Receiver } from './receiver.ts';
import type { CopyPlan } from './redundancy.ts';
import type { Sender } from './sender.ts';
import { SentPacket } from './sent-packet.ts';

/** Bytes that a frame of control takes at most; with less room it waits for the next packet. */
const CONTROL_FRAME_ROOM = 24;

/** Small answers that are owed, each in the next packet that leaves. */
export interface ControlDebts {
  /** Make the peer answer: a PING, unless something else in the packet does. */
  ping: boolean;
  handshakeDone: boolean;
  pathResponses: Uint8Array[] | undefined;
}

/** Those who have something to say in packets, and how these are protected and addressed. */
interface PacketSources {
  readonly keys: KeyPhases;
  /** What short headers name the connection by; undefined toward a client. */
  readonly peerId: Uint8Array | undefined;
  readonly acks: AckTracker;
  readonly debts: ControlDebts;
  readonly sender: Sender;
  readonly receiver: Receiver;
}

/** Puts one packet together in a buffer, from those who have something to say. */
export class PacketBuilder {
  readonly #keys: KeyPhases;
  readonly #peerId: Uint8Array | undefined;
  readonly #acks: AckTracker;
  readonly #debts: ControlDebts;
  readonly #sender: Sender;
  readonly #receiver: Receiver;

  constructor(sources: PacketSources) {
    this.#keys = sources.keys;
    this.#peerId = sources.peerId;
    this.#acks = sources.acks;
    this.#debts = sources.debts;
    this.#sender = sources.sender;
    this.#receiver = sources.receiver;
  }

  /** A packet of acknowledgements and, if `data`, of everything else, at most `limit` bytes. */
  build(
    out: Uint8Array,
    options: {
      now: number;
      limit: number;
      number: number;
      largestAcked: number;
      data: boolean;
      /** Undefined if nothing asks for copies. */
      copying: CopyPlan | undefined;
    },
  ): SentPacket | undefined {
    const { now, data, copying } = options;
    const acks = this.#acks;
    const debts = this.#debts;
    const writer = new ByteWriter(out);
    writer.reset(options.limit - this.#keys.tagLength);
    const headerLength = this.#header(writer, options);
    const packet = new SentPacket();
    const ack = acks.hasNews || (data && acks.isUnconfirmed) ? acks.frame(now) : undefined;
    const acking = ack !== undefined && ackSize(ack) <= writer.remaining;
    if (ack !== undefined && acking) {
      writeFrame(writer, ack);
      packet.ackedUpTo = acks.largest;
    }
    if (data) {
      const before = writer.offset;
      this.#writeControl(writer, packet);
      this.#writeMessages(now, writer, copying, packet);
      const silent = writer.offset === before;
      if (silent && debts.ping && writer.remaining > 0) writeFrame(writer, { type: 'ping' });
      packet.isEliciting = writer.offset > before;
      if (packet.isEliciting) debts.ping = false;
    }
    // An ack without news only rides along.
    if (!packet.isEliciting && !(acking && acks.hasNews)) return undefined;
    if (acking) acks.onAckSent(now);
    packet.number = options.number;
    packet.time = now;
    packet.size = this.#seal(out, headerLength, writer, options.number);
    return packet;
  }

  /** A packet with nothing but a CLOSE. */
  buildClose(
    out: Uint8Array,
    options: { number: number; largestAcked: number; code: number; reason: string },
  ): number {
    const reason = truncateUtf8(options.reason, MAX_CLOSE_REASON);
    return this.buildLone(out, options, { type: 'close', code: options.code, reason });
  }

  /** A packet with these frames and nothing else. */
  buildLone(
    out: Uint8Array,
    packet: { number: number; largestAcked: number },
    ...frames: readonly Frame[]
  ): number {
    const writer = new ByteWriter(out);
    const headerLength = this.#header(writer, packet);
    for (const frame of frames) writeFrame(writer, frame);
    return this.#seal(out, headerLength, writer, packet.number);
  }

  /** Bytes of header and tag around the payload of a packet. */
  overhead(number: number, largestAcked: number): number {
    const id = this.#peerId?.length ?? 0;
    return 1 + id + packetNumberLength(number, largestAcked) + this.#keys.tagLength;
  }

  #header(writer: ByteWriter, packet: { number: number; largestAcked: number }): number {
    const length = packetNumberLength(packet.number, packet.largestAcked);
    const id = this.#peerId;
    writeShortHeader(writer, {
      id,
      keyPhase: this.#keys.phase,
      packetNumber: packet.number,
      length,
    });
    return writer.offset;
  }

  #seal(out: Uint8Array, headerLength: number, writer: ByteWriter, number: number): number {
    this.#keys.seal(out, headerLength, writer.offset, number);
    return writer.offset + this.#keys.tagLength;
  }

  /** What is new or was lost, then copies of what is on the way already. */
  #writeMessages(
    now: number,
    writer: ByteWriter,
    copying: CopyPlan | undefined,
    packet: SentPacket,
  ): void {
    this.#sender.fill(now, writer, packet);
    if (copying === undefined) return;
    const { redundancy, path } = copying;
    let anyway = false;
    for (const { message, isSkip } of packet.pieces ?? []) {
      if (message.fragmented || isSkip) continue;
      redundancy.onSent(now, message, path);
      anyway = true;
    }
    redundancy.fill(writer, { now, anyway, path, packet });
  }

  #writeControl(writer: ByteWriter, packet: SentPacket): void {
    const debts = this.#debts;
    const receiver = this.#receiver;
    if (debts.handshakeDone && hasRoom(writer)) {
      debts.handshakeDone = false;
      writeFrame(writer, { type: 'handshakeDone' });
      packet.hasHandshakeDone = true;
    }
    while (debts.pathResponses !== undefined && hasRoom(writer)) {
      const data = debts.pathResponses.shift();
      if (data === undefined) debts.pathResponses = undefined;
      else writeFrame(writer, { type: 'pathResponse', data });
    }
    if (!receiver.hasRenewals) return;
    const limit = hasRoom(writer) ? receiver.takeMaxData() : undefined;
    if (limit !== undefined) {
      writeFrame(writer, { type: 'maxData', limit });
      packet.hasMaxData = true;
    }
    while (hasRoom(writer)) {
      const credit = receiver.takeMaxChannelData();
      if (credit === undefined) break;
      writeFrame(writer, { type: 'maxChannelData', ...credit });
      packet.addCreditOf(credit.channel);
    }
  }
}

/** Whether a frame of control fits. */
function hasRoom(writer: ByteWriter): boolean {
  return writer.remaining >= CONTROL_FRAME_ROOM;
}

/** The longest prefix of `text` whose UTF-8 is at most `limit` bytes. */
function truncateUtf8(text: string, limit: number): string {
  const buffer = new Uint8Array(limit);
  return text.slice(0, new TextEncoder().encodeInto(text, buffer).read);
}
