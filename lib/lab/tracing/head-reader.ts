import { Block, Option } from './pcapng.ts';

/** What a file of a run of the lab says about itself. */
export interface ReadHead {
  readonly program: string;
  /** Undefined when nothing in it makes the run again. */
  readonly scenario: unknown;
}

const NEWLINE = 0x0a;
/** What a contained qlog lacks behind its first line. */
const CONTAINED_END = ']}]}';

/** The head of a trace in any of its forms; undefined when it is none, or is cut inside it. */
export function readHead(bytes: Uint8Array): ReadHead | undefined {
  return bytes[0] === NEWLINE && bytes[1] === 0x0d ? readSection(bytes) : readLines(bytes);
}

function readLines(bytes: Uint8Array): ReadHead | undefined {
  const first = bytes.indexOf(NEWLINE);
  const second = bytes.indexOf(NEWLINE, first + 1);
  const head = parse(bytes, 0, first);
  if (head?.['type'] === 'trace') {
    return { program: String(head['program']), scenario: head['scenario'] };
  }
  if (typeof head?.['title'] !== 'string') return undefined;
  const event = parse(bytes, first + 1, second);
  const data = event?.['name'] === 'simulation:scenario' ? event['data'] : undefined;
  const scenario = typeof data === 'object' && data !== null && 'details' in data && data.details;
  return { program: head['title'], scenario: scenario || undefined };
}

function parse(bytes: Uint8Array, start: number, end: number): Record<string, unknown> | undefined {
  if (end < start) return undefined;
  const line = new TextDecoder().decode(bytes.subarray(start, end));
  const text = line.startsWith('{') ? line : line.slice(1);
  for (const candidate of [text, text + CONTAINED_END]) {
    try {
      return JSON.parse(candidate) as Record<string, unknown>;
    } catch {
      // Then it may be a text that is not closed yet.
    }
  }
  return undefined;
}

/** Behind the type, the length, the byte order, the version and the section's length. */
const SECTION_OPTIONS = 24;

function readSection(bytes: Uint8Array): ReadHead | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < SECTION_OPTIONS || view.getUint32(0, true) !== Block.section) return undefined;
  const end = view.getUint32(4, true) - 4;
  if (end > bytes.length) return undefined;
  let program = '';
  let scenario: unknown;
  for (let at = SECTION_OPTIONS; at + 4 <= end; ) {
    const code = view.getUint16(at, true);
    const length = view.getUint16(at + 2, true);
    const value = bytes.subarray(at + 4, Math.min(at + 4 + length, end));
    if (code === Option.application) program = new TextDecoder().decode(value);
    if (code === Option.comment) scenario = parse(value, 0, value.length);
    at += 4 + Math.ceil(length / 4) * 4;
  }
  return { program, scenario };
}
