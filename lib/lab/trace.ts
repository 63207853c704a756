/** Datagram events that a trace keeps for printing, unless told otherwise. */
const DEFAULT_SIZE = 60;

/** One thing that happened in a world. `note` says what became of it. */
export interface TraceEntry {
  /** Virtual time, ms. */
  readonly at: number;
  readonly kind: 'send' | 'receive' | 'timeout' | 'note';
  readonly node: string;
  readonly peer: string;
  readonly length: number;
  readonly note: string;
}

/**
 * The last events of a run as text, and a hash over all of them, bytes included: two runs are the
 * same if and only if their hashes are (but for 1 in 2^64).
 */
export class Trace {
  readonly #ring: TraceEntry[] = [];
  readonly #size: number;
  #next = 0;
  #low = 0x811c9dc5;
  #high = 0x9747b28c;
  readonly #float = new Float64Array(1);
  readonly #words = new Uint32Array(this.#float.buffer);

  constructor(size = DEFAULT_SIZE) {
    this.#size = size;
  }

  /** 16 hexadecimal digits. */
  get hash(): string {
    const hex = (word: number): string => (word >>> 0).toString(16).padStart(8, '0');
    return hex(this.#high) + hex(this.#low);
  }

  add(entry: TraceEntry, bytes?: Uint8Array): void {
    this.#ring[this.#next] = entry;
    this.#next = (this.#next + 1) % this.#size;
    this.#float[0] = entry.at;
    this.#mix(this.#words[0] ?? 0);
    this.#mix(this.#words[1] ?? 0);
    this.#mix(entry.length);
    this.#mixText(entry.kind);
    this.#mixText(entry.node);
    this.#mixText(entry.peer);
    if (bytes !== undefined) for (const byte of bytes) this.#mix(byte);
  }

  /** The kept events, oldest first, a line each. */
  toString(): string {
    const ordered = [...this.#ring.slice(this.#next), ...this.#ring.slice(0, this.#next)];
    return ordered.map(formatEntry).join('\n');
  }

  #mixText(text: string): void {
    for (let i = 0; i < text.length; i++) this.#mix(text.charCodeAt(i));
  }

  /** FNV-1a on one lane, MurmurHash's mixing on the other. */
  #mix(word: number): void {
    this.#low = Math.imul(this.#low ^ word, 0x01000193);
    const mixed = Math.imul(this.#high ^ word, 0x5bd1e995);
    this.#high = mixed ^ (mixed >>> 15);
  }
}

function formatEntry({ at, kind, node, peer, length, note }: TraceEntry): string {
  const time = at.toFixed(3).padStart(12);
  if (kind === 'note') return `${time}  ${node}: ${note}`;
  if (kind === 'timeout') return `${time}  ${node} timeout`;
  const arrow = kind === 'send' ? '->' : '<-';
  return `${time}  ${node} ${arrow} ${peer} ${length} B${note === '' ? '' : ` ${note}`}`;
}
