import { formatNetwork, isInNetwork, type Network, parseNetwork } from '../base/ip.ts';
import { type Keep, parseRow, type TableRow } from './table.ts';

export const BAN_TABLE = 'bans';

/** Who may not come in, and why. */
export interface Ban {
  /** A key in hexadecimal, or addresses: `192.0.2.7`, `192.0.2.0/24`. The ban's name, too. */
  readonly target: string;
  /** Nick of whoever banned. */
  readonly by: string;
  readonly reason: string;
  /** Wall clock, ms since 1970; `until` is Infinity for good. */
  readonly at: number;
  readonly until: number;
  /** The nick it was meant for; empty if it was none. */
  readonly nick: string;
}

/** What bans look at: nothing that a person can choose anew. */
export interface BanSubject {
  /** Hexadecimal; undefined without authentication. */
  readonly key: string | undefined;
  readonly ip: Uint8Array | undefined;
}

const KEY = /^[0-9a-f]{64}$/;

/** A target in the one form that names it; undefined if it is neither a key nor addresses. */
export function parseBanTarget(text: string): string | undefined {
  const key = text.toLowerCase();
  if (KEY.test(key)) return key;
  const network = parseNetwork(text);
  return network === undefined ? undefined : formatNetwork(network);
}

export interface BansOptions {
  /** Bans at most. */
  readonly limit: number;
  readonly keep: Keep;
}

/** Everyone who is banned, by key and by address. */
export class Bans {
  readonly #limit: number;
  readonly #keep: Keep;
  readonly #bans = new Map<string, Ban>();
  /** Those of addresses, parsed. Looked through once for each newcomer. */
  readonly #networks = new Map<string, Network>();

  constructor({ limit, keep }: BansOptions) {
    this.#limit = limit;
    this.#keep = keep;
  }

  get size(): number {
    return this.#bans.size;
  }

  [Symbol.iterator](): Iterator<Ban> {
    return this.#bans.values();
  }

  /** Takes up what was kept by an earlier run. Rows that make no sense are left out. */
  load(rows: readonly TableRow[]): void {
    for (const { table, key, value } of rows) {
      if (table !== BAN_TABLE || parseBanTarget(key) !== key) continue;
      const ban = parseBan(key, value);
      if (ban !== undefined) this.#put(ban);
    }
  }

  /** Adds or replaces a ban; false when there are too many, or the target is none. */
  add(ban: Ban): boolean {
    const target = parseBanTarget(ban.target);
    if (target === undefined) return false;
    if (this.#bans.size >= this.#limit && !this.#bans.has(target)) return false;
    const known = { ...ban, target };
    this.#put(known);
    const { until, ...rest } = known;
    const value = until === Infinity ? rest : known;
    this.#keep({ table: BAN_TABLE, key: target, value: JSON.stringify(value) });
    return true;
  }

  /** Lifts a ban by its target, or all that were meant for a nick; what was lifted. */
  remove(what: string): readonly Ban[] {
    const target = parseBanTarget(what);
    const lifted = [...this.#bans.values()].filter((ban) =>
      target === undefined ? ban.nick === what : ban.target === target,
    );
    for (const ban of lifted) {
      this.#bans.delete(ban.target);
      this.#networks.delete(ban.target);
      this.#keep({ table: BAN_TABLE, key: ban.target, value: undefined });
    }
    return lifted;
  }

  /** The ban that keeps someone out at `at` (wall clock), if there is one. */
  find(at: number, { key, ip }: BanSubject): Ban | undefined {
    const byKey = key === undefined ? undefined : this.#bans.get(key);
    if (byKey !== undefined && byKey.until > at) return byKey;
    if (ip === undefined) return undefined;
    for (const [target, network] of this.#networks) {
      const ban = this.#bans.get(target);
      if (ban !== undefined && ban.until > at && isInNetwork(ip, network)) return ban;
    }
    return undefined;
  }

  #put(ban: Ban): void {
    this.#bans.set(ban.target, ban);
    const network = parseNetwork(ban.target);
    if (network !== undefined) this.#networks.set(ban.target, network);
  }
}

function parseBan(target: string, json: string): Ban | undefined {
  const value = parseRow(json);
  if (value === undefined) return undefined;
  const { by, reason, at, until = Infinity, nick } = value;
  if (typeof by !== 'string' || typeof reason !== 'string' || typeof nick !== 'string') {
    return undefined;
  }
  if (typeof at !== 'number' || typeof until !== 'number') return undefined;
  return { target, by, reason, at, until, nick };
}
