import type { Command } from './command.ts';
import { COMMANDS } from './commands.ts';
import { ExitCode, usageError } from './errors.ts';
import { type CommandLine, parseCommandLine } from './flags.ts';
import { commandHelp, fullHelp, shortHelp } from './help.ts';
import { nearest } from './suggest.ts';
import { version } from './version.ts';

/**
 * Runs a command line, without the program's name. Resolves with the exit code; rejects with a
 * CliError when it cannot be done.
 */
export async function run(args: readonly string[]): Promise<number> {
  const { positionals, flags } = parseCommandLine(args);
  if (flags['no-color'] !== undefined) Object.assign(process.env, { NO_COLOR: '1' });
  if (flags.version !== undefined) return print(`${version()}\n`);
  const { command, rest } = findCommand(positionals);
  if (flags.help !== undefined) {
    return print(command === undefined ? fullHelp(COMMANDS) : commandHelp(command));
  }
  if (command === undefined) return print(shortHelp(COMMANDS));
  checkCommandLine(command, { positionals: rest, flags });
  const runCommand = await command.load();
  return runCommand({ positionals: rest, flags });
}

/**
 * `udpchat HOST [PORT]` is `udpchat join HOST [PORT]`, unless HOST is a slip of a command's name.
 */
function findCommand(positionals: readonly string[]): {
  command: Command | undefined;
  rest: readonly string[];
} {
  const [word, ...rest] = positionals;
  if (word === undefined) return { command: undefined, rest };
  if (word === 'help') return findCommand(rest);
  const [second, ...others] = rest;
  const nested = COMMANDS.find(({ name }) => second !== undefined && name === `${word} ${second}`);
  if (nested !== undefined) return { command: nested, rest: others };
  const names = COMMANDS.map(({ name }) => name).filter((name) => !name.includes(' '));
  const command = COMMANDS.find(({ name }) => name === word);
  if (command !== undefined) {
    if (second !== undefined) refuseUnknown(word, second);
    return { command, rest };
  }
  const near = /^[a-z]+$/i.test(word) ? nearest(word, names) : undefined;
  if (near !== undefined) {
    const otherwise = `to join a machine of that name: udpchat join ${word}`;
    throw usageError(`there is no command "${word}"`, `did you mean ${near}? ${otherwise}`);
  }
  return { command: COMMANDS.find(({ name }) => name === 'join'), rest: positionals };
}

/** Of a command that has commands of its own, `word` is none. */
function refuseUnknown(group: string, word: string): void {
  const own = COMMANDS.filter(({ name }) => name.startsWith(`${group} `));
  if (own.length === 0) return;
  const names = own.map(({ name }) => name.slice(group.length + 1));
  const near = nearest(word, names);
  const hint = near === undefined ? `there are ${names.join(', ')}` : `did you mean ${near}?`;
  throw usageError(`there is no command "${group} ${word}"`, hint);
}

function checkCommandLine(command: Command, { positionals, flags }: CommandLine): void {
  const { name, usage, least, most } = command;
  const allowed: readonly string[] = command.flags;
  const alien = Object.keys(flags).find((flag) => !allowed.includes(flag) && flag !== 'no-color');
  if (alien !== undefined) {
    throw usageError(`${name} has no flag --${alien}`, `see udpchat ${name} --help`);
  }
  if (positionals.length < least || positionals.length > most) {
    const what = positionals.length < least ? 'too few' : 'too many';
    throw usageError(`${what} arguments`, `usage: udpchat ${name} ${usage}`);
  }
}

function print(text: string): number {
  process.stdout.write(text);
  return ExitCode.ok;
}
