import { ascending, quantile } from '../statistics.ts';
import {
  type Expectations,
  type Fact,
  MEASURES,
  type Measure,
  type Range,
} from './expectations.ts';
import type { TraceFigures } from './figures.ts';

/** One expectation and what the trace has, as text for people. */
export interface Verdict {
  readonly name: string;
  readonly expected: string;
  readonly found: string;
  readonly isMet: boolean;
}

/** Holds a trace against what was expected of it: facts, then figures, then promises. */
export function grade(figures: TraceFigures, expectations: Expectations): Verdict[] {
  const { facts, ranges, promises } = expectations;
  return [
    ...[...facts].map(([fact, expected]) => {
      const found = factOf(figures, fact);
      return {
        name: fact,
        expected: quoted(expected),
        found: quoted(found),
        isMet: found === expected,
      };
    }),
    ...[...ranges].map(([measure, range]) =>
      judgeRange(measure, range, measured(figures, measure)),
    ),
    ...[...promises].map((promise) =>
      promise === 'in-order' ? judgeOrder(figures) : judgeLoss(figures),
    ),
  ];
}

function factOf({ scenario }: TraceFigures, fact: Fact): string {
  const { workload } = scenario;
  switch (fact) {
    case 'drop-list':
      return scenario.dropList;
    case 'messages':
    case 'bytes':
      return String(workload[fact]);
    case 'interval':
      return String(workload.intervalMs);
    default:
      return String(scenario[fact]);
  }
}

function measured(figures: TraceFigures, measure: Measure): number {
  const late = (share: number): number => quantile(ascending(figures.latencies), share);
  switch (measure) {
    case 'goodput':
      return figures.goodput / 1e6;
    case 'p50':
      return late(0.5);
    case 'p99':
      return late(0.99);
    case 'max':
      return late(1);
    case 'delivered':
      return figures.delivered.length;
    default:
      return figures[measure];
  }
}

function judgeRange(name: Measure, { least, most }: Range, value: number): Verdict {
  const unit = MEASURES[name];
  const bounds =
    least === undefined
      ? `at most ${most}`
      : most === undefined
        ? `at least ${least}`
        : `${least} to ${most}`;
  const isMet = value >= (least ?? -Infinity) && value <= (most ?? Infinity);
  const found = Number.isNaN(value) ? 'nothing was delivered' : `${rounded(value)} ${unit}`;
  return { name, expected: `${bounds} ${unit}`, found, isMet };
}

function judgeOrder({ delivered }: TraceFigures): Verdict {
  const at = delivered.findIndex((message, index) => message !== index);
  const found = at === -1 ? 'yes' : `message ${delivered[at]} came as number ${at}`;
  return { name: 'in-order', expected: 'each once, in order', found, isMet: at === -1 };
}

function judgeLoss({ delivered, scenario }: TraceFigures): Verdict {
  const { messages } = scenario.workload;
  const isMet = new Set(delivered).size === messages;
  const found = `${delivered.length} of ${messages}`;
  return { name: 'nothing-lost', expected: `${messages} delivered`, found, isMet };
}

/** Three decimals: more than any expectation needs. */
const rounded = (value: number): number => Math.round(value * 1000) / 1000;

const quoted = (text: string): string => (/\s|^$/.test(text) ? `"${text}"` : text);
