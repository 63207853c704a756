/** Something that can stand in one `DeadlineHeap`. What is `heap…` is its; start at -1. */
export interface Scheduled {
  deadline: number;
  heapIndex: number;
  heapKey: number;
}

/**
 * The earliest of many deadlines: a binary heap whose items know their place, so they can move. One
 * whose deadline moves back stays where it is until it is the first: most move on before that.
 */
export class DeadlineHeap<T extends Scheduled> {
  readonly #items: T[] = [];

  get length(): number {
    return this.#items.length;
  }

  peek(): T | undefined {
    for (let first = this.#items[0]; first !== undefined; first = this.#items[0]) {
      if (first.heapKey === first.deadline) return first;
      if (first.deadline === Number.POSITIVE_INFINITY) this.remove(first);
      else {
        first.heapKey = first.deadline;
        this.#down(0);
      }
    }
    return undefined;
  }

  /** Puts or moves an item; with Infinity it is as if it were not there. */
  schedule(item: T, deadline: number): void {
    item.deadline = deadline;
    if (item.heapIndex < 0) {
      if (deadline === Number.POSITIVE_INFINITY) return;
      item.heapIndex = this.#items.length;
      this.#items.push(item);
    } else if (deadline >= item.heapKey) return;
    item.heapKey = deadline;
    this.#up(item.heapIndex);
  }

  remove(item: T): void {
    const at = item.heapIndex;
    item.deadline = Number.POSITIVE_INFINITY;
    if (at < 0) return;
    item.heapIndex = -1;
    const last = this.#items.pop();
    if (last === undefined || last === item) return;
    this.#place(last, at);
    this.#up(at);
    this.#down(last.heapIndex);
  }

  #place(item: T, at: number): void {
    this.#items[at] = item;
    item.heapIndex = at;
  }

  #up(from: number): void {
    const item = this.#items[from];
    if (item === undefined) return;
    let at = from;
    while (at > 0) {
      const parentAt = (at - 1) >> 1;
      const parent = this.#items[parentAt];
      if (parent === undefined || parent.heapKey <= item.heapKey) break;
      this.#place(parent, at);
      at = parentAt;
    }
    this.#place(item, at);
  }

  #down(from: number): void {
    const item = this.#items[from];
    if (item === undefined) return;
    let at = from;
    for (;;) {
      let childAt = 2 * at + 1;
      let child = this.#items[childAt];
      if (child === undefined) break;
      const right = this.#items[childAt + 1];
      if (right !== undefined && right.heapKey < child.heapKey) {
        child = right;
        childAt++;
      }
      if (child.heapKey >= item.heapKey) break;
      this.#place(child, at);
      at = childAt;
    }
    this.#place(item, at);
  }
}
