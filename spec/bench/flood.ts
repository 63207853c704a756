import { once } from 'node:events';
import { ChatServer } from '../../lib/index.ts';
import { helper } from './measure.ts';

const USERS = 20;
/** ms between two lines of one of them. */
const INTERVAL = 200;
const FLOOD = 100_000;
/** Packets a second: with hellos a full Fast Ethernet. */
const RATE = 10_000;
const IDLE = 10_000;
const WARM_UP = 3_000;

interface Answer {
  readonly ticks: readonly number[];
  readonly losses: number;
}

/** How long ticks take for those who chat while a server is flooded by strangers. */
export async function flood(): Promise<void> {
  const server = new ChatServer({ chat: { joinBurst: 1e9 } });
  const { port } = await server.listen({ port: 0, address: '0.0.0.0' });
  const users = helper('flood-users.ts', [port, USERS, INTERVAL]);
  const ask = async (): Promise<Answer> => {
    users.send('ticks');
    const [answer] = (await once(users, 'message')) as [Answer];
    return answer;
  };
  await wait(WARM_UP);
  await ask();
  await wait(IDLE);
  const idle = await ask();
  const calm = quantiles(idle.ticks);
  console.log(`${USERS} people, a line each ${INTERVAL} ms: a tick takes ${describe(calm)}`);
  for (const kind of ['hellos', 'junk'] as const) {
    const before = process.memoryUsage().rss;
    const { user, system } = process.cpuUsage();
    const sender = helper('flood-sender.ts', [port, kind, FLOOD, RATE]);
    await once(sender, 'message');
    sender.kill();
    const cpu = process.cpuUsage({ user, system });
    const { ticks, losses } = await ask();
    const now = quantiles(ticks);
    const grown = (process.memoryUsage().rss - before) / 1e6;
    console.log(
      `  while ${FLOOD} ${kind} come, ${RATE} a second: ${describe(now)}; p99 ` +
        `${(now.p99 / calm.p99).toFixed(2)}x (target at most 2); ${ticks.length} ticks, ` +
        `${losses - idle.losses} cut off; ${grown.toFixed(1)} MB more (target at most 5); ` +
        `${((cpu.user + cpu.system) / FLOOD).toFixed(0)} us of CPU each, with the people's`,
    );
    await wait(WARM_UP);
    await ask();
  }
  users.kill();
  await server.close();
}

function quantiles(ticks: readonly number[]): { p50: number; p99: number } {
  const sorted = ticks.toSorted((a, b) => a - b);
  const [p50 = Number.NaN, p99 = Number.NaN] = [0.5, 0.99].map(
    (p) => sorted[Math.floor(p * sorted.length)],
  );
  return { p50, p99 };
}

function describe({ p50, p99 }: { p50: number; p99: number }): string {
  return `${p50.toFixed(1)} ms (median), ${p99.toFixed(1)} ms (p99)`;
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
