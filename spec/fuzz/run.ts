import { decoders } from './decoders.ts';
import { peer } from './peer.ts';
import { scripts } from './scripts.ts';
import { sealed } from './sealed.ts';
import type { Target } from './target.ts';

export const TARGETS: readonly Target[] = [decoders, peer, sealed, scripts];

/**
 * Bytes of JavaScript heap that fuzzing may ever take: rounds leave nothing behind. What is held
 * in a round is bounded by the windows of two connections; the rest is garbage not yet collected.
 */
const HEAP_CEILING = 512 * 2 ** 20;

export interface FuzzReport {
  readonly cases: number;
  readonly byTarget: Readonly<Record<string, number>>;
  /** Bytes. */
  readonly peakHeap: number;
  /** What broke, and the command that does it again. */
  readonly failure: string | undefined;
}

/** Rounds of all targets with a seed each, until there were `cases` or one failed. */
export function runFuzz(options: {
  cases: number;
  seed: number;
  targets?: readonly Target[];
  progress?: (done: number) => void;
}): FuzzReport {
  const { cases, targets = TARGETS, progress } = options;
  const byTarget: Record<string, number> = {};
  const share = cases / targets.length;
  let [done, peakHeap, failure] = [0, 0, undefined as string | undefined];
  for (let seed = options.seed; done < cases && failure === undefined; seed++) {
    for (const target of targets) {
      const before = byTarget[target.name] ?? 0;
      if (before >= share) continue;
      try {
        const count = target.round(seed);
        byTarget[target.name] = before + count;
        done += count;
      } catch (error) {
        const again = `npm run fuzz -- --only ${target.name} --cases 1 --seed ${seed}`;
        failure = `${target.name}, seed ${seed}: ${text(error)}\nagain: ${again}`;
        break;
      }
      peakHeap = Math.max(peakHeap, process.memoryUsage().heapUsed);
      if (peakHeap > HEAP_CEILING) failure = `seed ${seed}: ${peakHeap} bytes of heap`;
    }
    progress?.(done);
  }
  return { cases: done, byTarget, peakHeap, failure };
}

function text(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
