import { type RandomSource, randomFloat, randomInt } from '../base/random.ts';
import { DISTRIBUTIONS, type Impairment } from './impairment.ts';

/** Worst of what `randomWeather` makes: percentages, and ms. */
export interface WeatherLimits {
  readonly loss: number;
  readonly delayMs: number;
  readonly duplicate: number;
  readonly corrupt: number;
  readonly reorder: number;
}

export const ROUGH: WeatherLimits = {
  loss: 30,
  delayMs: 150,
  duplicate: 10,
  corrupt: 5,
  reorder: 20,
};

/** One direction of a link at random: every kind of trouble is there, or not, or a little. */
export function randomWeather(random: RandomSource, limits: WeatherLimits = ROUGH): Impairment {
  const ms = Math.round(randomFloat(random) * limits.delayMs);
  const chance = (most: number) => ({ percent: sometimes(random, most), correlation: 0 });
  return {
    loss: randomLoss(random, limits.loss),
    delay: {
      ms,
      jitterMs: Math.round(sometimes(random, ms / 2)),
      correlation: sometimes(random, 50),
      distribution: DISTRIBUTIONS[randomInt(random, DISTRIBUTIONS.length)] ?? 'uniform',
    },
    duplicate: chance(limits.duplicate),
    corrupt: chance(limits.corrupt),
    reorder: { ...chance(limits.reorder), gap: 1 + randomInt(random, 5) },
  };
}

/** Bits a second of the narrowest and the widest bottleneck. */
const BOTTLENECK = { least: 256_000, most: 20_000_000 };
/** Datagrams that wait in front of a bottleneck: fewest and most. */
const QUEUE = { least: 10, most: 200 };

/** Least and greatest MTU, bytes: what everybody carries, and Ethernet's. */
const MTU = { least: 1_228, most: 1_500 };

/**
 * A rate (evenly spread over its magnitudes) and a queue in front of it, from tiny to bloated;
 * every other one in a tunnel, which takes some of the MTU.
 */
export function randomBottleneck(random: RandomSource): Pick<Impairment, 'rate' | 'limit' | 'mtu'> {
  const between = (least: number, most: number): number =>
    Math.round(least * (most / least) ** randomFloat(random));
  return {
    rate: between(BOTTLENECK.least, BOTTLENECK.most),
    limit: between(QUEUE.least, QUEUE.most),
    ...(randomInt(random, 2) === 0 && { mtu: between(MTU.least, MTU.most) }),
  };
}

function randomLoss(random: RandomSource, most: number): NonNullable<Impairment['loss']> {
  const percent = randomFloat(random) * most;
  if (randomInt(random, 3) > 0) {
    return { model: 'random', percent, correlation: sometimes(random, 25) };
  }
  // Bursts of 1..2 datagrams on average (longer ones are an outage: use a partition for that); the
  // share of time in the bad state is p / (p + r).
  const r = 50 + randomFloat(random) * 50;
  return { model: 'gemodel', p: (percent * r) / (100 - percent), r, badLoss: 100, goodLoss: 0 };
}

/** How far a clock may be ahead of the world's, ms, and how wrong its pace, parts per million. */
const CLOCK = { aheadMs: 1e7, driftPpm: 500 };

/** A clock that shows another time than the others and runs at another pace: worse than quartz. */
export function randomClock(random: RandomSource): { skewMs: number; driftPpm: number } {
  return {
    skewMs: Math.round(randomFloat(random) * CLOCK.aheadMs),
    driftPpm: Math.round((2 * randomFloat(random) - 1) * CLOCK.driftPpm),
  };
}

/** 0 in half of the cases, else uniform up to `most`. */
function sometimes(random: RandomSource, most: number): number {
  return Math.max(0, randomFloat(random) * 2 - 1) * most;
}
