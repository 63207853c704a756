import type { SentPacket } from './sent-packet.ts';

/**
 * Packets in the order of their numbers: a list that grows at its end and mostly shrinks at its
 * front. The packets are linked to each other, so that a list without any holds nothing, and one
 * that grows and shrinks leaves nothing to the garbage collector. A packet is in one list at most.
 */
export class SentPackets {
  #first: SentPacket | undefined;
  #last: SentPacket | undefined;
  size = 0;

  get first(): SentPacket | undefined {
    return this.#first;
  }

  /** Ascending. Nothing may be taken meanwhile. */
  *[Symbol.iterator](): IterableIterator<SentPacket> {
    for (let packet = this.#first; packet !== undefined; packet = packet.next) yield packet;
  }

  /** Its number is larger than any before it. */
  push(packet: SentPacket): void {
    packet.previous = this.#last;
    if (this.#last === undefined) this.#first = packet;
    else this.#last.next = packet;
    this.#last = packet;
    this.size++;
  }

  /** Takes the first `count`. */
  shift(count: number): void {
    for (let i = 0; i < count; i++) if (this.#first !== undefined) this.#remove(this.#first);
  }

  /** Takes those with numbers of [start, end) and adds them to `into`. */
  take(start: number, end: number, into: SentPacket[]): void {
    let packet = this.#atOrAfter(start);
    while (packet !== undefined && packet.number < end) {
      const { next }: SentPacket = packet;
      this.#remove(packet);
      into.push(packet);
      packet = next;
    }
  }

  clear(): void {
    this.#first = undefined;
    this.#last = undefined;
    this.size = 0;
  }

  /** The first packet with a number of at least `number`, looked for from the nearer end. */
  #atOrAfter(number: number): SentPacket | undefined {
    const first = this.#first;
    const last = this.#last;
    if (first === undefined || last === undefined || last.number < number) return undefined;
    if (2 * number <= first.number + last.number) {
      let packet: SentPacket | undefined = first;
      while (packet !== undefined && packet.number < number) packet = packet.next;
      return packet;
    }
    let packet = last;
    for (let before = last.previous; before !== undefined; before = before.previous) {
      if (before.number < number) break;
      packet = before;
    }
    return packet;
  }

  #remove(packet: SentPacket): void {
    const { previous, next } = packet;
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
    packet.previous = undefined;
    packet.next = undefined;
    this.size--;
  }
}
