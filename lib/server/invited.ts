import type { Refusal } from './admission.ts';
import { type Keep, parseRow, type TableRow } from './table.ts';

/** Keys that came by invitation. */
const KEY_TABLE = 'invited';
/** Digests of invitations that were used. */
const USED_TABLE = 'invitations';

/** What makes an invitation, as far as a server looks at it. Wall clock, ms since 1970. */
export interface InvitationReader {
  /** Undefined when the text is no invitation of this host. */
  read(text: string):
    | {
        readonly digest: string;
        readonly port: number;
        readonly issuedAt: number;
        readonly until: number;
      }
    | undefined;
}

/** Which invitations of a host hold here. */
export interface InvitationRules {
  readonly reader: InvitationReader;
  /** The UDP port of this chat: one that was used here would be unused in another of the host's. */
  readonly port: number;
  /**
   * Wall clock, ms since 1970: those made before may have been used in a run of which nothing is
   * known any more. 0 where what was used is kept.
   */
  readonly since: number;
}

export interface InvitedOptions {
  /** Keys at most that came by invitation, and invitations that are remembered as used. */
  readonly limit: number;
  readonly rules: InvitationRules | undefined;
  readonly keep: Keep;
}

/** Who came by invitation, and which invitations let nobody else in any more. */
export class Invited {
  readonly #options: InvitedOptions;
  readonly #keys = new Set<string>();
  /** When they would have ended, by digest: wall clock, ms since 1970. */
  readonly #used = new Map<string, number>();

  constructor(options: InvitedOptions) {
    this.#options = options;
  }

  /** Takes up what was kept by an earlier run. Rows that make no sense are left out. */
  load(rows: readonly TableRow[]): void {
    for (const { table, key, value } of rows) {
      if (table === KEY_TABLE) this.#keys.add(key);
      if (table !== USED_TABLE) continue;
      const until = parseRow(value)?.['until'];
      if (typeof until === 'number') this.#used.set(key, until);
    }
  }

  /** Whether a key, in hexadecimal, has come by invitation. */
  has(key: string): boolean {
    return this.#keys.has(key);
  }

  /**
   * Uses what may be an invitation for `key`, which is let in from then on: undefined when it is
   * none, else whether it holds. `at`: wall clock, ms since 1970.
   */
  use(at: number, key: string | undefined, text: string): 'welcome' | Refusal | undefined {
    const { rules } = this.#options;
    const invitation = rules?.reader.read(text);
    if (rules === undefined || invitation === undefined) return undefined;
    const { digest, port, issuedAt, until } = invitation;
    if (key === undefined) return wrong('without encryption nobody could be told by it');
    if (port !== rules.port) {
      return wrong(`this invitation is to the chat on port ${port}; this one is on ${rules.port}`);
    }
    if (issuedAt < rules.since) {
      return wrong('this invitation is from before this host was started; ask for another one');
    }
    if (until <= at) return wrong('this invitation has ended; ask for another one');
    if (this.#used.has(digest)) return wrong('this invitation was used; ask for another one');
    this.#forget(at);
    const { limit, keep } = this.#options;
    if (this.#keys.size >= limit || this.#used.size >= limit) {
      return { code: 'server-full', reason: `${limit} people came by invitation already` };
    }
    this.#keys.add(key);
    this.#used.set(digest, until);
    keep({ table: KEY_TABLE, key, value: JSON.stringify({ at }) });
    keep({ table: USED_TABLE, key: digest, value: JSON.stringify({ until }) });
    return 'welcome';
  }

  /** Those that have ended anyway need not be remembered. */
  #forget(at: number): void {
    for (const [digest, until] of this.#used) {
      if (until > at) continue;
      this.#used.delete(digest);
      this.#options.keep({ table: USED_TABLE, key: digest, value: undefined });
    }
  }
}

function wrong(reason: string): Refusal {
  return { code: 'invitation-wrong', reason };
}
