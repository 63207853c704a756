import type { ChatConfig } from '../chat/config.ts';
import { TokenBucket } from '../chat/limits.ts';

/**
 * What one person, or one place, may do. Sessions of one person share it, so that neither a new
 * nick nor a new connection fills it again.
 */
export class Allowance {
  readonly lines: TokenBucket;
  readonly bytes: TokenBucket;
  readonly nicks: TokenBucket;
  readonly joins: TokenBucket;
  readonly queries: TokenBucket;
  /** Failed passwords. */
  readonly tries: TokenBucket;

  constructor(now: number, config: ChatConfig, kind: 'person' | 'place') {
    const scale = kind === 'person' ? 1 : config.placeShare;
    const bucket = (rate: number, burst: number): TokenBucket =>
      new TokenBucket(now, { rate: rate * scale, burst: burst * scale });
    this.lines = bucket(config.lineRate, config.lineBurst);
    this.bytes = bucket(config.byteRate, config.byteBurst);
    this.nicks = bucket(config.nickRate, config.nickBurst);
    this.joins = bucket(config.joinRate, config.joinBurst);
    this.queries = bucket(config.queryRate, config.queryBurst);
    // Guesses from one place are those of one guesser, however many keys they make.
    this.tries = new TokenBucket(now, { rate: config.tryRate, burst: config.tryBurst });
  }
}

/** Allowances by name, the least recently used forgotten beyond a bound. */
export class Allowances {
  readonly #config: ChatConfig;
  readonly #kind: 'person' | 'place';
  readonly #all = new Map<string, Allowance>();

  constructor(config: ChatConfig, kind: 'person' | 'place') {
    this.#config = config;
    this.#kind = kind;
  }

  get size(): number {
    return this.#all.size;
  }

  of(now: number, name: string): Allowance {
    const known = this.#all.get(name) ?? new Allowance(now, this.#config, this.#kind);
    this.#all.delete(name);
    this.#all.set(name, known);
    if (this.#all.size <= this.#config.allowancesKept) return known;
    for (const oldest of this.#all.keys()) {
      this.#all.delete(oldest);
      break;
    }
    return known;
  }
}
