import { randomFloat } from '../../lib/base/random.ts';
import type { TransportConfig } from '../../lib/transport/config.ts';
import { Pair } from './pair.ts';

export type Config = Partial<TransportConfig>;

/** A pair that stands. */
export function connected(
  config: Config,
  options: { delay?: number; handshakes?: 'noise' } = {},
): Pair {
  return new Pair({ config, seed: 3, ...options }).connect();
}

/** A pair whose path loses so much each way, 0..1, once it stands. */
export function lossy(config: Config, loss: number, delay = 10): Pair {
  const pair = connected(config, { delay });
  pair.fate = () => ({ drop: randomFloat(pair.random) < loss });
  return pair;
}

/** Short lines, one every `interval` ms. */
export function talk(pair: Pair, lines: number, interval: number, length = 100): Pair {
  for (let i = 0; i < lines; i++) {
    pair.connection.send(1, new Uint8Array(length));
    pair.run(interval);
  }
  return pair;
}

/** How long one message takes to arrive, ms; negative, so that faster is more. */
export function speed(pair: Pair, bytes: number): number {
  const before = pair.serverEvents.length;
  const start = pair.now;
  pair.connection.send(4, new Uint8Array(bytes));
  const isThere = (): boolean =>
    pair.serverEvents.slice(before).some(({ type }) => type === 'message');
  pair.run(60_000, isThere);
  return start - pair.now;
}

/** What the client sends in `ms`. */
export function sent(pair: Pair, ms: number): number {
  const before = pair.wire.length;
  pair.run(ms);
  return pair.wire.slice(before).filter(({ to }) => to === 'server').length;
}

/** How long it takes until something is told, ms. */
export function timeUntil(pair: Pair, type: string, within = 60_000): number {
  const start = pair.now;
  pair.run(within, () => pair.clientEvents.some((event) => event.type === type));
  return pair.now - start;
}
