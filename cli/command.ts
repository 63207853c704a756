import type { CommandLine, FlagName, FlagValues } from './flags.ts';

/** Does what a command is for; resolves with the exit code, or rejects with a CliError. */
export type Run = (line: CommandLine) => Promise<number>;

/** A command: the one source for dispatch, for checks of the command line and for help. */
export interface Command {
  readonly name: string;
  /** The arguments, as help shows them. */
  readonly usage: string;
  readonly summary: string;
  readonly flags: readonly FlagName[];
  /** How many arguments it takes. */
  readonly least: number;
  readonly most: number;
  readonly examples: readonly string[];
  /** What runs it is loaded when it is run: nobody waits for what others need. */
  load(): Promise<Run>;
}

/** Whether the chat goes line by line: wanted so, or no terminal that can show a window. */
export function isPlainChat(flags: FlagValues): boolean {
  return flags.plain !== undefined || !isInteractive() || process.env['TERM'] === 'dumb';
}

/** Whether a person sits at both ends. */
export function isInteractive(): boolean {
  return process.stdin.isTTY === true && process.stdout.isTTY === true;
}
