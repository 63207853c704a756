/**
 * Letters to insert, delete, replace or swap with their neighbour to get from `a` to `b`: optimal
 * string alignment. Costs the product of the lengths.
 */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++) {
      const replace = (last[j] ?? 0) + (a[i] === b[j] ? 0 : 1);
      const isSwap = i > 0 && j > 0 && a[i] === b[j - 1] && a[i - 1] === b[j];
      const swap = isSwap ? (beforeLast[j - 1] ?? 0) + 1 : replace;
      next.push(Math.min(replace, swap, (last[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    beforeLast = last;
    last = next;
  }
  return last[b.length] ?? 0;
}

/** The candidate that `word` was probably meant to be, if one is near enough. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const short = word.slice(0, 32).toLowerCase();
  const ranked = candidates
    .map((candidate) => ({ candidate, distance: editDistance(short, candidate) }))
    .sort((a, b) => a.distance - b.distance);
  const [best] = ranked;
  if (best === undefined || best.distance > 2) return undefined;
  return best.distance < Math.min(short.length, best.candidate.length) ? best.candidate : undefined;
}
