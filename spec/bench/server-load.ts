// Run by server.ts: the clients, in a process of their own. server-load.ts KIND PORT PLAN
import { once } from 'node:events';
import { performance } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { WebSocket } from 'ws';
import type { LoadPlan } from '../../lib/lab/load.ts';
import {
  LatencyHistogram,
  linesDue,
  loadLine,
  loadLineTime,
  loadRoom,
  loadRoomSize,
} from '../../lib/lab/load.ts';
import { runLoad } from '../../lib/lab/shell/load-runner.ts';
import { KEYS } from './measure.ts';

/** What came of a load. */
export interface LoadFigures {
  readonly deliveries: number;
  /** From the first line until the last delivery, s. */
  readonly seconds: number;
  readonly lost: number;
  readonly duplicates: number;
  readonly p50: number;
  readonly p99: number;
}

/** New clients a second: no flood, and no bench of handshakes. */
const JOIN_RATE = 150;
/** ms between two looks at what is due, as in `LoadCrew`. */
const TICK = 10;
/** ms without a delivery after which the rest is lost. */
const PATIENCE = 15_000;

/** Everybody is in, and the first line is about to be written: what the host spends now counts. */
async function begin(): Promise<void> {
  const answer = once(process, 'message');
  process.send?.('begin');
  await answer;
}

async function udpchat(port: number, plan: LoadPlan): Promise<LoadFigures> {
  let hasBegun = false;
  const result = await runLoad({
    host: '127.0.0.1',
    port,
    plan,
    joinRate: JOIN_RATE,
    isPlaintext: 'handshakes' in KEYS,
    onProgress: (phase) => {
      if (phase === 'enter' || hasBegun) return;
      hasBegun = true;
      process.send?.('begin');
    },
  });
  const { deliveries, seconds, lost, duplicates, latency } = result;
  return { deliveries, seconds, lost, duplicates, p50: latency.p50, p99: latency.p99 };
}

async function ws(port: number, plan: LoadPlan): Promise<LoadFigures> {
  const latency = new LatencyHistogram();
  let deliveries = 0;
  let expected = 0;
  let changed = 0;
  const now = (): number => performance.timeOrigin + performance.now();
  const peers: WebSocket[] = [];
  for (let index = 0; index < plan.clients; index++) {
    const url = `ws://127.0.0.1:${port}/${loadRoom(plan, index).slice(1)}`;
    const peer = new WebSocket(url, { perMessageDeflate: false });
    peer.on('message', (bytes: Buffer) => {
      changed = performance.now();
      for (const line of bytes.toString().split('\n')) {
        const at = loadLineTime('bench', line);
        if (at === undefined) continue;
        deliveries++;
        latency.add(now() - at);
      }
    });
    await once(peer, 'open');
    peers.push(peer);
  }
  await begin();
  const began = performance.now();
  changed = began;
  const posted = peers.map(() => 0);
  for (let elapsed = 0; elapsed < plan.seconds * 1000; elapsed = performance.now() - began) {
    for (const [index, peer] of peers.entries()) {
      const due = linesDue(plan, index, elapsed);
      for (; (posted[index] ?? 0) < due; posted[index] = (posted[index] ?? 0) + 1) {
        peer.send(loadLine('bench', now(), plan.bytes));
        expected += loadRoomSize(plan, index % plan.rooms);
      }
    }
    await wait(TICK);
  }
  while (deliveries < expected && performance.now() - changed < PATIENCE) await wait(TICK);
  const seconds = (performance.now() - began) / 1000;
  const [p50, p99] = [latency.percentile(0.5), latency.percentile(0.99)];
  return { deliveries, seconds, lost: expected - deliveries, duplicates: 0, p50, p99 };
}

const [, , kind, port, plan] = process.argv;
const load = kind === 'udpchat' ? udpchat : ws;
const figures = await load(Number(port), JSON.parse(plan ?? '') as LoadPlan);
process.send?.(figures);
process.disconnect?.();
process.exit(0);
