import type { ChatConfig } from '../chat/config.ts';

interface Kept {
  readonly seq: number;
  readonly bytes: Uint8Array;
}

/**
 * The newest direct messages to one session, as they were sent: what a lost connection swallowed is
 * sent again on the next. Bounded by count and by bytes.
 */
export class Inbox {
  readonly #config: ChatConfig;
  #kept: Kept[] = [];
  #size = 0;
  /** Number of the newest, from 1; 0 before the first. */
  lastSeq = 0;

  constructor(config: ChatConfig) {
    this.#config = config;
  }

  /** Keeps the message with the number after `lastSeq`. */
  push(bytes: Uint8Array): void {
    this.#kept.push({ seq: ++this.lastSeq, bytes });
    this.#size += bytes.length;
    const { whispersKept, whisperBytesKept } = this.#config;
    while (this.#kept.length > whispersKept || this.#size > whisperBytesKept) {
      this.#size -= this.#kept.shift()?.bytes.length ?? 0;
    }
  }

  /** Those after number `seen`, in order. */
  since(seen: number): readonly Uint8Array[] {
    return this.#kept.filter(({ seq }) => seq > seen).map(({ bytes }) => bytes);
  }
}
