import { randomFloat, randomInt, type SeededRandom } from '../base/random.ts';
import type { Checker, Datagram } from './checker.ts';
import type { World } from './world.ts';

/** How long a recorded datagram is kept before it comes back at most, ms. */
const MAX_AGE = 20_000;

/**
 * Somebody on the path: replays datagrams much later, as they were, with a bit flipped or cut
 * short. An application must not notice (invariants 12 and 13). Give it to a World as a checker.
 */
export class Mischief implements Checker {
  readonly #random: SeededRandom;
  readonly #percent: number;

  /** `percent` of all datagrams come back. */
  constructor(options: { random: SeededRandom; percent: number }) {
    this.#random = options.random;
    this.#percent = options.percent;
  }

  sent(world: World, { from, to, bytes }: Datagram): void {
    if (to === undefined || randomFloat(this.#random) * 100 >= this.#percent) return;
    const copy = this.#tamper(bytes.slice());
    const age = randomFloat(this.#random) ** 3 * MAX_AGE;
    world.at(world.now + age, () => {
      if (from.alive && to.alive) world.inject(from, to, copy);
    });
  }

  #tamper(bytes: Uint8Array): Uint8Array {
    const random = this.#random;
    switch (randomInt(random, 3)) {
      case 0: {
        const at = randomInt(random, bytes.length);
        bytes[at] = (bytes[at] ?? 0) ^ (1 << randomInt(random, 8));
        return bytes;
      }
      case 1:
        return bytes.subarray(0, randomInt(random, bytes.length));
      default:
        return bytes;
    }
  }
}
