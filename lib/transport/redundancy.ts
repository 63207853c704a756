import type { ByteWriter } from '../base/byte-writer.ts';
import { messageOverhead, writeMessage } from '../wire/frame-codec.ts';
import { isReliable } from './channel.ts';
import type { TransportConfig } from './config.ts';
import type { OutgoingMessage } from './outgoing-message.ts';
import { RedundancyBudget } from './redundancy-budget.ts';
import type { SentPacket } from './sent-packet.ts';

/** Messages that copies are planned for at once; those beyond get none. */
const MAX_SCHEDULED = 64;

/** How long before it is due a copy may ride in a packet that leaves anyway, of its spacing. */
const RIDE_EARLY = 0.75;

/** Who makes copies, and what the path looks like when they are considered. */
export interface CopyPlan {
  readonly redundancy: Redundancy;
  readonly path: PathView;
}

/** Times in ms. */
export interface PathView {
  /** A cautious estimate of the share of packets lost, 0..1. */
  readonly lossRate: number;
  readonly srtt: number;
  readonly minRtt: number;
}

interface Scheduled {
  readonly message: OutgoingMessage;
  /** Least time between two transmissions. */
  readonly spacing: number;
  dueAt: number;
  left: number;
}

/**
 * Proactive copies of short messages (spec/protocol section 7.1): on a lossy path each is sent two
 * to four times, a fraction of a round trip apart, until it is acknowledged; and again so, if it
 * must be sent again. A copy rides in a packet that leaves anyway if one does. Copies have a
 * budget, and stop when a queue is growing: then loss means congestion, and more packets would be
 * harm.
 */
export class Redundancy {
  readonly #config: TransportConfig;
  readonly #own: RedundancyBudget;
  readonly #shared: RedundancyBudget | undefined;
  /** Short messages sent while copies were made, until they are over. */
  #onTheWay: Scheduled[] = [];
  /** Copies sent. */
  copies = 0;
  /** Bytes of frames that they took. */
  copyBytes = 0;

  /** `shared`: what the copies of all connections together may cost, beside what ours may. */
  constructor(config: TransportConfig, shared: RedundancyBudget | undefined) {
    const { copyShare: share, copyFloor } = config;
    this.#config = config;
    this.#own = new RedundancyBudget({ share, floor: copyFloor.connection });
    this.#shared = shared;
  }

  /** When the next copy is due; Infinity when none is. */
  get deadline(): number {
    let deadline = Number.POSITIVE_INFINITY;
    for (const { message, dueAt, left } of this.#onTheWay) {
      if (!message.isOver && left > 0) deadline = Math.min(deadline, dueAt);
    }
    return deadline;
  }

  /** A message has left, for the first time or again: plans its copies. */
  onSent(now: number, message: OutgoingMessage, path: PathView): void {
    const { bundleMaxBytes, copySpacingFloor } = this.#config;
    const transmissions = this.#transmissions(path);
    if (message.bytes.length > bundleMaxBytes || transmissions === 1) return;
    // Nobody remembers which unreliable messages came, so each copy would be delivered.
    if (!isReliable(message.channel)) return;
    this.#forgetOver();
    const spacing = Math.max(path.srtt / 4, copySpacingFloor);
    const plan = { message, spacing, dueAt: now + spacing, left: this.#copies(transmissions) };
    const known = this.#onTheWay.findIndex((item) => item.message === message);
    if (known >= 0) this.#onTheWay[known] = plan;
    else if (this.#onTheWay.length < MAX_SCHEDULED) this.#onTheWay.push(plan);
  }

  /** Whether there is no message whose copies are planned. */
  get isIdle(): boolean {
    return this.#onTheWay.length === 0;
  }

  /** Writes the copies that are due and, if the packet leaves `anyway`, those that soon will be. */
  fill(
    writer: ByteWriter,
    options: { now: number; anyway: boolean; path: PathView; packet: SentPacket },
  ): void {
    const { now, anyway, path, packet } = options;
    if (this.isIdle) return;
    const isOpen = this.#transmissions(path) > 1;
    let wrote = false;
    for (const item of this.#onTheWay) {
      const { message, spacing, left } = item;
      if (left === 0 || message.isOver) continue;
      if (item.dueAt - (anyway || wrote ? RIDE_EARLY * spacing : 0) > now) continue;
      const { channel, id, bytes } = message;
      const size = messageOverhead(channel, id, bytes.length) + bytes.length;
      item.left--;
      item.dueAt = now + spacing;
      // A copy that the budget or the packet has no room for is not made up for.
      if (!isOpen || size > writer.remaining || !this.#take(now, size)) continue;
      writeMessage(writer, channel, id, bytes);
      this.copies++;
      this.copyBytes += size;
      wrote = true;
      message.flights++;
      packet.add(message);
    }
    this.#forgetOver();
  }

  /** The congestion window is full: the copies that are due are given up, not made up for. */
  skip(now: number): void {
    for (const item of this.#onTheWay) {
      if (item.left === 0 || item.dueAt > now) continue;
      item.left--;
      item.dueAt = now + item.spacing;
    }
  }

  onDelivered(now: number, bytes: number): void {
    this.#own.onDelivered(now, bytes);
  }

  /** How often a message is to be sent on a path like this. */
  #transmissions({ lossRate, srtt, minRtt }: PathView): number {
    const { copyThresholds, queueDelayFloor } = this.#config;
    const isQueueGrowing = srtt - minRtt > Math.max(queueDelayFloor, minRtt / 2);
    if (isQueueGrowing) return 1;
    return 1 + copyThresholds.filter((threshold) => lossRate >= threshold).length;
  }

  /** In a crowd, later messages soon show what was lost: a copy less will do. */
  #copies(transmissions: number): number {
    const copies = transmissions - 1;
    const isThin = this.#onTheWay.length <= this.#config.thinMaxMessages;
    return isThin ? copies : Math.max(1, copies - 1);
  }

  #forgetOver(): void {
    if (!this.#onTheWay.some(({ message }) => message.isOver)) return;
    this.#onTheWay = this.#onTheWay.filter(({ message }) => !message.isOver);
  }

  #take(now: number, bytes: number): boolean {
    const isAffordable = this.#own.has(now, bytes) && (this.#shared?.has(now, bytes) ?? true);
    if (!isAffordable) return false;
    this.#own.take(now, bytes);
    this.#shared?.take(now, bytes);
    return true;
  }
}
