import type { ServerEvent } from '../lib/index.ts';
import { printableJson } from './json.ts';

/** Nothing to quote; marks and invisible characters are. */
const PLAIN = /^[^\s"=\p{C}\p{Default_Ignorable_Code_Point}]+$/u;

/** One event as one line of `time type key=value …`, easy to read and to grep. */
export function formatLogLine({ at, type, ...fields }: ServerEvent): string {
  const known = Object.entries(fields).filter(([, value]) => value !== '');
  const pairs = known.map(([key, value]) => {
    const text = String(value);
    return `${key}=${PLAIN.test(text) ? text : printableJson(text)}`;
  });
  return [new Date(at).toISOString(), type, ...pairs].join(' ');
}
