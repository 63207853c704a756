/**
 * Where the pure layers get their randomness: seeded in a simulation, the system's in production.
 */
export interface RandomSource {
  /** A uniform integer in [0, 2^32). */
  uint32(): number;
}

/** A uniform float in [0, 1). */
export function randomFloat(random: RandomSource): number {
  return random.uint32() / 2 ** 32;
}

/**
 * A uniform integer in [0, bound). `bound` is at most 2^32; the bias below 2^-20 for small bounds.
 */
export function randomInt(random: RandomSource, bound: number): number {
  return Math.floor(randomFloat(random) * bound);
}

/** `length` random bytes. */
export function randomBytes(random: RandomSource, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = random.uint32() >>> 24;
  return bytes;
}

/**
 * A deterministic source: sfc32 by Chris Doty-Humphrey (PractRand), seeded through splitmix32.
 * Not for secrets.
 */
export class SeededRandom implements RandomSource {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: number) {
    let state = seed >>> 0;
    const split = (): number => {
      state = (state + 0x9e3779b9) >>> 0;
      let z = state;
      z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
      z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
      return (z ^ (z >>> 15)) >>> 0;
    };
    this.#a = split();
    this.#b = split();
    this.#c = split();
    for (let i = 0; i < 12; i++) this.uint32();
  }

  uint32(): number {
    const result = (this.#a + this.#b + this.#counter) >>> 0;
    this.#counter = (this.#counter + 1) >>> 0;
    this.#a = (this.#b ^ (this.#b >>> 9)) >>> 0;
    this.#b = (this.#c + (this.#c << 3)) >>> 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + result) >>> 0;
    return result;
  }

  /** An independent stream, so that adding draws to one part does not shift those of another. */
  fork(): SeededRandom {
    return new SeededRandom(this.uint32());
  }
}
