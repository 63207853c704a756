import { RangeSet } from '../base/range-set.ts';
import { isOrdered } from './channel.ts';
import { BYTES_PER_PIECE, MESSAGE_COST } from './config.ts';

/** A message that came in part. Pieces are kept as they came and joined once. */
class Assembly {
  readonly total: number;
  readonly #pieces: { offset: number; bytes: Uint8Array }[] = [];
  readonly #have = new RangeSet();

  constructor(total: number) {
    this.total = total;
  }

  /** Whether it is cut into more pieces than any honest sender would. */
  get isCrumbs(): boolean {
    return this.#pieces.length > this.total / BYTES_PER_PIECE + 2;
  }

  get isComplete(): boolean {
    return this.#have.covers(0, this.total);
  }

  /** Bytes from the start without a gap. */
  get prefix(): number {
    const first = this.#have.ranges[0];
    return first?.start === 0 ? first.end : 0;
  }

  add(offset: number, bytes: Uint8Array): void {
    if (this.#have.add(offset, offset + bytes.length) > 0) {
      this.#pieces.push({ offset, bytes: bytes.slice() });
    }
  }

  join(): Uint8Array {
    const whole = new Uint8Array(this.total);
    for (const { offset, bytes } of this.#pieces) whole.set(bytes, offset);
    return whole;
  }
}

/** The receiving half of one reliable channel: puts parts together, and messages in order. */
export class ReceiveChannel {
  readonly number: number;
  readonly #ordered: boolean;
  /** Ids that are settled: delivered, skipped, or waiting for their turn in `#waiting`. */
  readonly #settled = new RangeSet();
  /** Made when they are needed: mostly messages come whole and in order. */
  #waiting: Map<number, Uint8Array> | undefined;
  #assemblies: Map<number, Assembly> | undefined;
  #next = 0;
  #settledCount = 0;
  /** One above the largest id of which anything came. */
  #top = 0;
  /** Cost of all messages that the application has read, or that were skipped. */
  consumed = 0;
  /** Cost of all that came and was not read, parts counted with the cost of the whole. */
  held = 0;
  /** The credit we have given. */
  advertised: number;

  constructor(number: number, window: number) {
    this.number = number;
    this.#ordered = isOrdered(number);
    this.advertised = window;
  }

  isSettled(id: number): boolean {
    return this.#settled.has(id);
  }

  isPartial(id: number): boolean {
    return this.#assemblies?.has(id) ?? false;
  }

  /** Whether something before this part of a message has not come. */
  isAhead(id: number, offset: number): boolean {
    const first = this.#settled.ranges[0];
    const next = first?.start === 0 ? first.end : 0;
    if (id !== next) return id > next;
    return offset > (this.#assemblies?.get(id)?.prefix ?? 0);
  }

  get #partial(): number {
    return this.#assemblies?.size ?? 0;
  }

  /** Ids of which nothing came although a later one did: their sender paid for them too. */
  get missing(): number {
    return this.#top - this.#settledCount - this.#partial;
  }

  /** The same once something of `id` has come, of which nothing came yet. */
  missingWith(id: number): number {
    return Math.max(this.#top, id + 1) - this.#settledCount - this.#partial - 1;
  }

  /** Takes a whole message that is new; returns those that are now due, in order. */
  acceptWhole(id: number, bytes: Uint8Array): readonly Uint8Array[] {
    if (!this.#assemblies?.delete(id)) this.held += bytes.length + MESSAGE_COST;
    this.#settle(id);
    if (!this.#ordered) return [bytes];
    if (id === this.#next && !this.#settled.has(id + 1)) {
      // Mostly nothing waits for it.
      this.#next++;
      return [bytes];
    }
    this.#waiting ??= new Map();
    this.#waiting.set(id, bytes);
    return id === this.#next ? this.#due() : [];
  }

  /**
   * A message that is new will not come, or not to its end: returns those that waited for it, and
   * `false` when parts of it came that had another length.
   */
  skip(id: number, length: number): readonly Uint8Array[] | false {
    const assembly = this.#assemblies?.get(id);
    if (assembly !== undefined && assembly.total !== length) return false;
    if (this.#assemblies?.delete(id)) this.held -= length + MESSAGE_COST;
    this.consumed += length + MESSAGE_COST;
    this.#settle(id);
    return this.#ordered && id === this.#next ? this.#due() : [];
  }

  /**
   * Takes part of a message. Returns the whole once it is there, and `false` when the parts
   * contradict each other or are crumbs.
   */
  acceptPart(
    id: number,
    part: { total: number; offset: number; bytes: Uint8Array },
  ): Uint8Array | false | undefined {
    let assembly = this.#assemblies?.get(id);
    if (assembly === undefined) {
      assembly = new Assembly(part.total);
      this.#assemblies ??= new Map();
      this.#assemblies.set(id, assembly);
      this.#top = Math.max(this.#top, id + 1);
      this.held += part.total + MESSAGE_COST;
    }
    if (assembly.total !== part.total) return false;
    assembly.add(part.offset, part.bytes);
    if (assembly.isCrumbs) return false;
    return assembly.isComplete ? assembly.join() : undefined;
  }

  /** The application has read a message. */
  onRead(length: number): void {
    this.consumed += length + MESSAGE_COST;
    this.held -= length + MESSAGE_COST;
  }

  /** The messages whose turn has come: up to the first that is not settled. */
  #due(): readonly Uint8Array[] {
    const due: Uint8Array[] = [];
    for (; this.#settled.has(this.#next); this.#next++) {
      const bytes = this.#waiting?.get(this.#next);
      if (bytes === undefined) continue;
      due.push(bytes);
      this.#waiting?.delete(this.#next);
    }
    return due;
  }

  #settle(id: number): void {
    this.#settled.add(id);
    this.#settledCount++;
    this.#top = Math.max(this.#top, id + 1);
  }
}
