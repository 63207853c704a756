import { Queue } from '../base/queue.ts';
import { isInbox, type StoreAnswer, type StoreRequest, type StoreState } from './store.ts';

interface Asked {
  readonly request: StoreRequest;
  /** It is on disk, though nobody lived to say so. */
  isStored: boolean;
}

/**
 * What a store was asked and has not answered, in order: when it dies, the next one on the same
 * disk is asked again, except for what the disk has already.
 */
export class UnansweredRequests {
  readonly #asked = new Queue<Asked>();

  get size(): number {
    return this.#asked.length;
  }

  add(request: StoreRequest): void {
    this.#asked.push({ request, isStored: false });
  }

  /** The store has answered the oldest one. Returns all answers that can be given now. */
  settle(answer: StoreAnswer): readonly StoreAnswer[] {
    this.#asked.shift();
    return [answer, ...this.#takeStored()];
  }

  /**
   * Another store goes on with what is on disk, `state`. Returns what to ask it, in this order, and
   * the answers that can be given at once.
   */
  resume(state: StoreState): {
    readonly requests: readonly StoreRequest[];
    readonly answers: readonly StoreAnswer[];
  } {
    const all: Asked[] = [];
    for (let next = this.#asked.shift(); next !== undefined; next = this.#asked.shift()) {
      all.push({ ...next, isStored: next.isStored || isStored(next.request, state) });
    }
    // Who asked for a page before that is not to see in it what is announced after it.
    const firsts = new Map<string, number>();
    const bounded = all.toReversed().map(({ request, isStored: has }): Asked => {
      if (request.type === 'append') {
        if (has) for (const { log, seq } of request.entries.toReversed()) firsts.set(log, seq);
        return { request, isStored: has };
      }
      const { before = Infinity, log } = request;
      const bound = Math.min(before, firsts.get(log) ?? Infinity);
      return { request: bound < before ? { ...request, before: bound } : request, isStored: false };
    });
    for (const one of bounded.toReversed()) this.#asked.push(one);
    const requests = bounded.filter((one) => !one.isStored).map(({ request }) => request);
    return { requests: requests.toReversed(), answers: this.#takeStored() };
  }

  #takeStored(): StoreAnswer[] {
    const answers: StoreAnswer[] = [];
    for (let head = this.#asked.peek(); head?.isStored === true; head = this.#asked.peek()) {
      answers.push({ type: 'stored', id: head.request.id });
      this.#asked.shift();
    }
    return answers;
  }
}

/** Whether a commit has been done: as a whole, so its first entry tells. Rows may go twice. */
function isStored(request: StoreRequest, { logs, lastDirect }: StoreState): boolean {
  if (request.type !== 'append') return false;
  const [first] = request.entries;
  if (first === undefined) return false;
  const last = isInbox(first.log)
    ? lastDirect
    : (logs.find(({ log }) => log === first.log)?.last ?? 0);
  return first.seq <= last;
}
