import { MAX_CELLS, planCells, SWEEP_DEFAULTS } from '../lib/entry/lab.ts';
import { ARQ_NAMES } from '../lib/entry/transport.ts';
import type { ArqName, SweepPlan } from '../lib/index.ts';
import { usageError } from './errors.ts';
import { type FlagValues, numberFlag, textFlag } from './flags.ts';
import { chooseBaseline, chooseGround } from './ground.ts';
import { chooseArq, readImpairment } from './impair.ts';
import { chooseSeed } from './network.ts';
import { numberList } from './number-list.ts';

/** The grid that the flags of a sweep ask for. */
export function choosePlan(flags: FlagValues): SweepPlan {
  const arqs: readonly ArqName[] =
    flags.arq === undefined || flags.arq === 'all' ? ARQ_NAMES : chooseArqs(flags);
  const whole = { least: 1, most: 1000, isWhole: true } as const;
  const { bulk, chat, limitMs, rate } = SWEEP_DEFAULTS;
  const ground = chooseGround(flags);
  const baseline = chooseBaseline(flags, ground);
  const plan = {
    seed: chooseSeed(flags),
    losses: numberList(flags, 'loss', { least: 0, most: 90 }) ?? SWEEP_DEFAULTS.losses,
    delays: numberList(flags, 'delay', { least: 0, most: 10_000 }) ?? SWEEP_DEFAULTS.delays,
    arqs,
    reps: numberFlag(flags, 'reps', whole) ?? SWEEP_DEFAULTS.reps,
    window: numberFlag(flags, 'window', whole) ?? SWEEP_DEFAULTS.window,
    impairment: { rate, ...readImpairment(flags) },
    bulk,
    chat,
    limitMs,
    ...(ground !== undefined && { ground }),
    ...(baseline !== undefined && { baseline }),
  };
  if (plan.impairment.loss !== undefined || plan.impairment.delay !== undefined) {
    throw usageError('--impair: loss and delay of a sweep are --loss and --delay');
  }
  const cells = planCells(plan).length;
  if (cells > MAX_CELLS) throw usageError(`${cells} experiments; the most is ${MAX_CELLS}`);
  return plan;
}

function chooseArqs(flags: FlagValues): readonly ArqName[] {
  const words = (textFlag(flags, 'arq') ?? '').split(',');
  return words.flatMap((arq) => chooseArq({ arq: arq.trim() }) ?? []);
}
