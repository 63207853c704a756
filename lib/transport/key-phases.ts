import type { PacketProtection } from '../crypto/protection.ts';
import type { TransportConfig } from './config.ts';

/**
 * Packets that did not open after which a connection ends: by then a forger might get lucky
 * (RFC 9001 section 6.6, for ChaCha20-Poly1305).
 */
const INTEGRITY_LIMIT = 2 ** 36;

/** Probe timeouts that old keys are kept for packets that are late (RFC 9001 section 6.5). */
const OLD_KEYS_PTOS = 3;

/** What a received packet says about itself in the clear. */
interface Sealed {
  readonly keyPhase: 0 | 1;
  readonly headerLength: number;
  readonly number: number;
}

/**
 * Which keys seal and open (RFC 9001 section 6). Both directions change keys together: one side
 * turns the key phase bit, and the other follows when the first such packet opens. An update
 * begins only when the peer has acknowledged a packet of the present phase, so there are never
 * more than three generations: the last, this one and the next.
 */
export class KeyPhases {
  readonly #config: TransportConfig;
  #current: PacketProtection;
  #previous: PacketProtection | undefined;
  #next: PacketProtection | undefined;
  /** When the previous keys are forgotten; Infinity until the peer is seen to have the new ones. */
  #previousEndsAt = Number.POSITIVE_INFINITY;
  /** Of this phase: since when, packets sealed, and the first of them. */
  #since: number;
  #sealed = 0;
  #firstSealed = Number.POSITIVE_INFINITY;
  /** Whether the peer has shown that it opens packets of this phase. */
  #isConfirmed = false;
  /** The lowest packet of this phase that came; those of the last are below it. */
  #lowestOpened = Number.POSITIVE_INFINITY;
  #failures = 0;
  /** Bit of the packets that leave now. */
  phase: 0 | 1 = 0;
  /** Updates so far, whoever began them. */
  updates = 0;

  constructor(options: { now: number; protection: PacketProtection; config: TransportConfig }) {
    this.#current = options.protection;
    this.#since = options.now;
    this.#config = options.config;
  }

  get tagLength(): number {
    return this.#current.tagLength;
  }

  /** Whether so many packets did not open that the keys can't be trusted any more. */
  get isExhausted(): boolean {
    return this.#failures >= INTEGRITY_LIMIT;
  }

  seal(packet: Uint8Array, headerLength: number, end: number, number: number): void {
    this.#current.seal(packet, headerLength, end, number);
    this.#sealed++;
    if (number < this.#firstSealed) this.#firstSealed = number;
  }

  /**
   * The payload of a packet, opened in place. One attempt only: what fails may be overwritten, and
   * a forger gets no second guess. `pto` is ms.
   */
  open(now: number, datagram: Uint8Array, sealed: Sealed, pto: number): Uint8Array | undefined {
    const { keyPhase, headerLength, number } = sealed;
    const isCurrent = keyPhase === this.phase;
    const isLate = !isCurrent && this.#previous !== undefined && number < this.#lowestOpened;
    if (isLate && now >= this.#previousEndsAt) return undefined;
    const keys = isCurrent ? this.#current : isLate ? this.#previous : this.#nextKeys();
    const payload = keys?.open(datagram, headerLength, number);
    if (payload === undefined) {
      this.#failures++;
      return undefined;
    }
    if (isLate) return payload;
    if (!isCurrent) this.#update(now);
    if (this.#lowestOpened === Number.POSITIVE_INFINITY) {
      this.#previousEndsAt = now + OLD_KEYS_PTOS * pto;
    }
    if (number < this.#lowestOpened) this.#lowestOpened = number;
    return payload;
  }

  /** The peer has acknowledged packets up to this number. */
  onAcked(largest: number): void {
    if (largest >= this.#firstSealed) this.#isConfirmed = true;
  }

  /** Before a packet is written: takes new keys if it is time, forgets old ones if it is. */
  refresh(now: number): void {
    if (now >= this.#previousEndsAt) {
      this.#previous = undefined;
      this.#previousEndsAt = Number.POSITIVE_INFINITY;
    }
    const { rekeyPackets, rekeyInterval } = this.#config;
    const isDue = this.#sealed >= rekeyPackets || now - this.#since >= rekeyInterval;
    if (!isDue || !this.#isConfirmed || this.#previous !== undefined) return;
    if (this.#nextKeys() !== undefined) this.#update(now);
  }

  /** Made when they are first needed and kept: a forged phase bit costs one derivation in all. */
  #nextKeys(): PacketProtection | undefined {
    this.#next ??= this.#current.next?.();
    return this.#next;
  }

  #update(now: number): void {
    const next = this.#nextKeys();
    if (next === undefined) return;
    this.#previous = this.#current;
    this.#previousEndsAt = Number.POSITIVE_INFINITY;
    this.#current = next;
    this.#next = undefined;
    this.#since = now;
    this.#sealed = 0;
    this.#firstSealed = Number.POSITIVE_INFINITY;
    this.#isConfirmed = false;
    this.#lowestOpened = Number.POSITIVE_INFINITY;
    this.phase = this.phase === 0 ? 1 : 0;
    this.updates++;
  }
}
