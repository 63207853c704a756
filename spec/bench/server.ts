import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { LoadPlan } from '../../lib/lab/load.ts';
import { compiled } from '../support/tui/compiled.ts';
import { median, ROUNDS } from './measure.ts';
import type { LoadFigures } from './server-load.ts';

/** How large the server's benches are. */
export interface ServerSizes {
  readonly clients: number;
  readonly rooms: number;
  /** Lines a second in each room. */
  readonly posts: number;
  readonly seconds: number;
  /** Clients of one room, for the cost by size. */
  readonly sizes: readonly number[];
  /** Clients that are in and silent. */
  readonly idle: number;
}

/** Bytes of a line. */
const BYTES = 100;
/** s between two bursts of a hot room: until then all that a burst has brought is delivered. */
const BURST_INTERVAL = 20;
/** Bursts of a run, the first of them for warming up. */
const BURSTS = 3;
/** Deliveries a second, whatever the size of the room. */
const SIZED_RATE = 2_000;
/** A client writes at most so many lines a second. */
const CLIENT_RATE_MAX = 50;

const KINDS = ['udpchat', 'ws', 'ws-batched'] as const;
type Kind = (typeof KINDS)[number];

interface Usage {
  /** us, all threads, user and system. */
  readonly cpu: number;
  readonly rss: number;
  readonly packets: readonly [sent: number, received: number];
}

interface Run extends LoadFigures {
  /** CPU of the server a delivery, us. */
  readonly each: number;
  /** CPU of the server, share of one core. */
  readonly load: number;
  /** Memory of the server when all are in, above what it had with none, bytes a client. */
  readonly rssEach: number;
  /** Packets of the server a delivery, sent and received. */
  readonly packets: readonly [number, number];
}

/** A process as those who install udpchat would have it: plain JavaScript, no loader. */
function start(file: string, args: readonly (string | number)[]): ChildProcess {
  return fork(compiled(`spec/bench/${file}`), args.map(String), { execArgv: [] });
}

/** The next thing that another process says: both ends of it are ours. */
function heard<T>(from: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null): void =>
      reject(new Error(`a process of the bench ended with ${code}`));
    from.once('exit', onExit);
    from.once('message', (message) => {
      from.off('exit', onExit);
      resolve(message as T);
    });
  });
}

async function usageOf(host: ChildProcess): Promise<Usage> {
  host.send('usage');
  return heard(host);
}

/** A host in one process, its clients in another. */
async function run(kind: Kind, plan: LoadPlan): Promise<Run> {
  const host = start('server-host.ts', [kind]);
  const { port } = await heard<{ port: number }>(host);
  const empty = await usageOf(host);
  const load = start('server-load.ts', [kind, port, JSON.stringify(plan)]);
  const warm = await heard<{ deliveries: number }>(load);
  const before = await usageOf(host);
  const began = performance.now();
  const figures = await heard<LoadFigures>(load);
  const elapsed = performance.now() - began;
  const after = await usageOf(host);
  const ended = once(host, 'exit');
  host.disconnect();
  await ended;
  const cpu = after.cpu - before.cpu;
  const deliveries = figures.deliveries - warm.deliveries;
  return {
    ...figures,
    each: cpu / deliveries,
    load: cpu / 1000 / elapsed,
    packets: [
      (after.packets[0] - before.packets[0]) / deliveries,
      (after.packets[1] - before.packets[1]) / deliveries,
    ],
    rssEach: (before.rss - empty.rss) / plan.clients,
  };
}

function show({
  each,
  load,
  packets,
  p50,
  p99,
  deliveries,
  seconds,
  lost,
  duplicates,
}: Run): string {
  const rate = Math.round(deliveries / seconds);
  const [out, back] = packets;
  const sent = out === 0 ? '' : `, ${out.toFixed(2)} packets out, ${back.toFixed(2)} in`;
  const whole = lost + duplicates === 0 ? '' : `, ${lost} LOST, ${duplicates} TWICE`;
  return (
    `${each.toFixed(2)} us a delivery, ${(100 * load).toFixed(0)} % of a core, ` +
    `${rate}/s, p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms${sent}${whole}`
  );
}

/** What a delivery costs a chat server, beside a `ws` server that only passes on. */
async function compareServers(title: string, plan: LoadPlan, kinds: readonly Kind[]) {
  const runs = new Map<Kind, Run[]>(kinds.map((kind) => [kind, []]));
  for (let round = 1; round <= ROUNDS; round++) {
    for (const kind of kinds) {
      console.error(`${title}: ${kind}, round ${round} of ${ROUNDS}`);
      runs.get(kind)?.push(await run(kind, plan));
    }
  }
  console.log(title);
  const ours = runs.get('udpchat') ?? [];
  for (const [kind, all] of runs) {
    const middle = median(all.map(({ each }) => each));
    const shown = all.find(({ each }) => each === middle);
    const ratio = median(all.map(({ each }, i) => (ours[i]?.each ?? 0) / each));
    const versus = kind === 'udpchat' ? '' : `; udpchat / ${kind}: ${ratio.toFixed(2)}`;
    console.log(`  ${kind.padEnd(10)} ${shown === undefined ? '' : show(shown)}${versus}`);
  }
}

/** `npm run bench -- --only server`. */
export async function server(sizes: ServerSizes): Promise<void> {
  const { clients, rooms, posts, seconds } = sizes;
  const common = { seconds, bytes: BYTES };
  const title = `server: ${clients} clients, ${rooms} rooms, ${posts} lines/s a room`;
  const rate = (posts * rooms) / clients;
  await compareServers(title, { clients, rooms, rate, ...common }, KINDS);

  const hot = { rooms: 1, rate: 1 / BURST_INTERVAL, isBursty: true, bytes: BYTES };
  const hotSeconds = (BURSTS - 1) * BURST_INTERVAL;
  const bursts = `one room of ${clients}, ${clients} lines at once every ${BURST_INTERVAL} s`;
  await compareServers(bursts, { clients, seconds: hotSeconds, ...hot }, KINDS);

  const costs: string[] = [];
  for (const size of sizes.sizes) {
    const rate = Math.min(CLIENT_RATE_MAX, SIZED_RATE / size / size);
    const { each, load } = await run('udpchat', { clients: size, rooms: 1, rate, ...common });
    costs.push(`${size}: ${each.toFixed(2)} us (${(100 * load).toFixed(0)} % of a core)`);
  }
  console.log(`  cost a delivery in one room of ${costs.join(', ')}`);

  if (sizes.idle === 0) return;
  const idle = await run('udpchat', { clients: sizes.idle, rooms: 20, rate: 0, ...common });
  const kib = (idle.rssEach / 1024).toFixed(1);
  console.log(`  ${sizes.idle} idle: ${(100 * idle.load).toFixed(1)} % of a core, ${kib} KiB each`);
}
