import { type RandomSource, randomFloat } from '../base/random.ts';
import { deviations } from './distribution.ts';
import type { Slot } from './impairment.ts';

/** Lets datagrams leave in batches, as `get_slot_next` of sch_netem.c does. Times in ms. */
export class SlotGate {
  readonly #slot: Slot;
  readonly #random: RandomSource;
  #opensAt = 0;
  #packetsLeft = 0;
  #bytesLeft = 0;

  constructor(slot: Slot, random: RandomSource) {
    this.#slot = slot;
    this.#random = random;
    this.#refill();
  }

  /** When a datagram that is ready at `ready` has to be looked at. */
  opensFor(ready: number): number {
    return Math.max(ready, this.#opensAt);
  }

  /** Whether it may leave now; one that became ready after a slot began waits for the next. */
  lets(now: number, ready: number): boolean {
    if (this.#opensAt < ready) this.#close(now);
    return this.#opensAt <= now;
  }

  onPassed(now: number, bytes: number): void {
    this.#packetsLeft--;
    this.#bytesLeft -= bytes;
    if (this.#packetsLeft <= 0 || this.#bytesLeft <= 0) this.#close(now);
  }

  #close(now: number): void {
    const { minMs, maxMs, shape } = this.#slot;
    const draw = randomFloat(this.#random);
    const wait =
      shape === undefined
        ? minMs + draw * (maxMs - minMs)
        : shape.ms + shape.jitterMs * deviations(shape.distribution, draw);
    this.#opensAt = now + Math.max(0, Math.round(wait * 1000) / 1000);
    this.#refill();
  }

  #refill(): void {
    this.#packetsLeft = this.#slot.packets ?? Number.POSITIVE_INFINITY;
    this.#bytesLeft = this.#slot.bytes ?? Number.POSITIVE_INFINITY;
  }
}
