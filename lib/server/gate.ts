import { Queue } from '../base/queue.ts';
import type { ChatConfig } from '../chat/config.ts';
import type { Refusal } from './admission.ts';
import type { Allowance } from './allowances.ts';

/** Who may come in; with neither, everybody may. */
export interface Access {
  /** Whether a password opens the chat. Checking it is slow on purpose, and done elsewhere. */
  readonly hasPassword?: boolean;
  /** Keys, in hexadecimal, that need none. With this alone nobody else is let in. */
  readonly authorizedKeys?: { has(key: string): boolean };
}

/** A password that a peer has said. */
export interface Attempt {
  readonly peer: number;
  readonly secret: string;
  readonly allowance: Allowance;
}

/**
 * The password in front of a chat. Attempts are checked one at a time, in order: guesses cannot be
 * made side by side, and nobody's guessing takes the processor from those who chat.
 */
export class Gate {
  readonly #config: ChatConfig;
  readonly #access: Access;
  readonly #waiting = new Queue<Attempt>();
  #checking: Attempt | undefined;

  constructor(config: ChatConfig, access: Access) {
    this.#config = config;
    this.#access = access;
  }

  get hasPassword(): boolean {
    return this.#access.hasPassword === true;
  }

  /** Whether everybody may come in. */
  get isOpen(): boolean {
    return !this.hasPassword && this.#access.authorizedKeys === undefined;
  }

  /** Whether a key needs no password. */
  admits(key: string | undefined): boolean {
    if (this.isOpen) return true;
    return key !== undefined && this.#access.authorizedKeys?.has(key) === true;
  }

  /** What those are told who may not come in as they are. */
  get refusal(): Refusal {
    if (this.hasPassword) return { code: 'password-required', reason: 'this chat has a password' };
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
