import { joinRecords } from '../chat/sequence.ts';

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

  answer(peer: number, record: Uint8Array): void {
    const answers = this.#answers.get(peer);
    if (answers === undefined) this.#answers.set(peer, [record]);
    else answers.push(record);
  }

  /** False: those before it go to others, and have to be taken first. */
  addLine(peers: readonly number[], record: Uint8Array): boolean {
    if (this.#lines.length > 0 && !isSame(this.#peers, peers)) return false;
    this.#peers = peers;
    this.#lines.push(record);
    return true;
  }

  /** All of it; whoever wrote a line has the answer before the line comes back. */
  take(): readonly GatheredMessage[] {
    const messages: GatheredMessage[] = [];
    for (const [peer, records] of this.#answers) {
      for (const bytes of joinRecords(records)) messages.push({ peers: [peer], bytes });
    }
    for (const bytes of joinRecords(this.#lines)) messages.push({ peers: this.#peers, bytes });
    this.#answers.clear();
    this.#lines = [];
    return messages;
  }
}

function isSame(some: readonly number[], others: readonly number[]): boolean {
  if (some === others) return true;
  return some.length === others.length && some.every((peer, i) => peer === others[i]);
}
