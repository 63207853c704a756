/** A half-open range of integers: `start` is in it, `end` is not. */
export interface Range {
  start: number;
  end: number;
}

const NONE: never[] = [];

/** A set of integers kept as sorted, disjoint, non-adjacent ranges. */
export class RangeSet {
  #ranges: Range[] = NONE;

  /** Ascending. Not to be changed by the caller. */
  get ranges(): readonly Range[] {
    return this.#ranges;
  }

  get isEmpty(): boolean {
    return this.#ranges.length === 0;
  }

  /** How many integers there are. */
  get size(): number {
    let size = 0;
    for (const range of this.#ranges) size += range.end - range.start;
    return size;
  }

  has(value: number): boolean {
    const range = this.#ranges[this.#firstEndingAfter(value)];
    return range !== undefined && range.start <= value;
  }

  /** Whether all of [start, end) is in. */
  covers(start: number, end: number): boolean {
    if (start >= end) return true;
    const range = this.#ranges[this.#firstEndingAfter(start)];
    return range !== undefined && range.start <= start && end <= range.end;
  }

  /** Adds [start, end) and returns how many integers were new. */
  add(start: number, end: number = start + 1): number {
    if (start >= end) return 0;
    const last = this.#ranges.at(-1);
    if (last !== undefined && last.end === start) {
      last.end = end;
      return end - start;
    }
    if (last === undefined) {
      // Not spliced in, which would make room for 17: many sets never hold but one range.
      this.#ranges = [{ start, end }];
      return end - start;
    }
    const first = this.#firstEndingAfter(start - 1);
    let stop = first;
    let overlap = 0;
    const merged: Range = { start, end };
    for (; stop < this.#ranges.length; stop++) {
      const range = this.#ranges[stop];
      if (range === undefined || range.start > end) break;
      overlap += Math.max(0, Math.min(range.end, end) - Math.max(range.start, start));
      merged.start = Math.min(merged.start, range.start);
      merged.end = Math.max(merged.end, range.end);
    }
    this.#ranges.splice(first, stop - first, merged);
    return end - start - overlap;
  }

  /** Drops everything below `floor`. */
  removeBelow(floor: number): void {
    const first = this.#firstEndingAfter(floor);
    if (first > 0) this.#ranges.splice(0, first);
    const range = this.#ranges[0];
    if (range !== undefined && range.start < floor) range.start = floor;
  }

  /** How many integers of [start, end) are in. */
  countWithin(start: number, end: number): number {
    let count = 0;
    for (let i = this.#firstEndingAfter(start); i < this.#ranges.length; i++) {
      const range = this.#ranges[i];
      if (range === undefined || range.start >= end) break;
      count += Math.min(range.end, end) - Math.max(range.start, start);
    }
    return count;
  }

  /** Index of the first range whose end is above `value`, by binary search. */
  #firstEndingAfter(value: number): number {
    let low = 0;
    let high = this.#ranges.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#ranges[middle]?.end ?? 0) > value) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
