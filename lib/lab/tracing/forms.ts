import type { TraceForm } from './event.ts';
import { JsonLines } from './jsonl.ts';
import { Pcapng } from './pcapng.ts';
import { Qlog } from './qlog.ts';

/** How files end, and the form that each ending stands for; the first that fits counts. */
export const TRACE_FORMS: Readonly<Record<string, () => TraceForm>> = {
  '.pcapng': () => new Pcapng(),
  '.qvis.qlog': () => new Qlog('compatible'),
  '.qlog': () => new Qlog('contained'),
  '.sqlog': () => new Qlog('sequence'),
  '.jsonl': () => new JsonLines(),
};

/** The form that a file's name asks for; undefined when it asks for none. */
export function traceForm(path: string): TraceForm | undefined {
  return TRACE_FORMS[traceEnding(path) ?? '']?.();
}

/** What a file's name ends with, of the endings that ask for a form. */
export function traceEnding(path: string): string | undefined {
  const name = path.toLowerCase();
  return Object.keys(TRACE_FORMS).find((ending) => name.endsWith(ending));
}

/** A name for one of many traces: `more` comes before the ending. */
export function traceName(path: string, more: string): string {
  const ending = traceEnding(path) ?? '';
  const stem = path.slice(0, path.length - ending.length);
  return `${stem}${more}${path.slice(stem.length)}`;
}
