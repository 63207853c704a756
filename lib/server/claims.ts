import { lookalikeKey, nickKey } from '../chat/names.ts';
import { type Keep, parseRow, type TableRow } from './table.ts';

export const CLAIM_TABLE = 'nicks';

/** A nick and the person it belongs to. */
export interface Claim {
  readonly nick: string;
  /** Whose it is: a key in hexadecimal, or a session's secret where there are no keys. */
  readonly owner: string;
  /** Whether it is kept for good: `/register`. */
  readonly isRegistered: boolean;
  /** When it was last let go, wall clock, ms since 1970; Infinity while its owner is here. */
  readonly leftAt: number;
}

export interface ClaimsOptions {
  /** ms that a nick which is not registered stays its owner's after they left. */
  readonly keptFor: number;
  /** Nicks kept for people who are not here, registered or not; each kind by itself. */
  readonly limit: number;
  /** Registered nicks that one person may have. */
  readonly perOwner: number;
  readonly keep: Keep;
}

/**
 * Which nick belongs to whom: to the key that took it first, and with it everything that looks like
 * it. Times are wall clock, ms since 1970, since claims outlive the server.
 */
export class Claims {
  readonly #options: ClaimsOptions;
  readonly #byKey = new Map<string, Claim>();
  /** The keys of all nicks that share a look-alike key. */
  readonly #byLook = new Map<string, Set<string>>();
  /** Keys of nicks whose owners left, the one that left first at the front; registered ones not. */
  readonly #left = new Set<string>();

  constructor(options: ClaimsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#byKey.size;
  }

  /** Takes up what was kept by an earlier run. Rows that make no sense are left out. */
  load(rows: readonly TableRow[]): void {
    for (const { table, key, value } of rows) {
      if (table !== CLAIM_TABLE) continue;
      const claim = parseClaim(value);
      if (claim !== undefined && nickKey(claim.nick) === key) this.#put(claim);
    }
  }

  /** The claim that keeps `owner` from being called `nick`: on the nick or on its double. */
  conflict(at: number, nick: string, owner: string): Claim | undefined {
    const same = this.#live(at, nickKey(nick));
    if (same !== undefined) return same.owner === owner ? undefined : same;
    for (const key of this.#byLook.get(lookalikeKey(nick)) ?? []) {
      const double = this.#live(at, key);
      if (double !== undefined && double.owner !== owner) return double;
    }
    return undefined;
  }

  /** The claim on a nick, if somebody has one. */
  get(at: number, nick: string): Claim | undefined {
    return this.#live(at, nickKey(nick));
  }

  /** `owner` is here as `nick` from now on; see `conflict` first. */
  take(nick: string, owner: string): void {
    const known = this.#byKey.get(nickKey(nick));
    this.#left.delete(nickKey(nick));
    this.#put({ nick, owner, isRegistered: known?.isRegistered ?? false, leftAt: Infinity });
  }

  /**
   * `owner` is not called `nick` any more. It stays theirs for a while, `isForgotten`: not at all.
   */
  leave(at: number, nick: string, { isForgotten = false }: { isForgotten?: boolean } = {}): void {
    const key = nickKey(nick);
    const claim = this.#byKey.get(key);
    if (claim === undefined) return;
    if (isForgotten && !claim.isRegistered) {
      this.#delete(key);
      return;
    }
    this.#put({ ...claim, leftAt: at });
    if (claim.isRegistered) return;
    this.#left.add(key);
    for (const oldest of this.#left) {
      if (this.#left.size <= this.#options.limit) return;
      this.#delete(oldest);
    }
  }

  /** Keeps `nick` for its owner for good; false when they, or all, have too many already. */
  register(nick: string): boolean {
    const claim = this.#byKey.get(nickKey(nick));
    if (claim === undefined) return false;
    const registered = [...this.#byKey.values()].filter(({ isRegistered }) => isRegistered);
    const own = registered.filter(({ owner }) => owner === claim.owner);
    const { limit, perOwner } = this.#options;
    if (registered.length >= limit || own.length >= perOwner) return claim.isRegistered;
    const kept = { ...claim, isRegistered: true };
    this.#put(kept);
    this.#save(kept);
    return true;
  }

  /** Gives a registered nick back; it stays its owner's while they are here. */
  unregister(nick: string): boolean {
    const key = nickKey(nick);
    const claim = this.#byKey.get(key);
    if (claim?.isRegistered !== true) return false;
    this.#put({ ...claim, isRegistered: false });
    this.#options.keep({ table: CLAIM_TABLE, key, value: undefined });
    return true;
  }

  /** Whether a key is known here: it has registered a nick. */
  isKnown(owner: string): boolean {
    for (const claim of this.#byKey.values()) {
      if (claim.owner === owner && claim.isRegistered) return true;
    }
    return false;
  }

  #live(at: number, key: string): Claim | undefined {
    const claim = this.#byKey.get(key);
    if (claim === undefined) return undefined;
    if (claim.isRegistered || claim.leftAt + this.#options.keptFor > at) return claim;
    this.#delete(key);
    return undefined;
  }

  #put(claim: Claim): void {
    const key = nickKey(claim.nick);
    const old = this.#byKey.get(key);
    if (old !== undefined) this.#unlink(key, old);
    this.#byKey.set(key, claim);
    const look = lookalikeKey(claim.nick);
    const doubles = this.#byLook.get(look) ?? new Set();
    this.#byLook.set(look, doubles.add(key));
  }

  #delete(key: string): void {
    const claim = this.#byKey.get(key);
    this.#left.delete(key);
    if (claim === undefined) return;
    this.#byKey.delete(key);
    this.#unlink(key, claim);
  }

  #unlink(key: string, { nick }: Claim): void {
    const look = lookalikeKey(nick);
    const doubles = this.#byLook.get(look);
    doubles?.delete(key);
    if (doubles?.size === 0) this.#byLook.delete(look);
  }

  #save({ nick, owner }: Claim): void {
    const value = JSON.stringify({ nick, owner });
    this.#options.keep({ table: CLAIM_TABLE, key: nickKey(nick), value });
  }
}

function parseClaim(json: string): Claim | undefined {
  const { nick, owner } = parseRow(json) ?? {};
  if (typeof nick !== 'string' || typeof owner !== 'string') return undefined;
  return { nick, owner, isRegistered: true, leftAt: 0 };
}
