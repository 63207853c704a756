import { ARQ_NAMES } from '../../wire/transport-parameters.ts';
import { formatImpairment } from '../impairment.ts';
import { parseImpairment } from '../netem-parser.ts';

/** Bounds of a figure, both inclusive; at least one of them. */
export interface Range {
  readonly least?: number;
  readonly most?: number;
}

/** Figures that may be expected within bounds, and what they are. */
export const MEASURES = {
  goodput: 'Mbit/s',
  p50: 'ms',
  p99: 'ms',
  max: 'ms',
  sent: 'packets',
  lost: 'packets',
  again: 'packets',
  delivered: 'messages',
} as const;

export type Measure = keyof typeof MEASURES;

/** Facts of the scenario that may be expected as they are. */
export const FACTS = [
  'arq',
  'seed',
  'window',
  'impairment',
  'drop-list',
  'messages',
  'bytes',
  'interval',
] as const;

export type Fact = (typeof FACTS)[number];

/** Promises that may be expected to hold. */
export const PROMISES = ['in-order', 'nothing-lost'] as const;

/** What a trace should be like. */
export interface Expectations {
  readonly title: string;
  readonly facts: ReadonlyMap<Fact, string>;
  readonly ranges: ReadonlyMap<Measure, Range>;
  readonly promises: ReadonlySet<(typeof PROMISES)[number]>;
}

/** Entries that a file may have: no lab needs so many. */
const MAX_ENTRIES = 100;

/**
 * Reads expectations out of a file that anybody may have written: a table as TOML or JSON give it.
 * What it does not understand is an error, in words: a slip must not pass for a met expectation.
 */
export function readExpectations(file: unknown): Expectations | { readonly problem: string } {
  if (!isTable(file)) return { problem: 'it is no table of expectations' };
  const facts = new Map<Fact, string>();
  const ranges = new Map<Measure, Range>();
  const promises = new Set<(typeof PROMISES)[number]>();
  const entries = Object.entries(file);
  if (entries.length > MAX_ENTRIES) return { problem: `it has more than ${MAX_ENTRIES} entries` };
  for (const [key, value] of entries) {
    const fact = FACTS.find((name) => name === key);
    const promise = PROMISES.find((name) => name === key);
    if (key === 'title' && typeof value === 'string') continue;
    if (fact !== undefined) {
      const text = readFact(fact, value);
      if (text === undefined) return { problem: `${key} = ${show(value)} makes no sense` };
      facts.set(fact, text);
    } else if (promise !== undefined && value === true) {
      promises.add(promise);
    } else if (isMeasure(key)) {
      const range = readRange(value);
      if (range === undefined) {
        return {
          problem: `${key} takes bounds, as in { least = 1, most = 2 }; not ${show(value)}`,
        };
      }
      ranges.set(key, range);
    } else return { problem: unknown(key, value) };
  }
  if (facts.size + ranges.size + promises.size === 0) return { problem: 'it expects nothing' };
  const title = typeof file['title'] === 'string' ? file['title'] : '';
  return { title, facts, ranges, promises };
}

function unknown(key: string, value: unknown): string {
  if (PROMISES.some((name) => name === key)) return `${key} takes true; not ${show(value)}`;
  const known = [...FACTS, ...Object.keys(MEASURES), ...PROMISES].join(', ');
  return `nothing is called "${key.slice(0, 40)}"; there are: ${known}`;
}

function readFact(fact: Fact, value: unknown): string | undefined {
  switch (fact) {
    case 'arq':
      return ARQ_NAMES.find((name) => name === value);
    case 'impairment':
      return typeof value === 'string' ? canonical(value) : undefined;
    case 'drop-list':
      return typeof value === 'string' ? value : undefined;
    default:
      return typeof value === 'number' && value >= 0 ? String(value) : undefined;
  }
}

/** An impairment in the spelling that traces have; undefined when it is none. */
function canonical(text: string): string | undefined {
  const parsed = parseImpairment(text);
  return parsed.ok ? formatImpairment(parsed.impairment) : undefined;
}

function readRange(value: unknown): Range | undefined {
  if (!isTable(value)) return undefined;
  const { least, most, ...others } = value;
  if (Object.keys(others).length > 0 || (least === undefined && most === undefined)) {
    return undefined;
  }
  if (least !== undefined && typeof least !== 'number') return undefined;
  if (most !== undefined && typeof most !== 'number') return undefined;
  const range = { ...(least !== undefined && { least }), ...(most !== undefined && { most }) };
  return (least ?? -Infinity) <= (most ?? Infinity) ? range : undefined;
}

function isMeasure(key: string): key is Measure {
  return Object.hasOwn(MEASURES, key);
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function show(value: unknown): string {
  return (JSON.stringify(value) ?? String(value)).slice(0, 60);
}
