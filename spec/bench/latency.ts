import { randomFloat } from '../../lib/base/random.ts';
import { Pair } from '../support/pair.ts';

/** Messages in each measurement: enough for a p99.9. */
const MESSAGES = 10_000;

const INTERVAL = 100;

export interface Latency {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  /** What nobody who waits for a sign of loss can beat at p99: d + (k - 1) R. */
  readonly bound: number;
}

/** Delivery latency of a lone message every 100 ms; `loss` 0..1 each way, `delay` ms one way. */
export function latencyUnderLoss(options: { loss: number; delay: number; seed?: number }): Latency {
  const { loss, delay, seed = 1 } = options;
  const pair = new Pair({ seed, delay });
  pair.fate = () => ({ drop: randomFloat(pair.random) < loss });
  pair.connect();
  const sentAt: number[] = [];
  const latencies: number[] = [];
  const arrivals = (): void => {
    for (const event of pair.serverEvents) {
      if (event.type === 'message') latencies.push(pair.now - (sentAt[latencies.length] ?? 0));
    }
    pair.serverEvents.length = 0;
  };
  for (let i = 0; i < MESSAGES; i++) {
    sentAt.push(pair.now);
    pair.connection.send(4, new Uint8Array(100));
    const next = pair.now + INTERVAL;
    while (pair.run(next - pair.now, () => pair.serverEvents.length > 0)) arrivals();
    pair.wire.length = 0;
  }
  pair.run(60_000);
  latencies.sort((a, b) => a - b);
  const at = (q: number): number => latencies[Math.floor(q * latencies.length)] ?? Number.NaN;
  const copies = loss === 0 ? 1 : Math.ceil(Math.log(0.01) / Math.log(loss));
  const bound = delay + (copies - 1) * 2 * delay;
  return { p50: at(0.5), p99: at(0.99), p999: at(0.999), bound };
}

/** Prints latency at several losses beside the bound; `losses` are percentages. */
export function reportLatency(losses: readonly number[]): void {
  console.log('latency of a thin flow, virtual time: 10 messages/s of 100 B, 10 ms one way');
  console.log('loss each way    p50    p99   p99.9   bound p99 (reactive)   ms');
  for (const loss of losses) {
    const { p50, p99, p999, bound } = latencyUnderLoss({ loss: loss / 100, delay: 10 });
    const cells = [p50, p99, p999, bound].map((ms) => ms.toFixed(0).padStart(6));
    console.log(`${String(loss).padStart(4)} %        ${cells.join(' ')}`);
  }
}
