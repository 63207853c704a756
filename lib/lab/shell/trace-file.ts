import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { TRACE_BUFFER_MAX, TRACE_BYTES_MAX, TRACE_FLUSH_INTERVAL } from '../tracing/config.ts';
import type { TraceEvent, TraceForm, TraceHead } from '../tracing/event.ts';

export interface TraceFileOptions {
  readonly path: string;
  readonly form: TraceForm;
  readonly head: TraceHead;
  /** The trace has ended before its time, and why, for people; what it traces goes on. */
  readonly onEnd: (why: string) => void;
  /** Bytes of the file at most; 1 GiB unless told. */
  readonly bytesMax?: number;
}

/**
 * A trace on disk, in whole records: when the disk is full, what a record has left there is cut
 * off again. Only its owner may read it, for it may hold what was said.
 */
export class TraceFile {
  readonly #options: TraceFileOptions;
  readonly #bytesMax: number;
  readonly #file: number;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  /** Bytes of whole records in the file. */
  #written = 0;
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;

  /** Throws the system's error when the file cannot be made. */
  constructor(options: TraceFileOptions) {
    this.#options = options;
    this.#bytesMax = options.bytesMax ?? TRACE_BYTES_MAX;
    this.#file = openSync(options.path, 'w', 0o600);
    this.#push(options.form.begin(options.head));
    this.#flush();
  }

  take(event: TraceEvent): void {
    if (this.#isOver) return;
    const record = this.#options.form.record(event);
    if (record.length === 0) return;
    if (this.#written + this.#waitingBytes + record.length > this.#bytesMax) {
      this.#stop(`it has reached ${this.#bytesMax} bytes`);
      return;
    }
    this.#push(record);
    if (this.#waitingBytes > TRACE_BUFFER_MAX) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), TRACE_FLUSH_INTERVAL).unref();
  }

  /** Writes what waits, and the end. */
  close(): void {
    if (this.#isOver) return;
    this.#push(this.#options.form.end());
    this.#flush();
    if (this.#isOver) return;
    this.#isOver = true;
    closeSync(this.#file);
  }

  #push(record: Uint8Array): void {
    this.#waiting.push(record);
    this.#waitingBytes += record.length;
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const records = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    const bytes = Buffer.concat(records);
    let done = 0;
    try {
      while (done < bytes.length) done += writeSync(this.#file, bytes, done);
      this.#written += done;
    } catch (error) {
      for (const { length } of records) {
        if (done < length) break;
        done -= length;
        this.#written += length;
      }
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.#isOver = true;
    try {
      ftruncateSync(this.#file, this.#written);
    } catch {
      // A pipe has no length; what is in it is read already.
    }
    closeSync(this.#file);
    this.#options.onEnd(error instanceof Error ? error.message : String(error));
  }

  #stop(why: string): void {
    this.close();
    this.#options.onEnd(why);
  }
}
