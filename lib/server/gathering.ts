import { countFull, joinRecords } from '../chat/sequence.ts';

/** A message for some connections. */
export interface GatheredMessage {
  readonly peers: readonly number[];
  readonly bytes: Uint8Array;
}

/**
 * What one channel is to carry at the end of a turn: a commit brings many lines of a room at once,
 * which cost each of its people far less in one message than in one each.
 */
export class Gathering {
  /** Answers to those who have written something, by their connection. */
  readonly #answers = new Map<number, Uint8Array[]>();
  #peers: readonly number[] = [];
  #lines: Uint8Array[] = [];
  #holdUntil = Number.NEGATIVE_INFINITY;
  /** The `holdUntil` of the last line. */
  #last = Number.NEGATIVE_INFINITY;

  get isEmpty(): boolean {
    return this.#lines.length === 0 && this.#answers.size === 0;
  }

  /** Until when its lines may wait for others; -Infinity: they are to go. */
  get holdUntil(): number {
    return this.#holdUntil;
  }

  answer(peer: number, record: Uint8Array): void {
    const answers = this.#answers.get(peer);
    if (answers === undefined) this.#answers.set(peer, [record]);
    else answers.push(record);
  }

  /**
   * `holdUntil`: it may wait so long for others to share a message with. False: those before it go
   * to others, and have to be taken first.
   */
  addLine(
    peers: readonly number[],
    record: Uint8Array,
    holdUntil: number = Number.NEGATIVE_INFINITY,
  ): boolean {
    if (this.#lines.length > 0 && !isSame(this.#peers, peers)) return false;
    this.#peers = peers;
    this.#holdUntil = this.#lines.length === 0 ? holdUntil : Math.min(this.#holdUntil, holdUntil);
    this.#last = holdUntil;
    this.#lines.push(record);
    return true;
  }

  /**
   * All of it, or all but the lines that may wait and leave room for others in their message.
   * Whoever wrote a line has the answer before the line comes back.
   */
  take(which: 'all' | 'due' = 'all'): readonly GatheredMessage[] {
    const messages: GatheredMessage[] = [];
    for (const [peer, records] of this.#answers) {
      for (const bytes of joinRecords(records)) messages.push({ peers: [peer], bytes });
    }
    const isHolding = which === 'due' && this.#holdUntil > Number.NEGATIVE_INFINITY;
    const count = isHolding ? countFull(this.#lines) : this.#lines.length;
    const lines = this.#lines.splice(0, count);
    for (const bytes of joinRecords(lines)) messages.push({ peers: this.#peers, bytes });
    // Whatever waited from before went with the first that was full.
    if (count > 0) this.#holdUntil = this.#last;
    this.#answers.clear();
    return messages;
  }
}

function isSame(some: readonly number[], others: readonly number[]): boolean {
  if (some === others) return true;
  return some.length === others.length && some.every((peer, i) => peer === others[i]);
}
