import { type RandomSource, randomBytes } from '../base/random.ts';
import type { ResetTokens } from '../crypto/protection.ts';
import { Flag } from '../wire/packet.ts';
import { RESET_TOKEN_LENGTH } from '../wire/transport-parameters.ts';

/** Resets a second at most: each costs a hash, and may go to whoever was impersonated. */
const RESETS_PER_SECOND = 100;

/** Bytes of a reset at least: five and the token (RFC 9000 section 10.3). */
const MIN_LENGTH = 5 + RESET_TOKEN_LENGTH;

/** Bytes of a reset at most; more would tell it from a short packet no less. */
const MAX_LENGTH = 40;

/**
 * A server's answer to packets of a connection that it does not know: looks like a packet that
 * does not open, ends with a token that only the connection's client knows, and is shorter than
 * what it answers, so that two who know nothing of each other fall silent (RFC 9000 10.3.3).
 */
export class StatelessReset {
  readonly #tokens: ResetTokens;
  readonly #random: RandomSource;
  #left = RESETS_PER_SECOND;
  #refilledAt = 0;

  constructor(tokens: ResetTokens, random: RandomSource) {
    this.#tokens = tokens;
    this.#random = random;
  }

  /** What this client knows its connection's end by. */
  tokenFor(address: string, serverId: Uint8Array): Uint8Array {
    return this.#tokens.tokenFor(address, serverId);
  }

  /** The answer to a packet of `size` bytes; undefined if it gets none. */
  answer(
    now: number,
    question: { address: string; serverId: Uint8Array; size: number },
  ): Uint8Array | undefined {
    const length = Math.min(question.size - 1, MAX_LENGTH);
    if (length < MIN_LENGTH || !this.#mayAnswer(now)) return undefined;
    const packet = randomBytes(this.#random, length);
    const noise = (packet[0] ?? 0) & (Flag.keyPhase | Flag.packetNumberLength);
    packet[0] = Flag.fixed | noise;
    const token = this.#tokens.tokenFor(question.address, question.serverId);
    packet.set(token, length - RESET_TOKEN_LENGTH);
    return packet;
  }

  #mayAnswer(now: number): boolean {
    const refill = ((now - this.#refilledAt) * RESETS_PER_SECOND) / 1_000;
    this.#left = Math.min(RESETS_PER_SECOND, this.#left + refill);
    this.#refilledAt = now;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}

/** Whether a packet that did not open ends with this token. Takes the same time either way. */
export function isReset(packet: Uint8Array, token: Uint8Array | undefined): boolean {
  if (token === undefined || packet.length < MIN_LENGTH) return false;
  const start = packet.length - RESET_TOKEN_LENGTH;
  let difference = 0;
  for (let i = 0; i < RESET_TOKEN_LENGTH; i++) {
    difference |= (packet[start + i] ?? 0) ^ (token[i] ?? 0);
  }
  return difference === 0;
}
