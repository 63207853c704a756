import { PRESETS } from '../../lib/index.ts';
import type { Command } from '../command.ts';
import { ExitCode } from '../errors.ts';
import { labGrade } from './lab-grade.ts';
import { labLoad } from './lab-load.ts';
import { labNetem } from './lab-netem.ts';
import { labProxy } from './lab-proxy.ts';
import { labReplay } from './lab-replay.ts';
import { labCompare, labVerify } from './lab-report.ts';
import { labRun } from './lab-run.ts';
import { labSweep } from './lab-sweep.ts';

const COLUMN = 14;

const SUBCOMMANDS: readonly Command[] = [
  labRun,
  labReplay,
  labGrade,
  labSweep,
  labCompare,
  labVerify,
  labProxy,
  labNetem,
  labLoad,
];

/** `udpchat lab`: says what the lab can do, and what the presets are. */
const lab: Command = {
  name: 'lab',
  usage: 'COMMAND',
  summary: 'the packet-loss lab: run, replay, grade, sweep, compare, verify, proxy, netem, load',
  flags: [],
  least: 0,
  most: 0,
  examples: SUBCOMMANDS.flatMap(({ examples }) => examples.slice(0, 1)),
  run() {
    const commands = SUBCOMMANDS.map(
      ({ name, usage, summary }) => `  ${name} ${usage}\n      ${summary}`,
    );
    const presets = Object.entries(PRESETS).map(
      ([name, text]) => `  ${name.padEnd(COLUMN)}${text}`,
    );
    process.stdout.write(
      'The packet-loss lab: the same seed gives the same run, to the byte.\n\n' +
        `${commands.join('\n')}\n\n` +
        `Networks by name, for --impair (each way):\n${presets.join('\n')}\n\n` +
        'More: udpchat lab COMMAND --help\n',
    );
    return Promise.resolve(ExitCode.ok);
  },
};

/** The commands of the lab. */
export const LAB: readonly Command[] = [lab, ...SUBCOMMANDS];
