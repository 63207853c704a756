import { Queue } from '../base/queue.ts';
import { utf8Length } from '../chat/bytes.ts';
import { TokenBucket } from '../chat/limits.ts';
import type { EntryKind } from '../chat/schema.ts';
import type { ClientConfig } from './config.ts';

/** A line of ours that the server has not answered yet. */
export interface OutboxLine {
  /** Its id, hexadecimal. */
  readonly id: string;
  /** `#room` or `@nick`. */
  readonly room: string;
  readonly kind: EntryKind;
  readonly text: string;
  /** The encoded record, the same each time it is sent. */
  readonly record: Uint8Array;
}

interface Entry {
  readonly line: OutboxLine;
  readonly size: number;
  readonly target: string;
  inFlight: boolean;
}

/** All direct messages go one way, and a room its own. */
function targetOf(room: string): string {
  return room.startsWith('@') ? DIRECT : room;
}

/** What `open` calls the way of all direct messages. */
export const DIRECT = '@';

/**
 * Lines on their way, in the order they were written in each room: held until the room is open,
 * kept until the server answers, sent again after a reconnect, and let go at a pace that the
 * server's limits never punish.
 */
export class Outbox {
  readonly #config: ClientConfig;
  readonly #entries = new Map<string, Entry>();
  readonly #lines: TokenBucket;
  readonly #bytes: TokenBucket;
  readonly #unsent = new Queue<Entry>();
  readonly #open = new Set<string>();
  #size = 0;
  #linesInFlight = 0;
  #bytesInFlight = 0;

  constructor(now: number, config: ClientConfig) {
    this.#config = config;
    this.#lines = new TokenBucket(now, { rate: config.lineRate, burst: config.lineBurst });
    this.#bytes = new TokenBucket(now, { rate: config.byteRate, burst: config.byteBurst });
  }

  /** Lines without an answer. */
  get length(): number {
    return this.#entries.size;
  }

  has(id: string): boolean {
    return this.#entries.has(id);
  }

  /** False when the line does not fit; then nothing has changed. */
  add(line: OutboxLine): boolean {
    const size = utf8Length(line.text);
    const { outboxLines, outboxBytes } = this.#config;
    if (this.#entries.size >= outboxLines || this.#size + size > outboxBytes) return false;
    const target = targetOf(line.room);
    const entry = { line, size, target, inFlight: false };
    this.#entries.set(line.id, entry);
    if (this.#open.has(target)) this.#unsent.push(entry);
    this.#size += size;
    return true;
  }

  /** From now on lines to a room (or `DIRECT`) may go; those that waited for it go first. */
  open(target: string): void {
    if (this.#open.has(target)) return;
    this.#open.add(target);
    for (const entry of this.#entries.values()) {
      if (entry.target === target && !entry.inFlight) this.#unsent.push(entry);
    }
  }

  /** Nothing can go to a room any more: takes out the lines that had not gone yet. */
  shut(target: string): OutboxLine[] {
    this.#open.delete(target);
    const waiting = [...this.#entries.values()].filter((entry) => entry.target === target);
    return waiting.flatMap(({ line, inFlight }) => (inFlight ? [] : (this.take(line.id) ?? [])));
  }

  isOpen(target: string): boolean {
    return this.#open.has(target);
  }

  /** The server has answered: the line leaves the outbox. */
  take(id: string): OutboxLine | undefined {
    const entry = this.#entries.get(id);
    if (entry === undefined) return undefined;
    this.#entries.delete(id);
    this.#size -= entry.size;
    this.#land(entry);
    return entry.line;
  }

  /**
   * The connection is gone, and with it whatever was in flight: all is to be sent again, when its
   * room is open again. Takes out what was in flight to a room that was shut: it stays unanswered.
   */
  rewind(): OutboxLine[] {
    const shut = [...this.#entries.values()].filter(
      ({ inFlight, target }) => inFlight && !this.#open.has(target),
    );
    const unanswered = shut.flatMap(({ line }) => this.take(line.id) ?? []);
    this.#unsent.clear();
    this.#open.clear();
    for (const entry of this.#entries.values()) this.#land(entry);
    return unanswered;
  }

  /** The next line to send now, if the window and the pace allow one. */
  poll(now: number): OutboxLine | undefined {
    const entry = this.#head();
    if (entry === undefined || !this.#fits(entry)) return undefined;
    if (this.readyAt(now) > now) return undefined;
    this.#lines.take(now, 1);
    this.#bytes.take(now, entry.size);
    this.#unsent.shift();
    entry.inFlight = true;
    this.#linesInFlight += 1;
    this.#bytesInFlight += entry.size;
    return entry.line;
  }

  /** When `poll` will have a line, as far as the pace decides; Infinity when only an answer can. */
  readyAt(now: number): number {
    const entry = this.#head();
    if (entry === undefined || !this.#fits(entry)) return Infinity;
    return Math.max(this.#lines.readyAt(now, 1), this.#bytes.readyAt(now, entry.size));
  }

  /**
   * The oldest unsent line. Lines can be answered before they are sent again; those are skipped.
   */
  #head(): Entry | undefined {
    for (;;) {
      const entry = this.#unsent.peek();
      if (entry === undefined || this.#entries.has(entry.line.id)) return entry;
      this.#unsent.shift();
    }
  }

  #fits(entry: Entry): boolean {
    const { windowLines, windowBytes } = this.#config;
    return this.#linesInFlight < windowLines && this.#bytesInFlight + entry.size <= windowBytes;
  }

  #land(entry: Entry): void {
    if (!entry.inFlight) return;
    entry.inFlight = false;
    this.#linesInFlight -= 1;
    this.#bytesInFlight -= entry.size;
  }
}
