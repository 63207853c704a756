import { randomFillSync } from 'node:crypto';
import type { RandomSource } from '../base/random.ts';

/** Numbers drawn from the system at once. */
const POOL = 256;

/** The system's randomness, fit for secrets and for names that nobody should guess. */
export class SystemRandom implements RandomSource {
  readonly #pool = new Uint32Array(POOL);
  #next = POOL;

  uint32(): number {
    if (this.#next === POOL) {
      randomFillSync(this.#pool);
      this.#next = 0;
    }
    return this.#pool[this.#next++] ?? 0;
  }
}
