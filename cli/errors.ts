import { sanitiseText } from '../lib/entry/words.ts';
import type { ClosedEvent } from '../lib/index.ts';

/** What each exit code means; the same for every command, and in `--help`. */
export const ExitCode = {
  ok: 0,
  other: 1,
  usage: 2,
  unreachable: 3,
  authentication: 4,
  kicked: 5,
  undelivered: 6,
  interrupted: 130,
} as const;

/** Something that went wrong, for people: what happened and why, and what to try next. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: number;
  readonly hint: string | undefined;
  /** Lines below the first, for what one line cannot explain. */
  readonly details: readonly string[];

  constructor(
    message: string,
    options: { exitCode: number; hint?: string; details?: readonly string[] },
  ) {
    super(message);
    this.exitCode = options.exitCode;
    this.hint = options.hint;
    this.details = options.details ?? [];
  }
}

/** A command line that makes no sense. */
export function usageError(message: string, hint = 'see udpchat --help'): CliError {
  return new CliError(message, { exitCode: ExitCode.usage, hint });
}

/** The `code` of a system error, or an empty string. */
export function errorCode(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : '';
  return typeof code === 'string' ? code : '';
}

/**
 * Why a client ended, unless it did as it was told. `target`: what the person typed to get there.
 */
export function closedError(
  closed: ClosedEvent,
  target: string,
  kept: { isKept: boolean } = { isKept: false },
): CliError | undefined {
  const { code, reason, undelivered } = closed;
  switch (code) {
    case 'quit':
      return undeliveredError(undelivered, kept);
    case 'unreachable': {
      const hint = 'is a host running there? start one with: udpchat host';
      return new CliError(`cannot reach ${target}: ${reason}`, {
        exitCode: ExitCode.unreachable,
        hint,
      });
    }
    case 'server-key':
      return new CliError(`the key of ${target} has changed: not connected`, {
        exitCode: ExitCode.authentication,
        hint: `to see both: udpchat trust ${target}`,
      });
    case 'protection': {
      const hint = 'use --plaintext on both ends, or better on neither';
      return new CliError(`cannot join ${target}: ${reason}`, {
        exitCode: ExitCode.authentication,
        hint,
      });
    }
    case 'nick-taken':
      return new CliError(reason, { exitCode: ExitCode.other, hint: 'choose another with --nick' });
    case 'nick-yours':
      return new CliError(`${reason}, in another window`, {
        exitCode: ExitCode.other,
        hint: 'choose another with --nick',
      });
    case 'invitation-required':
      return new CliError(`${target}: ${reason}`, {
        exitCode: ExitCode.authentication,
        hint: 'put yours into a file and name that with --invitation-file',
      });
    case 'password-required':
      return new CliError(`${target}: ${reason}`, {
        exitCode: ExitCode.authentication,
        hint: 'put it into a file and name that with --password-file',
      });
    case 'invitation-wrong':
    case 'password-wrong':
    case 'too-many-tries':
    case 'not-authorized':
      return new CliError(`${target} did not let you in: ${reason}`, {
        exitCode: ExitCode.authentication,
        ...(code === 'not-authorized' && {
          hint: 'send the key that "udpchat keys" shows to whoever runs it',
        }),
      });
    case 'banned':
      return new CliError(`${target} did not let you in: ${reason}`, { exitCode: ExitCode.kicked });
    case 'nick-invalid':
      return new CliError(reason, { exitCode: ExitCode.usage, hint: 'choose another with --nick' });
    case 'kicked':
      return new CliError(`you were sent away: ${reason}`, { exitCode: ExitCode.kicked });
    case 'refused':
      return new CliError(`${target} did not let you in: ${reason}`, { exitCode: ExitCode.other });
  }
}

/** Lines were written that the server never accepted. `isKept`: they are said the next time. */
export function undeliveredError(
  lines: number,
  { isKept }: { isKept: boolean } = { isKept: false },
): CliError | undefined {
  if (lines === 0) return undefined;
  const what = lines === 1 ? '1 message was' : `${lines} messages were`;
  return new CliError(`${what} not delivered`, {
    exitCode: ExitCode.undelivered,
    ...(isKept && { hint: 'kept, and sent when you are here again with the same --data' }),
  });
}

/** What stderr gets: one line, unless it takes more to explain. */
export function formatError(error: unknown): string {
  const { hint = '', details = [] } = error instanceof CliError ? error : {};
  const first = `udpchat: ${messageOf(error)}${hint === '' ? '' : ` (${hint})`}`;
  return [first, ...details].map((line) => sanitiseText(line)).join('\n');
}

/** The exit code an error leads to. */
export function exitCodeOf(error: unknown): number {
  return error instanceof CliError ? error.exitCode : ExitCode.other;
}

/** What an error says, whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
