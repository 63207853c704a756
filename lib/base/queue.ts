/** Places that an empty queue keeps at most. */
const KEPT = 16;

/** What a queue holds that was never used, or that let go of its places: nothing of its own. */
const NONE: never[] = [];

/**
 * First in, first out, amortised O(1): a ring that doubles when it is full. An array would be made
 * anew, with room for 17, each time that it was empty before.
 */
export class Queue<T> {
  #items: (T | undefined)[] = NONE;
  #head = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(item: T): void {
    if (this.#length === this.#items.length) this.#grow();
    this.#items[(this.#head + this.#length) & (this.#items.length - 1)] = item;
    this.#length++;
  }

  /** Puts an item behind the last one that goes before it: at the end, mostly. */
  insert(item: T, goesBefore: (other: T, item: T) => boolean): void {
    this.push(item);
    const items = this.#items;
    const mask = items.length - 1;
    for (let i = this.#head + this.#length - 1; i > this.#head; i--) {
      const other = items[(i - 1) & mask];
      if (other === undefined || goesBefore(other, item)) break;
      items[i & mask] = other;
      items[(i - 1) & mask] = item;
    }
  }

  peek(): T | undefined {
    return this.#length === 0 ? undefined : this.#items[this.#head];
  }

  shift(): T | undefined {
    if (this.#length === 0) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#items.length - 1);
    this.#length--;
    if (this.#length === 0 && this.#items.length > KEPT) this.clear();
    return item;
  }

  clear(): void {
    this.#items = NONE;
    this.#head = 0;
    this.#length = 0;
  }

  /** To a power of 2, 4 at least. */
  #grow(): void {
    const items: (T | undefined)[] = [undefined, undefined, undefined, undefined];
    while (items.length < 2 * this.#length) items.push(undefined);
    for (let i = 0; i < this.#length; i++) {
      items[i] = this.#items[(this.#head + i) & (this.#items.length - 1)];
    }
    this.#items = items;
    this.#head = 0;
  }
}
