import { randomBytes, randomFloat, randomInt, type SeededRandom } from '../base/random.ts';
import { LOG_ID_BYTES } from '../chat/config.ts';
import { MemoryStore } from '../store/memory-store.ts';
import type { StoreAnswer, StoreRequest, StoreState } from '../store/store.ts';
import { UnansweredRequests } from '../store/unanswered.ts';
import type { World } from './world.ts';

/** ms that a request takes on a disk that is well, at most. */
const QUICK = 5;
/** ms that a request takes at most when the disk is busy with something else. */
const SLOW = 1500;
/** ms that a new thread takes to open it, at most. */
const RESTART = 300;

export interface SimulatedDiskOptions {
  readonly world: World;
  readonly random: SeededRandom;
  /** Share of requests that are slow, and of writes that fail, %. */
  readonly slow: number;
  readonly failing: number;
}

interface Waiting {
  readonly request: StoreRequest;
  readonly onAnswer: (answer: StoreAnswer) => void;
}

/**
 * A disk that outlives the servers that use it: slow at times, full at times, with errors, and with
 * a moment between a commit and the answer to it in which a server may die. A commit is whole or
 * is not there, as with a write-ahead log.
 */
export class SimulatedDisk {
  readonly #options: SimulatedDiskOptions;
  readonly #store: MemoryStore;
  #unanswered = new UnansweredRequests();
  #queue: Waiting[] = [];
  /** Jobs begun, and which of them is under way; 0: none. */
  #jobs = 0;
  #job = 0;
  /** What is under way and not done yet. */
  #current: StoreRequest | undefined;
  /** Counts the servers that have used it: what was asked by a dead one is not answered. */
  #user = 0;
  #isWell = false;

  constructor(options: SimulatedDiskOptions) {
    this.#options = options;
    this.#store = new MemoryStore({
      logId: randomBytes(options.random, LOG_ID_BYTES),
      retention: { entries: 1e6, bytes: 1e9, inboxEntries: 1e6 },
    });
  }

  load(): StoreState {
    return this.#store.load();
  }

  /** From now on nothing fails. */
  heal(): void {
    this.#isWell = true;
  }

  /** The server has died: what had not begun is not done, what is under way may or may not be. */
  detach(): void {
    this.#user += 1;
    this.#queue = [];
    this.#unanswered = new UnansweredRequests();
  }

  submit(request: StoreRequest, onAnswer: (answer: StoreAnswer) => void): void {
    this.#unanswered.add(request);
    this.#queue.push({ request, onAnswer });
    this.#next();
  }

  /** The thread that has the disk dies, and a moment later another one goes on, for `onAnswer`. */
  restart(onAnswer: (answer: StoreAnswer) => void): void {
    const { world, random } = this.#options;
    const current = this.#current;
    this.#current = undefined;
    if (current !== undefined && randomInt(random, 2) === 0) this.#perform(current);
    const user = this.#user;
    this.#queue = [];
    const job = this.#begin();
    world.at(world.now + randomFloat(random) * RESTART, () => {
      if (!this.#end(job)) return;
      if (user === this.#user) {
        const { requests, answers } = this.#unanswered.resume(this.load());
        this.#queue = requests.map((request) => ({ request, onAnswer }));
        for (const answer of answers) onAnswer(answer);
      }
      this.#next();
    });
  }

  #begin(): number {
    this.#jobs += 1;
    this.#job = this.#jobs;
    return this.#job;
  }

  /** False when something else has taken its place. */
  #end(job: number): boolean {
    if (this.#job !== job) return false;
    this.#job = 0;
    return true;
  }

  #next(): void {
    if (this.#job !== 0) return;
    const waiting = this.#queue.shift();
    if (waiting === undefined) return;
    const job = this.#begin();
    this.#current = waiting.request;
    const { world, random } = this.#options;
    const user = this.#user;
    const whole = this.#chance(this.#options.slow) ? SLOW : QUICK;
    const length = randomFloat(random) * whole;
    // Somewhere on the way it is done; a server that dies before that has not asked in vain only
    // when the write was out already.
    const done = world.now + length * randomFloat(random);
    const answered = world.now + length;
    const survives = randomInt(random, 2) === 0;
    let answer: StoreAnswer | undefined;
    world.at(done, () => {
      if (this.#job !== job) return;
      this.#current = undefined;
      if (user === this.#user || survives) answer = this.#perform(waiting.request);
    });
    world.at(answered, () => {
      if (!this.#end(job)) return;
      if (user === this.#user && answer !== undefined) {
        for (const one of this.#unanswered.settle(answer)) waiting.onAnswer(one);
      }
      this.#next();
    });
  }

  #perform(request: StoreRequest): StoreAnswer {
    const { id, type } = request;
    if (type === 'append' && !this.#isWell && this.#chance(this.#options.failing)) {
      // What is there already is found without writing.
      const probe = this.#duplicates(request);
      if (probe !== undefined) return probe;
      const isFull = randomInt(this.#options.random, 2) === 0;
      return { type: 'failed', id, code: isFull ? 'disk-full' : 'storage', reason: 'a bad disk' };
    }
    return this.#store.execute(request);
  }

  #duplicates(request: Extract<StoreRequest, { type: 'append' }>): StoreAnswer | undefined {
    const known = request.entries.some((entry) => this.#store.has(entry));
    return known ? this.#store.execute(request) : undefined;
  }

  #chance(percent: number): boolean {
    return randomFloat(this.#options.random) * 100 < percent;
  }
}
