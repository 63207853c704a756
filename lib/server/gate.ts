import { Queue } from '../base/queue.ts';
import type { ChatConfig } from '../chat/config.ts';
import type { Refusal } from './admission.ts';
import type { Allowance } from './allowances.ts';
import { type InvitationRules, Invited } from './invited.ts';
import type { Keep, TableRow } from './table.ts';

/** Who may come in; with nothing of it but `invitations`, everybody may. */
export interface Access {
  /** Whether a password opens the chat. Checking it is slow on purpose, and done elsewhere. */
  readonly hasPassword?: boolean;
  /** Keys, in hexadecimal, that need none. With this alone nobody else is let in. */
  readonly authorizedKeys?: { has(key: string): boolean };
  /** Nobody else is let in but by invitation. */
  readonly isInviteOnly?: boolean;
  /** Invitations to a chat that is not open; without it there are none. */
  readonly invitations?: InvitationRules;
}

export interface GateOptions {
  readonly config: ChatConfig;
  readonly access: Access;
  /** Keys, in hexadecimal, of those whose chat it is: they are always let in. */
  readonly owners: readonly string[];
  readonly rows: readonly TableRow[];
  readonly keep: Keep;
}

/** A password that a peer has said. */
export interface Attempt {
  readonly peer: number;
  readonly secret: string;
  readonly allowance: Allowance;
}

/**
 * What is in front of a chat: known keys, invitations, a password. Attempts at that are checked one
 * at a time, in order: guesses cannot be made side by side, and nobody's guessing takes the
 * processor from those who chat.
 */
export class Gate {
  readonly #config: ChatConfig;
  readonly #access: Access;
  readonly #owners: ReadonlySet<string>;
  readonly #invited: Invited;
  readonly #waiting = new Queue<Attempt>();
  #checking: Attempt | undefined;

  constructor({ config, access, owners, rows, keep }: GateOptions) {
    this.#config = config;
    this.#access = access;
    this.#owners = new Set(owners);
    this.#invited = new Invited({ limit: config.invitedKeys, rules: access.invitations, keep });
    this.#invited.load(rows);
  }

  get hasPassword(): boolean {
    return this.#access.hasPassword === true;
  }

  /** Whether everybody may come in. */
  get isOpen(): boolean {
    const { authorizedKeys, isInviteOnly = false } = this.#access;
    return !this.hasPassword && authorizedKeys === undefined && !isInviteOnly;
  }

  /** Whether a key needs no password. */
  admits(key: string | undefined): boolean {
    if (this.isOpen) return true;
    if (key === undefined) return false;
    if (this.#owners.has(key) || this.#invited.has(key)) return true;
    return this.#access.authorizedKeys?.has(key) === true;
  }

  /**
   * Looks at a secret that may be an invitation of `key`: whether it lets in; undefined when it is
   * to be compared with the password. `at`: wall clock, ms since 1970.
   */
  invite(at: number, key: string | undefined, secret: string): 'welcome' | Refusal | undefined {
    const verdict = this.#invited.use(at, key, secret);
    if (verdict !== undefined || this.hasPassword) return verdict;
    return { code: 'invitation-wrong', reason: 'this is no invitation of this host' };
  }

  /** What those are told who may not come in as they are. */
  get refusal(): Refusal {
    if (this.hasPassword) return { code: 'password-required', reason: 'this chat has a password' };
    if (this.#access.isInviteOnly === true) {
      return { code: 'invitation-required', reason: 'this chat is by invitation only' };
    }
    return { code: 'not-authorized', reason: 'this chat lets only known keys in' };
  }

  /** Queues an attempt; false when too many wait. */
  submit(attempt: Attempt): boolean {
    if (this.#waiting.length >= this.#config.pendingPeers) return false;
    this.#waiting.push(attempt);
    return true;
  }

  /**
   * The next attempt, if none is being checked: to be checked (`waitUntil` undefined), then
   * answered by `handleVerified`; or made too soon after wrong ones, and lost.
   */
  poll(now: number): { attempt: Attempt; waitUntil?: number } | undefined {
    if (this.#checking !== undefined) return undefined;
    const attempt = this.#waiting.shift();
    if (attempt === undefined) return undefined;
    const waitUntil = attempt.allowance.tries.readyAt(now, 1);
    if (waitUntil > now) return { attempt, waitUntil };
    this.#checking = attempt;
    return { attempt };
  }

  /** The attempt that was being checked has come out; only a wrong one counts. */
  handleVerified(now: number, isRight: boolean): Attempt | undefined {
    const attempt = this.#checking;
    this.#checking = undefined;
    if (!isRight) attempt?.allowance.tries.take(now, 1);
    return attempt;
  }
}
