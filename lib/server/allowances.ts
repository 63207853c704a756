import type { ChatConfig } from '../chat/config.ts';
import { TokenBucket } from '../chat/limits.ts';

/** Something of which there is only so much at a time. */
export interface Supply {
  /** Takes `cost`, or nothing and answers false. */
  take(now: number, cost: number): boolean;
  /** When `take(cost)` will succeed, in the clock of `now`. */
  readyAt(now: number, cost: number): number;
}

/** What one person, or everyone of one place, may still do. */
export interface Allowance {
  readonly lines: Supply;
  readonly bytes: Supply;
  readonly nicks: Supply;
  readonly joins: Supply;
  /** New rooms. */
  readonly makes: Supply;
  readonly queries: Supply;
  readonly signals: Supply;
  /** Wrong passwords. */
  readonly tries: Supply;
}

function makeAllowance(now: number, config: ChatConfig, share: number): Allowance {
  const supply = (rate: number, burst: number): Supply =>
    new TokenBucket(now, { rate: rate * share, burst: burst * share });
  return {
    lines: supply(config.lineRate, config.lineBurst),
    bytes: supply(config.byteRate, config.byteBurst),
    nicks: supply(config.nickRate, config.nickBurst),
    joins: supply(config.joinRate, config.joinBurst),
    makes: supply(config.roomRate, config.roomBurst),
    queries: supply(config.queryRate, config.queryBurst),
    signals: supply(config.signalRate, config.signalBurst),
    // Guesses of one place are those of one guesser, however many keys they make.
    tries: new TokenBucket(now, { rate: config.tryRate, burst: config.tryBurst }),
  };
}

/** Two supplies that are used up together: a person's own and that of the place they are at. */
class JointSupply implements Supply {
  readonly #both: readonly [Supply, Supply];

  constructor(...both: readonly [Supply, Supply]) {
    this.#both = both;
  }

  take(now: number, cost: number): boolean {
    if (this.readyAt(now, cost) > now) return false;
    for (const supply of this.#both) supply.take(now, cost);
    return true;
  }

  readyAt(now: number, cost: number): number {
    const [one, other] = this.#both;
    return Math.max(one.readyAt(now, cost), other.readyAt(now, cost));
  }
}

/**
 * What people and places may do, by name. A person's is the same in all their sessions, so that
 * neither a new nick nor a new connection fills it again. The least recently used are forgotten.
 */
export class Allowances {
  readonly #config: ChatConfig;
  readonly #people = new Map<string, Allowance>();
  readonly #places = new Map<string, Allowance>();

  constructor(config: ChatConfig) {
    this.#config = config;
  }

  get size(): number {
    return this.#people.size + this.#places.size;
  }

  /** What `person` may do at `place`: as much as both allow. */
  of(now: number, person: string, place: string): Allowance {
    const own = this.#recall(this.#people, person, () => makeAllowance(now, this.#config, 1));
    const { placeShare } = this.#config;
    const all = this.#recall(this.#places, place, () =>
      makeAllowance(now, this.#config, placeShare),
    );
    return {
      lines: new JointSupply(own.lines, all.lines),
      bytes: new JointSupply(own.bytes, all.bytes),
      nicks: new JointSupply(own.nicks, all.nicks),
      joins: new JointSupply(own.joins, all.joins),
      makes: new JointSupply(own.makes, all.makes),
      queries: new JointSupply(own.queries, all.queries),
      signals: new JointSupply(own.signals, all.signals),
      tries: new JointSupply(own.tries, all.tries),
    };
  }

  #recall(table: Map<string, Allowance>, name: string, make: () => Allowance): Allowance {
    const known = table.get(name) ?? make();
    table.delete(name);
    table.set(name, known);
    for (const oldest of table.keys()) {
      if (table.size <= this.#config.allowancesKept) break;
      table.delete(oldest);
    }
    return known;
  }
}
