/**
 * What became of the packets of a stream, by number: the delays of each copy that arrived, ms; NaN
 * where nobody saw when.
 */
export type Passage = readonly (readonly number[])[];

/** A figure of a stretch of packets; undefined where it has nothing to go by. */
export interface Measure {
  readonly name: string;
  readonly unit: '%' | 'ms' | '';
  /** Whether a machine's own slowness shifts it. */
  readonly isTiming: boolean;
  of(passage: Passage): number | undefined;
}

/** A mean over blocks of packets, with its confidence interval. */
export interface Interval {
  readonly mean: number;
  readonly halfWidth: number;
}

/** Student's t for a two-sided 99.9 % interval with 19 degrees of freedom, and with 199. */
const STUDENT_999 = new Map([
  [20, 3.883],
  [200, 3.34],
]);

export const loss = share('lost', '%', (copies) => copies.length === 0);
export const duplicates = share('twice', '%', (copies) => copies.length > 1);

/** Of the packets behind a lost one, those that are lost as well: how long losses last. */
export const lossAfterLoss: Measure = {
  name: 'lost after a lost one',
  unit: '%',
  isTiming: false,
  of: (passage) => {
    const after = passage.filter((_, i) => passage[i - 1]?.length === 0);
    return after.length === 0 ? undefined : percent(after, (copies) => copies.length === 0);
  },
};

/** The delay that a share of those that arrived does not exceed. */
export function delayAt(name: string, share: number): Measure {
  return {
    name: `delay, ${name}`,
    unit: 'ms',
    isTiming: true,
    of: (passage) => quantile(firsts(passage), share),
  };
}

/** A machine that is late now and then shifts means and deviations, but hardly these. */
export const median = delayAt('median', 0.5);
export const quartiles = [
  delayAt('first quartile', 0.25),
  delayAt('third quartile', 0.75),
] as const;

/** How alike the delays of neighbours are, -1 to 1. */
export const correlation: Measure = {
  name: 'delay, correlation of neighbours',
  unit: '',
  isTiming: false,
  of: (passage) => {
    const delays = firsts(passage);
    const average = mean(delays) ?? 0;
    let [sum, squares] = [0, 0];
    for (const [i, delay] of delays.entries()) {
      squares += (delay - average) ** 2;
      sum += i === 0 ? 0 : (delay - average) * ((delays[i - 1] ?? 0) - average);
    }
    return squares === 0 ? undefined : sum / squares;
  },
};

/** Packets that skipped a delay of so many ms. */
export function ahead(delay: number): Measure {
  return share('ahead of the others', '%', (copies) => (copies[0] ?? delay) < delay / 2);
}

/** A figure over consecutive blocks of so many packets: the blocks tell how sure it is. */
export function overBlocks(measure: Measure, passage: Passage, length: number): Interval {
  const count = Math.floor(passage.length / length);
  const values = Array.from({ length: count }, (_, i) =>
    measure.of(passage.slice(i * length, (i + 1) * length)),
  ).filter((value) => value !== undefined);
  const t = STUDENT_999.get(count);
  if (t === undefined) throw new Error(`no Student's t for ${count} blocks`);
  const average = mean(values) ?? Number.NaN;
  return { mean: average, halfWidth: (t * (deviation(values) ?? 0)) / Math.sqrt(values.length) };
}

/** Whether two intervals are of one value: the interval of the difference has 0 in it. */
export function agree(a: Interval, b: Interval, slack: number): boolean {
  return Math.abs(a.mean - b.mean) <= Math.hypot(a.halfWidth, b.halfWidth) + slack;
}

function share(
  name: string,
  unit: Measure['unit'],
  is: (copies: readonly number[]) => boolean,
): Measure {
  return { name, unit, isTiming: false, of: (passage) => percent(passage, is) };
}

function percent(passage: Passage, is: (copies: readonly number[]) => boolean): number {
  return (100 * passage.filter(is).length) / passage.length;
}

function firsts(passage: Passage): number[] {
  return passage.flatMap(([first = Number.NaN]) => (Number.isNaN(first) ? [] : [first]));
}

function mean(values: readonly number[]): number | undefined {
  if (values.length === 0) return undefined;
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function quantile(values: readonly number[], share: number): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}

function deviation(values: readonly number[]): number | undefined {
  const average = mean(values);
  if (average === undefined || values.length < 2) return undefined;
  const squares = values.reduce((sum, value) => sum + (value - average) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1));
}
