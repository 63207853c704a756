/**
 * Something to throw input at. A round follows from its seed alone, throws when a rule is broken,
 * and returns the number of cases that it was: inputs, datagrams or steps of a script.
 */
export interface Target {
  readonly name: string;
  round(seed: number): number;
}

/** A broken rule, with what replays it. */
export class FuzzError extends Error {
  override readonly name = 'FuzzError';
}

export function demand(holds: boolean, what: string): void {
  if (!holds) throw new FuzzError(what);
}
