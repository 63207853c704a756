import { ipOfEndpoint, siteOf } from '../base/ip.ts';
import { nickKey } from '../chat/names.ts';
import type { BanList, BanOrder } from './acts.ts';
import { type Ban, type Bans, parseBanTarget } from './bans.ts';
import type { Refusal } from './journal.ts';
import type { Session } from './session.ts';

/** Bans as those who moderate say them: by nick of who is here, by key, by address. */
export class NickBans implements BanList {
  readonly #bans: Bans;
  readonly #wallClock: (now: number) => number;

  constructor(bans: Bans, wallClock: (now: number) => number) {
    this.#bans = bans;
    this.#wallClock = wallClock;
  }

  check(who: Session | string): Refusal | undefined {
    if (targetOf(who) !== undefined) return undefined;
    const reason = 'ban somebody who is here, a key, or an address such as 192.0.2.0/24';
    return { code: 'no-such-nick', reason };
  }

  ban(now: number, who: Session | string, { by, reason, place }: BanOrder): void {
    const targets =
      place && typeof who !== 'string' ? [targetOf(who), siteFor(who)] : [targetOf(who)];
    const at = this.#wallClock(now);
    const nick = typeof who === 'string' ? '' : who.nick;
    for (const target of targets) {
      if (target === undefined) continue;
      this.#bans.add({ target, by: by.nick, reason, at, until: Infinity, nick });
    }
  }

  has(who: string): boolean {
    return this.#find(who).length > 0;
  }

  unban(_now: number, who: string): void {
    for (const { target } of this.#find(who)) this.#bans.remove(target);
  }

  #find(who: string): readonly Ban[] {
    const target = parseBanTarget(who);
    const key = nickKey(who);
    return [...this.#bans].filter((ban) =>
      target === undefined ? nickKey(ban.nick) === key : ban.target === target,
    );
  }
}

/** A person is banned by their key, whatever their address; without keys there is only that. */
function targetOf(who: Session | string): string | undefined {
  if (typeof who === 'string') return parseBanTarget(who);
  return who.publicKey ?? parseBanTarget(who.address.replace(/:\d+$/, '').replace(/^\[|\]$/g, ''));
}

/** The place where somebody is: an IPv4 address, or the /64 of an IPv6 address. */
function siteFor({ address }: Session): string | undefined {
  const ip = ipOfEndpoint(address);
  return ip === undefined ? undefined : siteOf(ip);
}
