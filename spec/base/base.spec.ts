import fc from 'fast-check';
import t from 'tap';
import { crc32c } from '../../lib/base/crc32c.ts';
import { DeadlineHeap, type Scheduled } from '../../lib/base/deadline-heap.ts';
import { Queue } from '../../lib/base/queue.ts';
import { randomFloat, randomInt, SeededRandom } from '../../lib/base/random.ts';
import { RangeSet } from '../../lib/base/range-set.ts';

const RUN = { seed: Number(process.env['SEED'] ?? 20_261_122), numRuns: 500 };

t.test('a RangeSet holds what a plain set of integers would', async () => {
  const range = fc.tuple(fc.nat(60), fc.nat(12)).map(([start, length]) => ({
    start,
    end: start + length,
  }));
  fc.assert(
    fc.property(fc.array(range, { maxLength: 30 }), fc.nat(70), (ranges, floor) => {
      const set = new RangeSet();
      const plain = new Set<number>();
      for (const { start, end } of ranges) {
        const before = plain.size;
        for (let i = start; i < end; i++) plain.add(i);
        if (set.add(start, end) !== plain.size - before) return false;
      }
      const count = [...plain].filter((value) => value >= 10 && value < 40).length;
      if (set.size !== plain.size || set.countWithin(10, 40) !== count) return false;
      set.removeBelow(floor);
      for (let i = 0; i < 75; i++) if (set.has(i) !== (plain.has(i) && i >= floor)) return false;
      return set.ranges.every(({ start, end }, i) => {
        const next = set.ranges[i + 1];
        return start < end && (next === undefined || end < next.start);
      });
    }),
    RUN,
  );
});

t.test('a RangeSet covers a range only if one of its own contains it', async (t) => {
  const set = new RangeSet();
  set.add(0, 10);
  set.add(20, 30);
  t.ok(set.covers(2, 10));
  t.notOk(set.covers(2, 11));
  t.notOk(set.covers(8, 22));
  t.ok(set.covers(15, 15), 'an empty range');
});

t.test('a DeadlineHeap always shows the earliest, through moves and removals', async () => {
  const step = fc.tuple(fc.nat(9), fc.option(fc.nat(100), { nil: undefined }));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const heap = new DeadlineHeap<Scheduled>();
      const items = Array.from({ length: 10 }, () => ({
        deadline: Number.POSITIVE_INFINITY,
        heapIndex: -1,
        heapKey: -1,
      }));
      return steps.every(([index, deadline]) => {
        const item = items[index];
        if (item === undefined) return false;
        if (deadline === undefined) heap.remove(item);
        else heap.schedule(item, deadline);
        const least = Math.min(...items.map((other) => other.deadline));
        return (heap.peek()?.deadline ?? Number.POSITIVE_INFINITY) === least;
      });
    }),
    RUN,
  );
});

t.test('a Queue gives back what went in, in order, and lets go of what left', async (t) => {
  const queue = new Queue<number>();
  const out: number[] = [];
  for (let i = 0; i < 1_000; i++) {
    queue.push(i);
    if (i % 3 !== 0) out.push(queue.shift() ?? -1);
  }
  t.equal(queue.length, 334);
  while (queue.length > 0) out.push(queue.shift() ?? -1);
  t.same(out, [...Array(1_000).keys()]);
  t.equal(queue.shift(), undefined);
});

t.test('CRC-32C gives the check value of its standard, in one go or in parts', async (t) => {
  const bytes = new TextEncoder().encode('123456789');
  t.equal(crc32c(bytes, 0, 9), 0xe3069283);
  t.equal(crc32c(bytes, 4, 9, crc32c(bytes, 0, 4)), 0xe3069283);
});

t.test('the same seed draws the same numbers, another seed others, all evenly', async (t) => {
  const draw = (seed: number): number[] => {
    const random = new SeededRandom(seed);
    return Array.from({ length: 10_000 }, () => randomInt(random, 10));
  };
  t.equal(draw(7).join(), draw(7).join());
  t.not(draw(7).join(), draw(8).join());
  for (let digit = 0; digit < 10; digit++) {
    const count = draw(7).filter((value) => value === digit).length;
    t.ok(Math.abs(count - 1_000) < 150, `${digit}: ${count}`);
  }
  const random = new SeededRandom(1);
  const fork = random.fork();
  t.not(randomFloat(fork), randomFloat(random));
});
