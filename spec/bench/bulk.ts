import { once } from 'node:events';
import { connect } from '../../lib/index.ts';
import { bound, compare, cpuEach, KEYS, listening } from './measure.ts';

const MESSAGES = 20_000;
const WINDOW = 16;
const BLOCK = new Uint8Array(1_100);

/** Raw datagrams, 16 on the way at a time: what the kernel and Node take for them alone. */
async function rawBulk(): Promise<number> {
  const server = await bound();
  const client = await bound();
  client.connect(server.address().port, '127.0.0.1');
  await once(client, 'connect');
  let received = 0;
  const all = new Promise<void>((done) => {
    server.on('message', () => {
      if (++received === MESSAGES) done();
      if (received % WINDOW !== 0) return;
      for (let i = 0; i < WINDOW && received + i < MESSAGES; i++) client.send(BLOCK);
    });
  });
  const cpu = await cpuEach(MESSAGES, async () => {
    for (let i = 0; i < WINDOW; i++) client.send(BLOCK);
    await all;
  });
  server.close();
  client.close();
  return cpu;
}

async function ourBulk(): Promise<number> {
  let received = 0;
  let onAll = (): void => {};
  const all = new Promise<void>((done) => {
    onAll = done;
  });
  const { server, port } = await listening((peer) => {
    peer.on('message', () => {
      if (++received === MESSAGES) onAll();
    });
  });
  const client = await connect({ port, ...KEYS });
  const cpu = await cpuEach(MESSAGES, async () => {
    for (let i = 0; i < MESSAGES; i++) {
      if (!client.send(BLOCK)) await once(client, 'drain');
    }
    await all;
  });
  client.destroy();
  server.close();
  await once(server, 'close');
  return cpu;
}

/** Messages that fill a datagram, one way; both ends' CPU for each. */
export async function bulk(): Promise<void> {
  await compare('bulk, 1100 B messages', ourBulk, [{ name: 'raw', run: rawBulk, atLeast: 0.5 }]);
}
