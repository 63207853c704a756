import { randomInt, SeededRandom } from '../../lib/base/random.ts';
import { Duel, type Side, type Step } from './duel.ts';
import { FuzzError, type Target } from './target.ts';

/** Steps of one script at most. */
const MAX_STEPS = 120;

/** Runs of a failing script, each with less in it, to find the steps that matter. */
const MAX_SHRINKS = 400;

const CHANNELS = [0, 4, 1, 5, 3];

/** A script: mostly traffic and a network that does what it likes, now and then a blow. */
export function randomScript(random: SeededRandom): Step[] {
  const steps: Step[] = [];
  if (randomInt(random, 4) > 0) steps.push({ do: 'pass', ms: 400 });
  for (let i = 1 + randomInt(random, MAX_STEPS); i > 0; i--) steps.push(randomStep(random));
  return steps;
}

function randomStep(random: SeededRandom): Step {
  const int = (bound: number): number => randomInt(random, bound);
  const side: Side = int(2) === 0 ? 'client' : 'server';
  const pick = int(3) === 0 ? int(1_000) : 0;
  const roll = int(1_000);
  if (roll < 300) {
    const channel = CHANNELS[int(CHANNELS.length)] ?? 0;
    const most = [40, 40, 1_000, 1_000, channel === 3 ? 1_000 : 65_536][int(5)] ?? 0;
    return { do: 'send', side, channel, length: int(most + 1) };
  }
  if (roll < 600) return { do: 'deliver', pick };
  if (roll < 680) return { do: 'drop', pick };
  if (roll < 740) return { do: 'duplicate', pick };
  if (roll < 780) return { do: 'damage', pick, bit: int(10_000) };
  if (roll < 880) return { do: 'tick', ms: int(int(10) === 0 ? 8_000 : 60) };
  if (roll < 975) return { do: 'pass', ms: int(int(10) === 0 ? 4_000 : 60) };
  if (roll < 980) return { do: 'sleep', ms: int(10_000) };
  if (roll < 985) return { do: 'end', side };
  if (roll < 990) return { do: 'close', side };
  return { do: roll < 995 ? 'connect' : 'rebind' };
}

/** What is wrong with a script; undefined when nothing is. */
export function judge(seed: number, steps: readonly Step[]): string | undefined {
  try {
    const duel = new Duel(seed);
    for (const step of steps) duel.perform(step);
    duel.finish();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** The same failure with fewer steps: leaves out stretches, then shorter ones, down to one. */
export function shrink(
  steps: readonly Step[],
  fails: (steps: readonly Step[]) => boolean,
): readonly Step[] {
  let least = steps;
  let tries = 0;
  for (let size = Math.ceil(least.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let at = 0; at < least.length && tries < MAX_SHRINKS; tries++) {
      const without = [...least.slice(0, at), ...least.slice(at + size)];
      if (fails(without)) least = without;
      else at += size;
    }
  }
  return least;
}

/** Scripts over two endpoints, under all checkers. */
export const scripts: Target = {
  name: 'scripts',
  round(seed) {
    const steps = randomScript(new SeededRandom(seed));
    const wrong = judge(seed, steps);
    if (wrong === undefined) return steps.length;
    const kind = wrong.slice(0, 12);
    const least = shrink(steps, (fewer) => judge(seed, fewer)?.startsWith(kind) ?? false);
    throw new FuzzError(`${wrong}\n${JSON.stringify(least)}`);
  },
};
