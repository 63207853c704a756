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
const JOIN_RATE = 300;
/** ms of writing before anything is measured: until then the host's code is compiled. */
const WARM_UP = 6_000;
/** ms between two looks at what is due, as in `LoadCrew`. */
const TICK = 10;
/** ms without a delivery after which the rest is lost. */
const PATIENCE = 15_000;

/** Says once, when the host is warm, how much was delivered until then: what follows counts. */
class Beginning {
  #began: number | undefined;
  #hasSaid = false;

  look(isWriting: boolean, deliveries: number): void {
    if (!isWriting || this.#hasSaid) return;
    this.#began ??= performance.now();
    if (performance.now() - this.#began < WARM_UP) return;
    this.#hasSaid = true;
    process.send?.({ deliveries });
  }
}

async function udpchat(port: number, plan: LoadPlan): Promise<LoadFigures> {
  const beginning = new Beginning();
  const result = await runLoad({
    host: '127.0.0.1',
    port,
    plan,
    joinRate: JOIN_RATE,
    isPlaintext: 'handshakes' in KEYS,
    onProgress: (phase, { deliveries }) => beginning.look(phase === 'write', deliveries),
  });
  const { deliveries, seconds, lost, duplicates, latency } = result;
  return { deliveries, seconds, lost, duplicates, p50: latency.p50, p99: latency.p99 };
}

async function ws(port: number, plan: LoadPlan): Promise<LoadFigures> {
  const latency = new LatencyHistogram();
  let deliveries = 0;
  let expected = 0;
  let changed = 0;
  let countsFrom = Infinity;
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
        if (at >= countsFrom) latency.add(now() - at);
      }
    });
    await once(peer, 'open');
    peers.push(peer);
  }
  const beginning = new Beginning();
  const began = performance.now();
  countsFrom = now() + WARM_UP;
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
    beginning.look(true, deliveries);
    await wait(TICK);
  }
  while (deliveries < expected && performance.now() - changed < PATIENCE) await wait(TICK);
  const seconds = (performance.now() - began) / 1000;
  const [p50, p99] = [latency.percentile(0.5), latency.percentile(0.99)];
  return { deliveries, seconds, lost: expected - deliveries, duplicates: 0, p50, p99 };
}

const [, , kind, port, plan] = process.argv;
const load = kind === 'udpchat' ? udpchat : ws;
const wanted = JSON.parse(plan ?? '') as LoadPlan;
const figures = await load(Number(port), {
  ...wanted,
  warmUp: WARM_UP / 1000,
  seconds: wanted.seconds + WARM_UP / 1000,
});
process.send?.(figures);
process.disconnect?.();
process.exit(0);
