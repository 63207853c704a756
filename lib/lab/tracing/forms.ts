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
  const name = path.toLowerCase();
  return Object.entries(TRACE_FORMS).find(([ending]) => name.endsWith(ending))?.[1]();
}
