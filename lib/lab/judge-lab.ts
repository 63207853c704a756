import type { JudgeLab } from '../server/labs.ts';
import { type Delay, formatImpairment, type Impairment, type Loss } from './impairment.ts';
import { parseImpairment } from './netem-parser.ts';

/**
 * The worst that a class may be asked to try, so that the end of it gets through. Whoever loses the
 * connection in a burst of losses comes back without it.
 */
export const LIVE_LAB_LIMITS = {
  /** Percent lost or corrupted, on average. 60: one try in six comes back, a timeout takes many. */
  lossPercent: 60,
  /** Delay and four times its jitter, ms. 5,000: far below the silence that ends a connection. */
  delayMs: 5000,
  /** Bits a second, at least. 16,000: a chat's heartbeats and lines go through. */
  rate: 16_000,
  /** Datagrams that the link holds, at least. */
  limit: 10,
  /** Percent of correlation. At 100 the first draw would be repeated for ever, as in netem. */
  correlation: 95,
} as const;

/** Jitter reaches this many deviations; what is beyond is one datagram in thousands. */
const DEVIATIONS = 4;

/** For a server's `judgeLab`: reads an impairment for a class, and says where it is wrong. */
export const judgeLab: JudgeLab = (text) => {
  const parsed = parseImpairment(text);
  if (!parsed.ok) {
    const { message, at } = parsed.error;
    return { reason: `at character ${at + 1}: ${message}` };
  }
  const excess = tooMuch(parsed.impairment);
  if (excess !== undefined) return { reason: excess };
  // As people write it: netem takes both.
  return { impairment: formatImpairment(parsed.impairment).replace('loss random', 'loss') };
};

/** What of an impairment is more than a class may be asked to try; undefined: nothing. */
export function tooMuch(impairment: Impairment): string | undefined {
  const { loss, delay, corrupt, duplicate, reorder, rate, limit, slot } = impairment;
  const most = LIVE_LAB_LIMITS;
  const lost = loss === undefined ? 0 : meanLoss(loss);
  const harmed = 100 - ((100 - lost) * (100 - (corrupt?.percent ?? 0))) / 100;
  if (harmed > most.lossPercent) {
    return `it loses ${Math.round(harmed)} %; a room may be asked to lose ${most.lossPercent} %`;
  }
  const delays = (delay ? longest(delay) : 0) + (slot ? longestSlot(slot) : 0);
  if (delays > most.delayMs) {
    return `it delays up to ${Math.round(delays)} ms; a room may be asked for ${most.delayMs} ms`;
  }
  if (rate !== undefined && rate < most.rate) {
    return `a room may be asked for no rate below ${most.rate / 1000}kbit`;
  }
  if (Math.min(limit ?? Infinity, slot?.packets ?? Infinity) < most.limit) {
    return `a room may be asked for no limit below ${most.limit}`;
  }
  const chances = [corrupt, duplicate, reorder, delay, loss?.model === 'random' ? loss : undefined];
  if (chances.some((chance) => (chance?.correlation ?? 0) > most.correlation)) {
    return `a room may be asked for no correlation above ${most.correlation}%`;
  }
  return undefined;
}

const longest = ({ ms, jitterMs }: Pick<Delay, 'ms' | 'jitterMs'>): number =>
  ms + DEVIATIONS * jitterMs;

function longestSlot({ maxMs, shape }: NonNullable<Impairment['slot']>): number {
  return shape === undefined ? maxMs : longest(shape);
}

/** Percent lost in the long run: of the stationary distribution of the model's states. */
function meanLoss(loss: Loss): number {
  switch (loss.model) {
    case 'random':
      return loss.percent;
    case 'gemodel': {
      const { p, r, badLoss, goodLoss } = loss;
      const bad = p + r === 0 ? 0 : p / (p + r);
      return bad * badLoss + (1 - bad) * goodLoss;
    }
    case 'state': {
      const { p13, p31, p32, p23, p14 } = loss;
      // Flows between the states are in balance: relative to state 1 being 1.
      const lone = p14 / 100;
      if (p13 === 0) return (100 * lone) / (1 + lone);
      if (p31 === 0) return 100;
      const burst = p13 / p31;
      const quiet = p23 === 0 ? (p32 === 0 ? 0 : Infinity) : (burst * p32) / p23;
      if (quiet === Infinity) return 0;
      return (100 * (burst + lone)) / (1 + burst + quiet + lone);
    }
  }
}
