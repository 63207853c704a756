import type { Distribution } from './impairment.ts';

/** Entries of a table, as in the files that tc loads. */
export const TABLE_SIZE = 4096;
/** tc keeps 16-bit entries in units of 1/8192 standard deviation, so no tail goes beyond this. */
const MAX_DEVIATIONS = 32767 / 8192;
/** Shape of tc's Pareto distribution. */
const PARETO_SHAPE = 3;

const tables = new Map<Distribution, Float64Array>();

/**
 * The quantile `u` in [0, 1) of a distribution with mean 0, in standard deviations; `uniform` is
 * spread over [-1, 1), which is what netem does with jitter and no table.
 */
export function deviations(distribution: Distribution, u: number): number {
  if (distribution === 'uniform') return 2 * u - 1;
  let table = tables.get(distribution);
  if (table === undefined) {
    table = buildTable(distribution);
    tables.set(distribution, table);
  }
  return table[Math.floor(u * TABLE_SIZE)] ?? 0;
}

function buildTable(distribution: 'normal' | 'pareto' | 'paretonormal'): Float64Array {
  if (distribution === 'normal') return normalTable();
  const pareto = paretoTable();
  if (distribution === 'pareto') return pareto;
  const normal = normalTable();
  return pareto.map((value, i) => clip(0.75 * value + 0.25 * (normal[i] ?? 0)));
}

function paretoTable(): Float64Array {
  const mean = PARETO_SHAPE / (PARETO_SHAPE - 1);
  return Float64Array.from({ length: TABLE_SIZE }, (_, i) => {
    const value = (1 - i / TABLE_SIZE) ** (-1 / PARETO_SHAPE);
    return clip((value - mean) * (4 / 3));
  });
}

/** The inverse of the cumulative distribution, by summing the density in small steps. */
function normalTable(): Float64Array {
  const table = new Float64Array(TABLE_SIZE);
  const step = 0.001;
  const peak = step / Math.sqrt(2 * Math.PI);
  let [x, cumulative, filled] = [-MAX_DEVIATIONS, 0, 0];
  while (filled < TABLE_SIZE) {
    while (filled < TABLE_SIZE && (filled + 0.5) / TABLE_SIZE <= cumulative) table[filled++] = x;
    if (x >= MAX_DEVIATIONS) cumulative = 1;
    cumulative += peak * Math.exp((-x * x) / 2);
    x = Math.min(x + step, MAX_DEVIATIONS);
  }
  return table;
}

function clip(value: number): number {
  return Math.min(value, MAX_DEVIATIONS);
}
