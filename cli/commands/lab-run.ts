import {
  Experiment,
  experimentOptions,
  formatImpairment,
  RUN_HEAD,
  RunView,
  renderRun,
} from '../../lib/entry/lab.ts';
import type { RunScenario } from '../../lib/index.ts';
import { isInteractive, type Run } from '../command.ts';
import { ExitCode, usageError } from '../errors.ts';
import { type FlagValues, numberFlag } from '../flags.ts';
import { chooseBaseline, chooseGround } from '../ground.ts';
import { chooseArq, readImpairment } from '../impair.ts';
import { onInterrupt } from '../interrupt.ts';
import { type LiveRunOptions, runLive } from '../live-run.ts';
import { chooseSeed } from '../network.ts';
import { chooseDropList, chooseWindow, chooseWorkload } from '../run-flags.ts';
import { openTrace, programName } from '../trace.ts';

/** Time after which a run ends, done or not, ms. */
const LIMIT_MS = 600_000;
/** Between two frames of the live view, ms. */
const FRAME_MS = 100;

/** `udpchat lab run`: one experiment, watched. */
export const labRun: Run = async ({ flags }) => {
  const ground = chooseGround(flags);
  const baseline = chooseBaseline(flags, ground);
  if (ground !== undefined) return runLive({ ...liveOptions(flags, baseline), ground });
  const seed = chooseSeed(flags);
  const impairment = formatImpairment(readImpairment(flags));
  const view = new RunView();
  const scenario: RunScenario = {
    seed,
    arq: chooseArq(flags) ?? 'modern',
    window: chooseWindow(flags),
    impairment,
    workload: chooseWorkload(flags),
    limitMs: LIMIT_MS,
    dropList: chooseDropList(flags),
  };
  const experiment = startRun(scenario, view, flags);
  process.stderr.write(`udpchat: ${impairment || 'a perfect network'}, seed ${seed}\n`);
  if (isInteractive() && flags.json === undefined) {
    const speed = numberFlag(flags, 'speed', { least: 0.01, most: 10_000, isWhole: false }) ?? 1;
    const stopped = await watch(experiment, view, speed);
    if (stopped !== undefined) return stopped;
  } else experiment.run();
  const { latencies: _, ...result } = experiment.result();
  const lines = renderRun(experiment.result(), view).join('\n');
  process.stdout.write(flags.json === undefined ? `${lines}\n` : `${JSON.stringify(result)}\n`);
  process.stderr.write(`trace hash ${result.traceHash}\n`);
  return ExitCode.ok;
};

function startRun(scenario: RunScenario, view: RunView, flags: FlagValues): Experiment {
  const options = experimentOptions(scenario);
  if (options === undefined) throw new Error('a scenario that does not read what it wrote');
  const head = { program: programName(), ...RUN_HEAD, scenario: { ...scenario } };
  const file = openTrace(flags, head);
  return new Experiment({
    ...options,
    record: (record) => view.record(record),
    sample: (sample) => view.sample(sample),
    ...(file !== undefined && { trace: (event) => file.take(event) }),
  });
}

/** The same run in real time. */
function liveOptions(
  flags: FlagValues,
  baseline: 'tcp' | undefined,
): Omit<LiveRunOptions, 'ground'> {
  for (const [name, why] of [
    ['drop-list', 'a real network does not lose packets by name'],
    ['speed', 'real time has but one speed'],
  ] as const) {
    const hint = `leave --${name} out, or run it in virtual time: --ground sim`;
    if (flags[name] !== undefined) throw usageError(`--${name}: ${why}`, hint);
  }
  const arq = chooseArq(flags) ?? 'modern';
  return {
    series: baseline === undefined ? [arq] : [arq, baseline],
    window: chooseWindow(flags),
    workload: chooseWorkload(flags),
    impairment: readImpairment(flags),
    seed: chooseSeed(flags),
    limitMs: LIMIT_MS,
    isJson: flags.json !== undefined,
    flags,
  };
}

/** Draws frames until it is over; the exit code if it was interrupted. */
function watch(experiment: Experiment, view: RunView, speed: number): Promise<number | undefined> {
  const began = performance.now();
  return new Promise((resolve) => {
    let height = 0;
    const frame = (): void => {
      experiment.run((performance.now() - began) * speed);
      const lines = renderRun(experiment.result(), view);
      const up = height === 0 ? '' : `\u001B[${height}A`;
      process.stdout.write(`${up}\u001B[J${lines.join('\n')}\n`);
      height = lines.length;
      if (!experiment.isDone) return;
      process.stdout.write(`\u001B[${height}A\u001B[J`);
      finish(undefined);
    };
    const timer = setInterval(frame, FRAME_MS);
    const finish = (code: number | undefined): void => {
      clearInterval(timer);
      resolve(code);
    };
    onInterrupt(finish);
  });
}
