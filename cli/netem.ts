import { NetemError } from '../lib/entry/lab.ts';
import { CliError, ExitCode } from './errors.ts';

/** Does something with netem; what stands in its way becomes an error for people. */
export function explainNetem<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw netemError(error);
  }
}

/** One obstacle in a line; several with a line each. */
export function netemError(error: unknown): unknown {
  if (!(error instanceof NetemError)) return error;
  const [first, ...others] = error.obstacles;
  if (first === undefined) return error;
  if (others.length === 0) {
    return new CliError(first.message, { exitCode: ExitCode.other, hint: first.hint });
  }
  return new CliError(`tc netem cannot run here, for ${error.obstacles.length} reasons:`, {
    exitCode: ExitCode.other,
    details: error.obstacles.map(({ message, hint }) => `  ${message} (${hint})`),
  });
}
