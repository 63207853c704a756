/** Quantiles of a CDF as it is drawn: each percent, and finer in the tail, where it matters. */
export const CDF_SHARES: readonly number[] = [
  ...Array.from({ length: 99 }, (_, i) => (i + 1) / 100),
  0.991,
  0.993,
  0.995,
  0.997,
  0.998,
  0.999,
  1,
];

/** Student's t for a two-sided 95 % interval, by degrees of freedom from 1 on. */
const STUDENT_95 = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145,
  2.131, 2.12, 2.11, 2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048,
  2.045, 2.042,
];
const NORMAL_95 = 1.96;

/** A mean with the half width of its 95 % confidence interval; 0 for a single value. */
export interface Estimate {
  readonly mean: number;
  readonly halfWidth: number;
  readonly count: number;
}

export function estimate(values: readonly number[]): Estimate {
  const count = values.length;
  if (count === 0) return { mean: Number.NaN, halfWidth: Number.NaN, count };
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  if (count === 1) return { mean, halfWidth: 0, count };
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1);
  const t = STUDENT_95[count - 2] ?? NORMAL_95;
  return { mean, halfWidth: t * Math.sqrt(variance / count), count };
}

/** The value that `share` of `sorted` (ascending) do not exceed: nearest rank. NaN if empty. */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  const rank = Math.ceil(share * sorted.length);
  return sorted[Math.min(Math.max(rank, 1), sorted.length) - 1] ?? Number.NaN;
}

export function ascending(values: Iterable<number>): Float64Array {
  return Float64Array.from(values).sort();
}
