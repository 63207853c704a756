import { ipOfEndpoint, siteOf } from '../base/ip.ts';
import { toHex } from '../chat/bytes.ts';
import type { ChatConfig } from '../chat/config.ts';
import { sessionOwner } from '../crypto/digest.ts';
import { type Allowance, Allowances } from './allowances.ts';
import { Bans } from './bans.ts';
import { Claims } from './claims.ts';
import type { Keep, TableRow } from './table.ts';

/** Who is at the other end of a connection, as far as the transport knows. */
export interface PeerOrigin {
  /** `192.0.2.1:5000`, proven. */
  readonly address: string;
  /** Static public key, 32 bytes, proven; undefined under `plaintext`. */
  readonly key: Uint8Array | undefined;
}

/** A code for programs and a sentence for people. */
export interface Refusal {
  readonly code: string;
  readonly reason: string;
}

/** The same, as far as it matters to who may do what. */
export interface Origin {
  readonly key: string | undefined;
  readonly ip: Uint8Array | undefined;
  /** What limits count as one: see `siteOf`. */
  readonly place: string;
}

export interface AdmissionOptions {
  readonly config: ChatConfig;
  readonly wallClock: (now: number) => number;
  readonly rows: readonly TableRow[];
  readonly keep: Keep;
  /** Keys, in hexadecimal, of those whose chat it is: no ban keeps them out. */
  readonly owners: readonly string[];
}

/** Who may come in, from where, how often, and under which name. */
export class Admission {
  readonly bans: Bans;
  readonly claims: Claims;
  readonly #config: ChatConfig;
  readonly #owners: ReadonlySet<string>;
  readonly #wallClock: (now: number) => number;
  readonly #allowances: Allowances;
  /** Connections of each place. */
  readonly #connections = new Map<string, number>();

  constructor({ config, wallClock, rows, keep, owners }: AdmissionOptions) {
    this.#config = config;
    this.#owners = new Set(owners);
    this.#wallClock = wallClock;
    this.#allowances = new Allowances(config);
    this.bans = new Bans({ limit: config.bans, keep });
    this.claims = new Claims({
      keptFor: config.nickKeptFor,
      limit: config.nicksKept,
      perOwner: config.nicksPerPerson,
      keep,
    });
    this.bans.load(rows);
    this.claims.load(rows);
  }

  originOf({ address, key }: PeerOrigin): Origin {
    const ip = ipOfEndpoint(address);
    const place = ip === undefined ? address : siteOf(ip);
    return { key: key === undefined ? undefined : toHex(key), ip, place };
  }

  /** Whose a session with this secret is: their key's, or nobody's but its own. */
  ownerOf({ key }: Origin, secret: string): string {
    return key ?? sessionOwner(secret);
  }

  /** What a person may do from where they are. */
  allowanceOf(now: number, origin: Origin, owner: string): Allowance {
    return this.#allowances.of(now, owner, origin.place);
  }

  /** Counts a connection; see `disconnect`. Why it may not stay, if so. */
  connect(now: number, origin: Origin): Refusal | undefined {
    const { place } = origin;
    const count = (this.#connections.get(place) ?? 0) + 1;
    this.#connections.set(place, count);
    if (count > this.#config.placeConnections) {
      const reason = `${this.#config.placeConnections} connections from your address already`;
      return { code: 'too-many-connections', reason };
    }
    return this.judgeBan(now, origin);
  }

  disconnect({ place }: Origin): void {
    const count = (this.#connections.get(place) ?? 0) - 1;
    if (count > 0) this.#connections.set(place, count);
    else this.#connections.delete(place);
  }

  /** The ban that keeps somebody out, as they are told it; the owner, who lifts bans, never. */
  judgeBan(now: number, origin: Origin): Refusal | undefined {
    if (origin.key !== undefined && this.#owners.has(origin.key)) return undefined;
    const ban = this.bans.find(this.#wallClock(now), origin);
    if (ban === undefined) return undefined;
    const why = ban.reason === '' ? '' : `: ${ban.reason}`;
    return { code: 'banned', reason: `banned by ${ban.by}${why}` };
  }

  /** Why somebody may not come in again so soon. */
  judgeJoin(now: number, allowance: Allowance): Refusal | undefined {
    if (allowance.joins.take(now, 1)) return undefined;
    const wait = Math.ceil((allowance.joins.readyAt(now, 1) - now) / 1000);
    return { code: 'rate-limited', reason: `you come in too often; wait ${wait} s` };
  }

  /** Why `owner` may not be called `nick`. */
  judgeNick(now: number, nick: string, owner: string): Refusal | undefined {
    const claim = this.claims.conflict(this.#wallClock(now), nick, owner);
    if (claim === undefined) return undefined;
    if (claim.nick !== nick && claim.nick.toLowerCase() !== nick.toLowerCase()) {
      const reason = `the nick ${nick} looks like ${claim.nick}, which is somebody else's`;
      return { code: 'nick-taken', reason };
    }
    const isAway = claim.leftAt !== Infinity;
    const reason = `the nick ${nick} is ${isAway ? "somebody else's" : 'taken'}`;
    return { code: 'nick-taken', reason };
  }

  /** `owner` is called `nick` from now on. */
  takeNick(nick: string, owner: string): void {
    this.claims.take(nick, owner);
  }

  /** Nobody is called `nick` any more. Without a key there is nothing to know its owner by. */
  leaveNick(now: number, nick: string, { isForgotten }: { isForgotten: boolean }): void {
    this.claims.leave(this.#wallClock(now), nick, { isForgotten });
  }
}
