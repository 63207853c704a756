/**
 * Thrown when this program, not its peer, broke a rule. Never the answer to bytes from a network.
 */
export class AssertionError extends Error {
  override readonly name = 'AssertionError';
}

/** Stops on a bug of our own. Peer input is rejected with a coded error instead. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}

/** Marks a `switch` as exhaustive: a new variant becomes a compile error here. */
export function unreachable(value: never): never {
  throw new AssertionError(`unreachable: ${JSON.stringify(value)}`);
}
