import { TRACE_LINE_MAX } from '../tracing/config.ts';
import { type RunScenario, readScenario } from '../tracing/scenario.ts';

const NEWLINE = 0x0a;

/** What a trace of `lab run` says of its run. Times in ms, counts of packets. */
export interface TraceFigures {
  readonly scenario: RunScenario;
  /** Whole records in it, the head among them. */
  readonly records: number;
  /** Its end is there: it was not cut short. */
  readonly isWhole: boolean;
  /** Numbers of the messages delivered, from 0, as they came. */
  readonly delivered: readonly number[];
  readonly latencies: readonly number[];
  /** Bits of message a second from the first delivery to the last; 0 with fewer than two. */
  readonly goodput: number;
  /** Packets that the sender sent. */
  readonly sent: number;
  /** Packets of either end that the network did away with. */
  readonly lost: number;
  /** Packets with a message that had been sent before: again, or as a copy. */
  readonly again: number;
}

/** Why a file cannot be graded, for people. */
export interface TraceProblem {
  readonly problem: string;
}

type Json = Readonly<Record<string, unknown>>;

/**
 * Reads a trace of `lab run` in JSON lines (spec/protocol/trace.md, section 2), up to its last
 * whole record. Never throws, whatever the bytes are.
 */
export function readFigures(bytes: Uint8Array): TraceFigures | TraceProblem {
  const tally = new Tally();
  let start = 0;
  for (let line = 1; start < bytes.length; line++) {
    const end = bytes.indexOf(NEWLINE, start);
    if (end === -1) break;
    const wrong = tally.add(parseLine(bytes.subarray(start, end)));
    if (wrong !== undefined) return { problem: `line ${line}: ${wrong}` };
    start = end + 1;
  }
  return tally.result();
}

function parseLine(line: Uint8Array): Json | undefined {
  if (line.length > TRACE_LINE_MAX) return undefined;
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(line));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined; // no JSON, or no UTF-8
  }
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Takes records one by one. */
class Tally {
  #scenario: RunScenario | undefined;
  #records = 0;
  #isWhole = false;
  readonly #delivered: number[] = [];
  readonly #latencies: number[] = [];
  #firstAt = 0;
  #lastAt = 0;
  #sent = 0;
  #lost = 0;
  #again = 0;

  /** Returns what is wrong with a record. */
  add(record: Json | undefined): string | undefined {
    if (this.#isWhole) return 'there is something behind the end';
    if (record === undefined) {
      return this.#records === 0 ? 'this is no trace in JSON lines' : 'this is no record';
    }
    const wrong = this.#scenario === undefined ? this.#head(record) : this.#record(record);
    if (wrong === undefined) this.#records++;
    return wrong;
  }

  result(): TraceFigures | TraceProblem {
    const scenario = this.#scenario;
    if (scenario === undefined) return { problem: 'it is empty, or cut before its head ended' };
    const seconds = (this.#lastAt - this.#firstAt) / 1000;
    const bits = (this.#delivered.length - 1) * scenario.workload.bytes * 8;
    return {
      scenario,
      records: this.#records,
      isWhole: this.#isWhole,
      delivered: this.#delivered,
      latencies: this.#latencies,
      goodput: seconds > 0 ? bits / seconds : 0,
      sent: this.#sent,
      lost: this.#lost,
      again: this.#again,
    };
  }

  #head(record: Json): string | undefined {
    if (record['type'] !== 'trace') return 'this is no trace in JSON lines';
    if (record['format'] !== 1) return 'a trace of another version of udpchat';
    this.#scenario = readScenario(record['scenario']);
    return this.#scenario === undefined ? 'it does not say which experiment it is of' : undefined;
  }

  #record(record: Json): string | undefined {
    switch (record['type']) {
      case 'end':
        this.#isWhole = true;
        return undefined;
      case 'delivered':
        return this.#deliver(record);
      case 'packet':
        return this.#packet(record);
      default:
        return typeof record['type'] === 'string' ? undefined : 'a record without a type';
    }
  }

  #deliver({ at, message, latency }: Json): string | undefined {
    if (!isTime(at) || !isTime(latency) || !isTime(message) || !Number.isInteger(message)) {
      return 'a delivery needs at, message and latency';
    }
    if (at < this.#lastAt) return 'a delivery before the one above it';
    if (this.#delivered.length === 0) this.#firstAt = at;
    this.#lastAt = at;
    this.#delivered.push(message);
    this.#latencies.push(latency);
    return undefined;
  }

  #packet({ event, vantage, fate, messages }: Json): string | undefined {
    if (event !== 'sent' && event !== 'received') return 'a packet is sent or received';
    if (event === 'received') return undefined;
    if (vantage === 'client') this.#sent++;
    if (typeof fate === 'string' && (fate === 'lost' || fate.startsWith('dropped'))) this.#lost++;
    const all: readonly unknown[] = Array.isArray(messages) ? messages : [];
    if (all.some((message) => isObject(message) && Number(message['transmission']) > 0)) {
      this.#again++;
    }
    return undefined;
  }
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
