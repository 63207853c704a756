/**
 * What a network does to datagrams, in the vocabulary of tc-netem(8). Percentages are kept as
 * written (0..100), so that formatting and parsing are each other's inverse.
 */
export interface Impairment {
  readonly loss?: Loss;
  readonly delay?: Delay;
  readonly duplicate?: Chance;
  readonly corrupt?: Chance;
  readonly reorder?: Reorder;
  /** Bits a second. */
  readonly rate?: number;
  /** Datagrams that may wait in the link; netem's own default is 1000. */
  readonly limit?: number;
  readonly slot?: Slot;
  /**
   * Longest IP packet that gets through, bytes: longer ones vanish, as where a router tells nobody.
   * Not of netem, but of ip-link(8).
   */
  readonly mtu?: number;
}

/** Headers of IPv4 and UDP: what an IP packet is longer than its datagram, bytes. */
export const IP_OVERHEAD = 28;

/** Happens to `percent` of the datagrams; a draw takes `correlation` percent from the last one. */
export interface Chance {
  readonly percent: number;
  readonly correlation: number;
}

/** Independent (or correlated) loss, or a model of bursts with two states, or with four. */
export type Loss = ({ readonly model: 'random' } & Chance) | GilbertElliott | FourStates;

/**
 * The "GI" model of netem, percentages of going from one state to another: 1 received in a gap,
 * 2 received in a burst, 3 lost in a burst, 4 lost alone in a gap.
 */
export interface FourStates {
  readonly model: 'state';
  readonly p13: number;
  readonly p31: number;
  readonly p32: number;
  readonly p23: number;
  readonly p14: number;
}

/** Percentages: good to bad, bad to good, loss while bad, loss while good. */
export interface GilbertElliott {
  readonly model: 'gemodel';
  readonly p: number;
  readonly r: number;
  readonly badLoss: number;
  readonly goodLoss: number;
}

/** How jitter is spread around the delay, `tc`'s tables. */
export type Distribution = (typeof DISTRIBUTIONS)[number];

export interface Delay {
  readonly ms: number;
  readonly jitterMs: number;
  readonly correlation: number;
  readonly distribution: Distribution;
}

/** Every `gap`th datagram leaves at once, with probability `percent`, ahead of the delayed ones. */
export interface Reorder extends Chance {
  readonly gap: number;
}

/**
 * Datagrams leave in batches, as from a cable modem or Wi-Fi: a slot opens every `minMs` to `maxMs`
 * (or around `ms` as `distribution` has it), for so many datagrams or bytes at most.
 */
export interface Slot {
  readonly minMs: number;
  readonly maxMs: number;
  readonly shape?: {
    readonly distribution: Distribution;
    readonly ms: number;
    readonly jitterMs: number;
  };
  readonly packets?: number;
  readonly bytes?: number;
}

export const DISTRIBUTIONS = ['uniform', 'normal', 'pareto', 'paretonormal'] as const;

/** Formats so that `parseImpairment` gives the same value again; but for `mtu`, `tc` takes it. */
export function formatImpairment(impairment: Impairment): string {
  const { loss, delay, duplicate, corrupt, reorder, rate, limit, slot, mtu } = impairment;
  const words: string[] = [];
  if (limit !== undefined) words.push(`limit ${limit}`);
  if (delay !== undefined) words.push(formatDelay(delay));
  if (loss !== undefined) words.push(formatLoss(loss));
  if (duplicate !== undefined) words.push(`duplicate ${formatChance(duplicate)}`);
  if (corrupt !== undefined) words.push(`corrupt ${formatChance(corrupt)}`);
  if (reorder !== undefined) words.push(`reorder ${formatChance(reorder)} gap ${reorder.gap}`);
  if (rate !== undefined) words.push(`rate ${formatRate(rate)}`);
  if (slot !== undefined) words.push(formatSlot(slot));
  if (mtu !== undefined) words.push(`mtu ${mtu}`);
  return words.join(' ');
}

/** `256kbit`: the largest decimal unit that divides the rate, in bits a second. */
export function formatRate(bitsPerSecond: number): string {
  const units: readonly [number, string][] = [
    [1e9, 'gbit'],
    [1e6, 'mbit'],
    [1e3, 'kbit'],
  ];
  const fit = units.find(([size]) => bitsPerSecond >= size && bitsPerSecond % size === 0);
  return fit === undefined ? `${bitsPerSecond}bit` : `${bitsPerSecond / fit[0]}${fit[1]}`;
}

function formatDelay({ ms, jitterMs, correlation, distribution }: Delay): string {
  let text = `delay ${ms}ms`;
  if (jitterMs > 0) text += ` ${jitterMs}ms`;
  if (correlation > 0) text += ` ${correlation}%`;
  return distribution === 'uniform' ? text : `${text} distribution ${distribution}`;
}

function formatLoss(loss: Loss): string {
  if (loss.model === 'random') return `loss random ${formatChance(loss)}`;
  if (loss.model === 'gemodel') {
    return `loss gemodel ${loss.p}% ${loss.r}% ${loss.badLoss}% ${loss.goodLoss}%`;
  }
  const { p13, p31, p32, p23, p14 } = loss;
  return `loss state ${p13}% ${p31}% ${p32}% ${p23}% ${p14}%`;
}

function formatSlot({ minMs, maxMs, shape, packets, bytes }: Slot): string {
  let text = `slot ${minMs}ms ${maxMs}ms`;
  if (shape !== undefined) {
    text = `slot distribution ${shape.distribution} ${shape.ms}ms ${shape.jitterMs}ms`;
  }
  if (packets !== undefined) text += ` packets ${packets}`;
  return bytes === undefined ? text : `${text} bytes ${bytes}`;
}

function formatChance({ percent, correlation }: Chance): string {
  return correlation > 0 ? `${percent}% ${correlation}%` : `${percent}%`;
}
