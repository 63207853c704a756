import type { ChatConfig } from '../chat/config.ts';

/**
 * When the next group of lines may go. A host with little to do lets each go at once; a busy one
 * gathers for a moment: many lines then share one commit, and one packet to each connection.
 */
export class Pace {
  readonly #config: ChatConfig;
  /** Work, in deliveries, that may be done before the host counts as busy; below zero it does. */
  #credit: number;
  #at = 0;
  #lastGroup = Number.NEGATIVE_INFINITY;

  constructor(config: ChatConfig) {
    this.#config = config;
    this.#credit = config.busyDeliveries;
  }

  onDelivered(now: number, count: number): void {
    const { busyDeliveries } = this.#config;
    this.#refill(now);
    this.#credit = Math.max(-busyDeliveries, this.#credit - count);
  }

  /** A group goes. */
  onGroup(now: number): void {
    this.#lastGroup = now;
    this.onDelivered(now, this.#config.commitWork);
  }

  /** In the clock of `now`; not later than now: at once. */
  readyAt(now: number): number {
    this.#refill(now);
    return this.#credit < 0 ? this.#lastGroup + this.#config.gatherFor : now;
  }

  #refill(now: number): void {
    const { busyDeliveries } = this.#config;
    const gained = ((now - this.#at) / 1000) * busyDeliveries;
    this.#credit = Math.min(busyDeliveries, this.#credit + gained);
    this.#at = now;
  }
}
