import type { SentPacket } from './sent-packet.ts';

/** Dead places at the front from which the list is made anew. */
const COMPACT_FROM = 16;

/**
 * Packets in the order of their numbers: a list that grows at its end and mostly shrinks at its
 * front. Without any it holds nothing, where an empty Map holds 200 bytes.
 */
export class SentPackets {
  #packets: (SentPacket | undefined)[] = [];
  /** Where the first is. */
  #head = 0;

  get size(): number {
    return this.#packets.length - this.#head;
  }

  get first(): SentPacket | undefined {
    return this.#packets[this.#head];
  }

  /** Ascending. Nothing may be taken meanwhile. */
  *[Symbol.iterator](): IterableIterator<SentPacket> {
    for (let i = this.#head; i < this.#packets.length; i++) {
      const packet = this.#packets[i];
      if (packet !== undefined) yield packet;
    }
  }

  /** Its number is larger than any before it. */
  push(packet: SentPacket): void {
    this.#packets.push(packet);
  }

  /** Takes the first `count`. */
  shift(count: number): void {
    this.#remove(this.#head, this.#head + count);
  }

  /** Takes those with numbers of [start, end) and adds them to `into`. */
  take(start: number, end: number, into: SentPacket[]): void {
    const from = this.#placeOf(start);
    let to = from;
    for (let packet = this.#packets[to]; packet !== undefined; packet = this.#packets[++to]) {
      if (packet.number >= end) break;
      into.push(packet);
    }
    this.#remove(from, to);
  }

  clear(): void {
    this.#packets = [];
    this.#head = 0;
  }

  /** The first place whose packet has a number of at least `number`. */
  #placeOf(number: number): number {
    let low = this.#head;
    let high = this.#packets.length;
    // Mostly it is the front that is acknowledged.
    if ((this.first?.number ?? number) >= number) return low;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#packets[middle]?.number ?? 0) >= number) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #remove(from: number, to: number): void {
    if (from !== this.#head) {
      this.#packets.splice(from, to - from);
      return;
    }
    if (to === this.#packets.length) {
      this.#packets.length = 0;
      this.#head = 0;
      return;
    }
    this.#packets.fill(undefined, from, to);
    this.#head = to;
    if (to >= COMPACT_FROM && 2 * to >= this.#packets.length) {
      this.#packets = this.#packets.slice(to);
      this.#head = 0;
    }
  }
}
