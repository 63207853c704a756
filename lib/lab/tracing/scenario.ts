import { ARQ_NAMES, type ArqName } from '../../wire/transport-parameters.ts';
import { DropList } from '../drop-list.ts';
import type { ExperimentOptions, Workload } from '../experiment.ts';
import { parseImpairment } from '../netem-parser.ts';

/** All that decides a run of the lab, as plain JSON: the same scenario, the same run. */
export interface RunScenario {
  readonly seed: number;
  readonly arq: ArqName;
  /** Packets in the window of go-back-n and selective-repeat. */
  readonly window: number;
  /** The weather each way, in the words of netem. */
  readonly impairment: string;
  readonly workload: Workload;
  /** Virtual time after which it ends, ms. */
  readonly limitMs: number;
  /** As in `3,7,7r1`; empty: nothing is dropped by hand. */
  readonly dropList: string;
}

/** What an experiment is made from; undefined when the words of the scenario make no sense. */
export function experimentOptions(scenario: RunScenario): ExperimentOptions | undefined {
  const { impairment: text, dropList: drops, ...rest } = scenario;
  const parsed = parseImpairment(text);
  const dropList = drops === '' ? undefined : DropList.parse(drops);
  if (!parsed.ok || (dropList !== undefined && !(dropList instanceof DropList))) return undefined;
  return { ...rest, impairment: parsed.impairment, dropList };
}

/** A scenario out of a file that anybody may have written; undefined if it is none. */
export function readScenario(value: unknown): RunScenario | undefined {
  if (!isObject(value) || !isObject(value['workload'])) return undefined;
  const { seed, window, limitMs, impairment, dropList, workload } = value;
  const { messages, bytes, intervalMs } = workload;
  const arq = ARQ_NAMES.find((name) => name === value['arq']);
  if (arq === undefined || typeof impairment !== 'string' || typeof dropList !== 'string') {
    return undefined;
  }
  if (!isWithin(seed, 0, 2 ** 32 - 1) || !isWithin(window, 1, 1_000)) return undefined;
  if (!isWithin(limitMs, 1, LIMIT_MAX) || !isWithin(messages, 1, 1_000_000)) return undefined;
  if (!isWithin(bytes, 4, 1_100) || !isWithin(intervalMs, 0, 60_000)) return undefined;
  return {
    seed,
    arq,
    window,
    impairment,
    workload: { messages, bytes, intervalMs },
    limitMs,
    dropList,
  };
}

/** Virtual time that a run takes at most, ms: a day, which no real one comes near. */
const LIMIT_MAX = 86_400_000;

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isWithin(value: unknown, least: number, most: number): value is number {
  return typeof value === 'number' && value >= least && value <= most;
}
