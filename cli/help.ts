import type { Command } from './command.ts';
import { FLAGS, type FlagName } from './flags.ts';

const COLUMN = 24;

const EXIT_CODES = `Exit codes:
  0 ok                      4 authentication or host key refused
  1 other                   5 kicked or banned
  2 usage                   6 messages undelivered at exit
  3 unreachable, timed out  130 interrupted`;

function row(left: string, right: string): string {
  return `  ${left.padEnd(COLUMN)}  ${right}`;
}

function flagRow(name: FlagName): string {
  const flag: { help: string; value?: string; short?: string } = FLAGS[name];
  const short = flag.short === undefined ? '' : `-${flag.short}, `;
  const value = flag.value === undefined ? '' : ` ${flag.value}`;
  return row(`${short}--${name}${value}`, flag.help);
}

/** What `udpchat` alone prints. */
export function shortHelp(commands: readonly Command[]): string {
  const own = commands.filter(({ name }) => !name.includes(' '));
  const rows = own.map(({ name, usage, summary }) => row(`${name} ${usage}`, summary));
  return `udpchat: chat on your network that keeps talking when the network doesn't

  udpchat host 5000           host a chat here, and join it
  udpchat 192.168.1.7 5000    join one from another machine

Commands:
${rows.join('\n')}

More: udpchat --help, udpchat COMMAND --help
`;
}

/** `udpchat --help`. */
export function fullHelp(commands: readonly Command[]): string {
  const flags = (Object.keys(FLAGS) as FlagName[]).map(flagRow);
  return `${shortHelp(commands).split('\nMore:')[0]}
Flags:
${flags.join('\n')}

${EXIT_CODES}
`;
}

/** `udpchat COMMAND --help`. */
export function commandHelp({ name, usage, summary, flags, examples }: Command): string {
  const shown = examples.length === 0 ? '' : `\n\nFor example:\n  ${examples.join('\n  ')}`;
  return `udpchat ${name} ${usage}
${summary}

Flags:
${[...flags, 'help' as const].map(flagRow).join('\n')}${shown}

${EXIT_CODES}
`;
}
