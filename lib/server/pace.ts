import type { ChatConfig } from '../chat/config.ts';

/**
 * When the next group of lines may go. A host with little to do lets each go at once; a busy one
 * gathers for as long as its work allows: many lines then share one commit, and fill the messages
 * to each connection.
 */
export class Pace {
  readonly #config: ChatConfig;
  /** Work, in messages, that may be done before the host counts as busy; below zero it does. */
  #credit: number;
  #at = 0;
  #lastGroup = Number.NEGATIVE_INFINITY;
  #isHurried = false;

  constructor(config: ChatConfig) {
    this.#config = config;
    this.#credit = config.busyMessages;
  }

  /** Until when lines may wait for others to share a message with; -Infinity: they are to go. */
  holdUntil(now: number): number {
    this.#refill(now);
    return this.#credit >= 0 ? Number.NEGATIVE_INFINITY : now + this.#config.gatherFor;
  }

  /** It never counts as busy again: there is an end to what comes. */
  hurry(): void {
    this.#isHurried = true;
  }

  /** Lines went out as `count` messages. */
  onSent(count: number): void {
    this.#credit = Math.max(-this.#config.busyMessages, this.#credit - count);
  }

  /** A group goes. */
  onGroup(now: number): void {
    this.#refill(now);
    this.#lastGroup = now;
    this.onSent(this.#config.commitWork);
  }

  /** In the clock of `now`; not later than now: at once. */
  readyAt(now: number): number {
    this.#refill(now);
    if (this.#credit >= 0) return now;
    const { busyMessages, commitFor } = this.#config;
    return Math.min(now - (1000 * this.#credit) / busyMessages, this.#lastGroup + commitFor);
  }

  #refill(now: number): void {
    const { busyMessages } = this.#config;
    const gained = ((now - this.#at) / 1000) * busyMessages;
    this.#credit = this.#isHurried ? busyMessages : Math.min(busyMessages, this.#credit + gained);
    this.#at = now;
  }
}
