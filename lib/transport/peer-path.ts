import { type RandomSource, randomBytes } from '../base/random.ts';
import { PATH_DATA_LENGTH } from '../wire/frame.ts';
import { pathClass, type TransportConfig } from './config.ts';
import type { Address } from './machine.ts';
import type { PacketSpace } from './packet-space.ts';

/** Bytes sent to an address that is not proven for each that came from it (RFC 9000 section 8). */
const AMPLIFICATION_LIMIT = 3;

/** Probe timeouts after which an address that did not answer is given up (RFC 9000 8.2.4). */
const PATIENCE_PTOS = 3;

/** An address that the peer seems to have moved to, until it is proven. Sizes in bytes. */
interface Candidate {
  readonly address: Address;
  /** What the peer must send back from there. */
  readonly challenge: Uint8Array;
  received: number;
  sent: number;
  /** When the challenge leaves next, and when the candidate is forgotten. */
  dueAt: number;
  readonly endsAt: number;
}

/**
 * Where the peer is, and whether it has moved (RFC 9000 section 9, simplified; spec/protocol
 * section 11). The newest packet from a new address makes that one a candidate: it is challenged,
 * within three times what it sent, and becomes the peer's address with the right answer from there.
 */
export class PeerPath {
  readonly #config: TransportConfig;
  readonly #random: RandomSource;
  #remote: Address;
  /** Where the packet came from that is being taken in. */
  #source: Address;
  #candidate: Candidate | undefined;

  /** Where the datagram goes that is being written. */
  sentTo: Address;

  constructor(options: { remote: Address; config: TransportConfig; random: RandomSource }) {
    this.#config = options.config;
    this.#remote = options.remote;
    this.#source = options.remote;
    this.sentTo = options.remote;
    this.#random = options.random;
  }

  /** The address that is proven. */
  get remote(): Address {
    return this.#remote;
  }

  /** When `handleTimeout` is due; Infinity when never. */
  get deadline(): number {
    const candidate = this.#candidate;
    if (candidate === undefined) return Number.POSITIVE_INFINITY;
    return Math.min(candidate.dueAt, candidate.endsAt);
  }

  /** A packet that opened, before anything else is done with it. */
  onPacket(
    now: number,
    { from, size, number }: { from: Address; size: number; number: number },
    { acks, recovery }: PacketSpace,
  ): void {
    this.#source = from;
    const isNewest = number > acks.largest;
    if (same(from, this.#remote)) {
      // Where newer packets come from is where the peer is: it went back, or never left.
      if (isNewest) this.#candidate = undefined;
      return;
    }
    let candidate = this.#candidate;
    if (candidate === undefined || !same(from, candidate.address)) {
      if (!isNewest) return;
      // The probe timeout of a path of which nothing is known, if that is longer.
      const patience = Math.max(
        recovery.rtt.pto(0),
        3 * this.#config.initialRtt[pathClass(from.address)],
      );
      candidate = {
        address: { address: from.address, port: from.port },
        challenge: randomBytes(this.#random, PATH_DATA_LENGTH),
        received: 0,
        sent: 0,
        dueAt: now,
        endsAt: now + PATIENCE_PTOS * patience,
      };
      this.#candidate = candidate;
    }
    candidate.received += size;
  }

  /**
   * A PATH_RESPONSE in the packet last given to `onPacket`. Returns where the peer was, if this
   * proves that it is elsewhere now.
   */
  onResponse(data: Uint8Array): Address | undefined {
    const candidate = this.#candidate;
    if (candidate === undefined || !same(this.#source, candidate.address)) return undefined;
    if (!candidate.challenge.every((byte, i) => byte === data[i])) return undefined;
    const from = this.#remote;
    this.#remote = candidate.address;
    this.#candidate = undefined;
    return from;
  }

  handleTimeout(now: number): void {
    if (this.#candidate !== undefined && now >= this.#candidate.endsAt) this.#candidate = undefined;
  }

  /** Writes the next challenge if one may leave now, and returns its size, else 0. */
  transmit(now: number, out: Uint8Array, space: PacketSpace): number {
    const candidate = this.#candidate;
    if (candidate === undefined || now < candidate.dueAt) return 0;
    candidate.dueAt = now + space.recovery.rtt.pto(0);
    const allowed = AMPLIFICATION_LIMIT * candidate.received - candidate.sent;
    if (space.challengeSize > allowed) return 0;
    const size = space.transmitChallenge(out, candidate.challenge);
    candidate.sent += size;
    this.sentTo = candidate.address;
    return size;
  }
}

function same(a: Address, b: Address): boolean {
  return a.port === b.port && a.address === b.address;
}
