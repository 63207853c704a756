/** What a `TimeHeap` holds: due at `at`, ms. */
interface Entry<T> {
  readonly at: number;
  readonly sequence: number;
  readonly value: T;
}

/** A binary min-heap by time; what is due at the same time leaves in the order it came. */
export class TimeHeap<T> {
  readonly #entries: Entry<T>[] = [];
  #sequence = 0;

  get size(): number {
    return this.#entries.length;
  }

  /** When the earliest value is due; Infinity when empty. */
  get earliest(): number {
    return this.#entries[0]?.at ?? Number.POSITIVE_INFINITY;
  }

  push(at: number, value: T): void {
    const entries = this.#entries;
    const entry = { at, sequence: this.#sequence++, value };
    let hole = entries.length;
    entries.push(entry);
    while (hole > 0) {
      const above = (hole - 1) >> 1;
      const parent = entries[above];
      if (parent === undefined || !before(entry, parent)) break;
      entries[hole] = parent;
      hole = above;
    }
    entries[hole] = entry;
  }

  /** Removes the earliest value. */
  pop(): T | undefined {
    const entries = this.#entries;
    const first = entries[0];
    const last = entries.pop();
    if (first === undefined || last === undefined || entries.length === 0) return first?.value;
    let hole = 0;
    for (;;) {
      const child = this.#earlierChild(hole);
      const entry = entries[child];
      if (entry === undefined || !before(entry, last)) break;
      entries[hole] = entry;
      hole = child;
    }
    entries[hole] = last;
    return first.value;
  }

  #earlierChild(hole: number): number {
    const left = 2 * hole + 1;
    const [a, b] = [this.#entries[left], this.#entries[left + 1]];
    return a !== undefined && b !== undefined && before(b, a) ? left + 1 : left;
  }
}

function before<T>(a: Entry<T>, b: Entry<T>): boolean {
  return a.at < b.at || (a.at === b.at && a.sequence < b.sequence);
}
