import { randomFloat, SeededRandom } from '../../lib/base/random.ts';
import type { ConnectionEvent } from '../../lib/transport/connection-event.ts';
import { Pair } from '../support/pair.ts';

/** One way on a LAN, ms. */
const LAN_DELAY = 0.5;

/** Nobody is taken to be undetected before this has passed, ms. */
const PATIENCE = 60_000;

const HOUR = 3_600_000;

/** Idle connections that share the hours of a search for false deaths. */
const HOURS_EACH = 10;

const isDead = (events: readonly ConnectionEvent[]): boolean =>
  events.some((event) => event.type === 'closed' && event.close.by === 'timeout');

/**
 * Time from a peer's death to the verdict, ms ascending, both sides of `seeds` idle connections.
 * `loss` 0..1 each way before the death, which comes at any moment between two heartbeats.
 */
export function detectionTimes(options: {
  seeds: number;
  loss?: number;
  from?: number;
}): readonly number[] {
  const { seeds, loss = 0, from = 1 } = options;
  const times: number[] = [];
  for (let seed = from; seed < from + seeds; seed++) {
    const pair = new Pair({ seed, delay: LAN_DELAY });
    pair.connect();
    pair.fate = () => ({ drop: randomFloat(pair.random) < loss });
    pair.run(5_000 + randomFloat(pair.random) * 5_000);
    pair.fate = () => ({ drop: true });
    const diedAt = pair.now;
    for (const events of [pair.clientEvents, pair.serverEvents]) {
      pair.run(PATIENCE, () => isDead(events));
      const verdict = isDead(events) ? pair.now - diedAt : Number.POSITIVE_INFINITY;
      times.push(verdict);
    }
  }
  return times.sort((a, b) => a - b);
}

/**
 * Connections that were given up although both ends lived, in `hours` of virtual time in all.
 * `loss` 0..1 each way; `delay` ms one way, drawn for each connection up to 50.
 */
export function falseDeaths(options: {
  hours: number;
  loss: number;
  from?: number;
  progress?: (hours: number) => void;
}): number {
  const { hours, loss, from = 1, progress } = options;
  let deaths = 0;
  for (let done = 0, seed = from; done < hours; seed++) {
    const random = new SeededRandom(seed);
    const pair = new Pair({ seed, delay: 1 + randomFloat(random) * 49 });
    pair.connect();
    pair.fate = () => ({ drop: randomFloat(random) < loss });
    const stretch = Math.min(HOURS_EACH, hours - done);
    const isOver = (): boolean => isDead(pair.clientEvents) || isDead(pair.serverEvents);
    for (let hour = 0; hour < stretch && !isOver(); hour++) {
      pair.run(HOUR);
      pair.wire.length = 0;
    }
    if (isOver()) deaths++;
    done += stretch;
    progress?.(done);
  }
  return deaths;
}

/** Prints both figures beside their targets; `hours` of virtual time go into the second. */
export function reportLiveness(options: {
  hours: number;
  seed?: number;
  progress?: (hours: number) => void;
}): void {
  const { hours, seed: from = 1, progress } = options;
  console.log(
    'liveness, virtual time: a dead peer on a LAN, ms until the verdict; target p99 6500',
  );
  for (const loss of [0, 0.3]) {
    const times = detectionTimes({ seeds: 500, from, loss });
    const at = (q: number): string => (times[Math.floor(q * times.length)] ?? 0).toFixed(0);
    const worst = (times.at(-1) ?? 0).toFixed(0);
    const label = `${100 * loss} % loss each way before it died`;
    console.log(`  ${label.padEnd(36)} p50 ${at(0.5)}  p99 ${at(0.99)}  worst ${worst}`);
  }
  const deaths = falseDeaths({ hours, from, loss: 0.3, ...(progress && { progress }) });
  console.log(`  false deaths at 30 % loss each way: ${deaths} in ${hours} idle hours; target 0`);
}
