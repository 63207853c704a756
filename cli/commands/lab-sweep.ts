import { existsSync } from 'node:fs';
import { arch, cpus, platform } from 'node:os';
import { dirname, join } from 'node:path';
import {
  planCells,
  runSweep,
  SweepFolder,
  SweepFolderError,
  tcpCongestionControl,
} from '../../lib/entry/lab.ts';
import type { SweepPlan } from '../../lib/index.ts';
import type { Run } from '../command.ts';
import { CliError, ExitCode, usageError } from '../errors.ts';
import { type FlagValues, numberFlag, textFlag } from '../flags.ts';
import { onInterrupt } from '../interrupt.ts';
import { netemError } from '../netem.ts';
import { choosePlan } from '../sweep-plan.ts';
import { commandPrinter, showProgress } from '../sweep-progress.ts';
import { formOf, programName } from '../trace.ts';
import { version } from '../version.ts';

/** `udpchat lab sweep`: a grid of experiments, and a report of it. */
export const labSweep: Run = async ({ flags }) => {
  const out = textFlag(flags, 'out');
  if (out === undefined) throw usageError('lab sweep needs a folder for its results', '-o DIR');
  const plan = choosePlan(flags);
  const folder = openFolder(out, plan);
  return sweepInto(folder, flags, shownCommand(plan, flags));
};

/** Opens the folder of a sweep, with errors for people. */
function openFolder(path: string, plan: SweepPlan): SweepFolder {
  try {
    return SweepFolder.open(path, plan);
  } catch (error) {
    if (!(error instanceof SweepFolderError)) throw error;
    const hint = 'choose another folder with -o, or remove this one';
    throw new CliError(error.message, { exitCode: ExitCode.other, hint });
  }
}

/** Runs what is left of a sweep and writes its report. */
export async function sweepInto(
  folder: SweepFolder,
  flags: FlagValues,
  command: string,
): Promise<number> {
  const workers = numberFlag(flags, 'workers', { least: 1, most: 256, isWhole: true });
  const traces = chooseTraces(flags);
  if (traces !== undefined && folder.results.length > 0) {
    const count = folder.results.length;
    process.stderr.write(`udpchat: ${count} experiments were finished before: no traces of them\n`);
  }
  const abort = new AbortController();
  let interrupted: number | undefined;
  onInterrupt((exitCode) => {
    interrupted = exitCode;
    abort.abort();
  });
  const began = performance.now();
  const options = workers === undefined ? {} : { workers };
  const isWhole = await runSweep({
    folder,
    onProgress: showProgress,
    onCommands: commandPrinter(),
    signal: abort.signal,
    traces,
    ...options,
  }).catch((error: unknown) => {
    const known = netemError(error);
    if (known !== error) throw known;
    const message = error instanceof Error ? error.message : String(error);
    const hint = 'finished experiments are kept: the same command goes on from there';
    throw new CliError(`the sweep stopped: ${message}`, { exitCode: ExitCode.other, hint });
  });
  process.stderr.write('\n');
  if (!isWhole) {
    const total = planCells(folder.plan).length;
    const kept = `${folder.results.length} of ${total} experiments are kept`;
    process.stderr.write(`udpchat: ${kept}; the same command goes on from there\n`);
    return interrupted ?? ExitCode.other;
  }
  const tcp = folder.plan.baseline === undefined ? '' : `, TCP with ${tcpCongestionControl()}`;
  const system = `${platform()} ${arch()}, ${cpus().length} processors`;
  const machine = `${system}, Node ${process.version}${tcp}`;
  const hash = folder.writeReport({ version: version(), command, machine });
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  process.stderr.write(`udpchat: done in ${seconds} s\n`);
  process.stdout.write(`${join(folder.path, 'report.html')}\nresults sha256 ${hash}\n`);
  return ExitCode.ok;
}

/** `--trace`: a file for each run of each cell's first repetition, beside each other. */
function chooseTraces(flags: FlagValues): { path: string; program: string } | undefined {
  const path = textFlag(flags, 'trace');
  if (path === undefined) return undefined;
  formOf(path);
  if (!existsSync(dirname(path))) {
    throw usageError(`--trace: there is no folder ${dirname(path)}`, 'make it first');
  }
  return { path, program: programName() };
}

/** The command that repeats this sweep, with the seed that was chosen. */
function shownCommand({ seed }: SweepPlan, flags: FlagValues): string {
  const words = Object.entries({ ...flags, seed: String(seed) })
    .filter(([name]) => !['out', 'workers', 'trace'].includes(name))
    .map(([name, value]) => (value === true ? `--${name}` : `--${name} ${value}`));
  return `udpchat lab sweep ${words.join(' ')} -o DIR`;
}
