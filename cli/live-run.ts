import { formatImpairment, LiveGround, RUN_HEAD, RunView, renderRun } from '../lib/entry/lab.ts';
import type {
  Impairment,
  LiveGroundName,
  LiveResult,
  Series,
  TraceEvent,
  TraceFile,
  Workload,
} from '../lib/index.ts';
import { isInteractive } from './command.ts';
import { CliError, ExitCode } from './errors.ts';
import type { FlagValues } from './flags.ts';
import { onInterrupt } from './interrupt.ts';
import { netemError } from './netem.ts';
import { openTrace, programName } from './trace.ts';

export interface LiveRunOptions {
  readonly ground: LiveGroundName;
  /** What carries the messages, one after the other. */
  readonly series: readonly Series[];
  readonly window: number;
  readonly workload: Workload;
  readonly impairment: Impairment;
  readonly seed: number;
  readonly limitMs: number;
  readonly isJson: boolean;
  /** For `--trace`. */
  readonly flags: FlagValues;
}

/** `lab run` in real time: shows it while it goes on, and what came of it. The exit code. */
export async function runLive(options: LiveRunOptions): Promise<number> {
  const { ground: name, impairment, seed, series } = options;
  const weather = formatImpairment(impairment) || 'a perfect network';
  const head = { program: programName(), ...RUN_HEAD, epochMs: Date.now() };
  const trace = openTrace(options.flags, head);
  if (trace !== undefined && series.includes('tcp')) {
    process.stderr.write('udpchat: the trace has the run of ours; TCP is in the kernel\n');
  }
  const chance = name === 'socket' ? `, seed ${seed}` : '';
  process.stderr.write(`udpchat: each way, in real time: ${weather}${chance}\n`);
  const abort = new AbortController();
  let interrupted: number | undefined;
  onInterrupt((exitCode) => {
    interrupted = exitCode;
    abort.abort();
  });
  const onCommands = (commands: readonly string[]): void => {
    process.stderr.write(`${commands.join('\n')}\n`);
  };
  let ground: LiveGround | undefined;
  try {
    ground = await LiveGround.open(name, onCommands);
    for (const arq of series) {
      if (interrupted === undefined)
        await runOne(ground, arq, { ...options, trace, signal: abort.signal });
    }
  } catch (error) {
    if (interrupted === undefined) throw explained(error);
  } finally {
    ground?.close();
  }
  return interrupted ?? ExitCode.ok;
}

async function runOne(
  ground: LiveGround,
  arq: Series,
  options: LiveRunOptions & {
    readonly trace: TraceFile | undefined;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const { window, workload, impairment, seed, limitMs, isJson, trace, signal } = options;
  const view = new RunView();
  const frame = new Frame(isInteractive() && !isJson);
  const run = { arq, window, workload, limitMs, seed, isTapped: arq !== 'tcp' && !isJson };
  const write = (events: readonly TraceEvent[], isCut: boolean): void => {
    for (const event of events) trace?.take(event);
    if (isCut) process.stderr.write('udpchat: the trace has the beginning of a long run only\n');
  };
  const result = await ground.run(run, impairment, {
    signal,
    onTrace: trace && write,
    onProgress: (so, sample) => {
      if (sample !== undefined) view.sample(sample);
      frame.draw(renderRun(so, view, 'real time'));
    },
  });
  for (const packet of result.packets) view.record(packet);
  frame.clear();
  process.stdout.write(isJson ? `${summary(result)}\n` : `${lines(result, view)}\n`);
}

function summary({ delivered, spanMs, goodput, stats, elapsedMs }: LiveResult): string {
  return JSON.stringify({ delivered, spanMs, goodput, stats, elapsedMs });
}

function lines(result: LiveResult, view: RunView): string {
  return renderRun(result, view, 'real time').join('\n');
}

/** Lines that are drawn over the ones before. */
class Frame {
  readonly #isOn: boolean;
  #height = 0;

  constructor(isOn: boolean) {
    this.#isOn = isOn;
  }

  draw(text: readonly string[]): void {
    if (!this.#isOn) return;
    this.clear();
    process.stdout.write(`${text.join('\n')}\n`);
    this.#height = text.length;
  }

  clear(): void {
    if (this.#height > 0) process.stdout.write(`\u001B[${this.#height}A\u001B[J`);
    this.#height = 0;
  }
}

function explained(error: unknown): unknown {
  const known = netemError(error);
  if (known !== error || !(error instanceof Error)) return known;
  return new CliError(`the experiment stopped: ${error.message}`, { exitCode: ExitCode.other });
}
