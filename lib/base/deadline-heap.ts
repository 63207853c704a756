/** Something that can stand in one `DeadlineHeap`. `heapIndex` belongs to the heap; start at -1. */
export interface Scheduled {
  deadline: number;
  heapIndex: number;
}

/** The earliest of many deadlines: a binary heap whose items know their place, so they can move. */
export class DeadlineHeap<T extends Scheduled> {
  readonly #items: T[] = [];

  get length(): number {
    return this.#items.length;
  }

  peek(): T | undefined {
    return this.#items[0];
  }

  /** Puts, moves or (with Infinity) takes out an item. */
  schedule(item: T, deadline: number): void {
    if (deadline === Number.POSITIVE_INFINITY) {
      this.remove(item);
      return;
    }
    const before = item.deadline;
    item.deadline = deadline;
    if (item.heapIndex < 0) {
      item.heapIndex = this.#items.length;
      this.#items.push(item);
      this.#up(item.heapIndex);
    } else if (deadline < before) this.#up(item.heapIndex);
    else this.#down(item.heapIndex);
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
      if (parent === undefined || parent.deadline <= item.deadline) break;
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
      if (right !== undefined && right.deadline < child.deadline) {
        child = right;
        childAt++;
      }
      if (child.deadline >= item.deadline) break;
      this.#place(child, at);
      at = childAt;
    }
    this.#place(item, at);
  }
}
