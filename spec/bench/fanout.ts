import type { ChildProcess, Serializable } from 'node:child_process';
import { once } from 'node:events';
import { compare, helper } from './measure.ts';

/** Deliveries of one measurement, at least. */
const DELIVERIES = 300_000;

/** What one datagram, or one turn of the server, carries for each peer. */
const BUNDLES = [1, 10] as const;

const TARGETS = { 1: { raw: 0.55, ws: 1.25 }, 10: { raw: 0.4, ws: 6 } } as const;

async function ask(server: ChildProcess, question: Serializable): Promise<number> {
  server.send(question);
  const [cpu] = await once(server, 'message');
  return Number(cpu);
}

/**
 * One server, 1,000 peers in a second process, each at an address of its own, and a message of
 * 100 bytes to all of them: the server's CPU for each delivery, acknowledgements included. With 10
 * messages a turn, udpchat and raw put them into one datagram; ws is always given them one by one.
 */
export async function fanout(): Promise<void> {
  const servers = new Map<string, ChildProcess>();
  for (const kind of ['udpchat', 'raw', 'ws']) {
    const server = helper('fanout-server.ts', [kind]);
    await once(server, 'message');
    servers.set(kind, server);
  }
  const cost = (kind: string, bundle: number) => async (): Promise<number> => {
    const server = servers.get(kind);
    if (server === undefined) return Number.NaN;
    return await ask(server, { bundle, deliveries: DELIVERIES });
  };
  for (const bundle of BUNDLES) {
    const title = `fan-out to 1,000 peers, ${bundle} at once`;
    const { raw, ws } = TARGETS[bundle];
    await compare(title, cost('udpchat', bundle), [
      { name: 'raw', run: cost('raw', bundle), atLeast: raw },
      { name: 'ws', run: cost('ws', 1), atLeast: ws },
    ]);
  }
  for (const server of servers.values()) server.kill();
}
