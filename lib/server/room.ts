import type { ChatConfig } from '../chat/config.ts';
import type { WireUser } from '../chat/schema.ts';
import type { Session } from './session.ts';

/** A line as it was, and will be, sent: encoded once. */
interface Line {
  readonly seq: number;
  readonly bytes: Uint8Array;
}

/** A room: who is in it, and its newest lines, numbered from 1 without gaps. */
export class Room {
  readonly name: string;
  readonly channel: number;
  readonly #config: ChatConfig;
  readonly #members = new Set<Session>();
  readonly #lines: Line[] = [];
  #bytes = 0;
  #lastSeq = 0;
  #peers: readonly number[] | undefined;

  constructor(name: string, channel: number, config: ChatConfig) {
    this.name = name;
    this.channel = channel;
    this.#config = config;
  }

  /** The number of the newest line; 0 before the first. */
  get lastSeq(): number {
    return this.#lastSeq;
  }

  get size(): number {
    return this.#members.size;
  }

  /** The connections of everyone in the room: one array until someone comes, goes or reconnects. */
  get peers(): readonly number[] {
    this.#peers ??= [...this.#members].flatMap(({ peer }) => (peer === undefined ? [] : [peer]));
    return this.#peers;
  }

  has(session: Session): boolean {
    return this.#members.has(session);
  }

  add(session: Session): void {
    this.#members.add(session);
    this.#peers = undefined;
  }

  delete(session: Session): boolean {
    this.#peers = undefined;
    return this.#members.delete(session);
  }

  roster(): WireUser[] {
    return [...this.#members].map(({ nick, presence }) => ({ nick, presence }));
  }

  /**
   * Keeps the line that was encoded with the number `lastSeq + 1`; drops the oldest over the
   * bounds.
   */
  append(bytes: Uint8Array): void {
    this.#lines.push({ seq: ++this.#lastSeq, bytes });
    this.#bytes += bytes.length;
    const { historyLines, historyBytes } = this.#config;
    while (this.#lines.length > historyLines || this.#bytes > historyBytes) {
      this.#bytes -= this.#lines.shift()?.bytes.length ?? 0;
    }
  }

  /** The encoded lines after number `seq` that are still kept, oldest first. */
  since(seq: number): Uint8Array[] {
    return this.newest(Math.max(0, this.#lastSeq - seq));
  }

  /** The newest `count` encoded lines that are still kept, oldest first. */
  newest(count: number): Uint8Array[] {
    if (count === 0) return [];
    return this.#lines.slice(-count).map(({ bytes }) => bytes);
  }
}
