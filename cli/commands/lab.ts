import { PRESETS } from '../../lib/entry/lab.ts';
import type { Run } from '../command.ts';
import { ExitCode } from '../errors.ts';
import { SUBCOMMANDS } from '../lab-commands.ts';

const COLUMN = 14;

/** `udpchat lab`: says what the lab can do, and what the presets are. */
export const lab: Run = () => {
  const commands = SUBCOMMANDS.map(
    ({ name, usage, summary }) => `  ${name} ${usage}\n      ${summary}`,
  );
  const presets = Object.entries(PRESETS).map(([name, text]) => `  ${name.padEnd(COLUMN)}${text}`);
  process.stdout.write(
    'The packet-loss lab: the same seed gives the same run, to the byte.\n\n' +
      `${commands.join('\n')}\n\n` +
      `Networks by name, for --impair (each way):\n${presets.join('\n')}\n\n` +
      'More: udpchat lab COMMAND --help\n',
  );
  return Promise.resolve(ExitCode.ok);
};
