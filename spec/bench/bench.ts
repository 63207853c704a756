// `npm run bench`: what the transport costs, as ratios to raw dgram in the same run on the same
// machine, and its latency under loss in virtual time beside the bound. Medians of three rounds.
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer } from '../../lib/index.ts';
import { latencyUnderLoss } from './latency.ts';
import { reportLiveness } from './liveness.ts';

const ROUNDS = 3;
const ECHOES = 20_000;
const ECHO_WINDOW = 16;
const BULK_MESSAGES = 20_000;
const BODY = new Uint8Array(100);
const BLOCK = new Uint8Array(1_100);

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** Microseconds of this process's CPU for each of `count` units of `work`. */
async function cpuEach(count: number, work: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / count;
}

async function bound(): Promise<Socket> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket;
}

/** Sends `ECHOES` messages, a few at a time, and waits until all came back. */
async function pingPong(send: () => void, onReply: (reply: () => void) => void): Promise<void> {
  let back = 0;
  let sent = 0;
  await new Promise<void>((done) => {
    onReply(() => {
      back++;
      if (sent < ECHOES) {
        sent++;
        send();
      } else if (back >= ECHOES) done();
    });
    for (; sent < ECHO_WINDOW; sent++) send();
  });
}

async function rawEcho(): Promise<number> {
  const server = await bound();
  const client = await bound();
  server.on('message', (bytes, from) => server.send(bytes, from.port, from.address));
  client.connect(server.address().port, '127.0.0.1');
  await once(client, 'connect');
  const cpu = await cpuEach(ECHOES, () =>
    pingPong(
      () => client.send(BODY),
      (reply) => client.on('message', reply),
    ),
  );
  server.close();
  client.close();
  return cpu;
}

async function ourEcho(): Promise<number> {
  const server = createServer({}, (peer) => {
    peer.on('message', (bytes, channel) => peer.send(bytes, channel));
  });
  server.listen({ port: 0, address: '127.0.0.1' });
  await once(server, 'listening');
  const client = await connect({ port: server.address()?.port ?? 0 });
  const cpu = await cpuEach(ECHOES, () =>
    pingPong(
      () => client.send(BODY),
      (reply) => client.on('message', reply),
    ),
  );
  client.destroy();
  server.close();
  await once(server, 'close');
  return cpu;
}

/** Raw datagrams, 16 on the way at a time: what the kernel and Node take for them alone. */
async function rawBulk(): Promise<number> {
  const server = await bound();
  const client = await bound();
  client.connect(server.address().port, '127.0.0.1');
  await once(client, 'connect');
  let received = 0;
  const all = new Promise<void>((done) => {
    server.on('message', () => {
      if (++received === BULK_MESSAGES) done();
      if (received % ECHO_WINDOW !== 0) return;
      for (let i = 0; i < ECHO_WINDOW && received + i < BULK_MESSAGES; i++) client.send(BLOCK);
    });
  });
  const cpu = await cpuEach(BULK_MESSAGES, async () => {
    for (let i = 0; i < ECHO_WINDOW; i++) client.send(BLOCK);
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
  const server = createServer({}, (peer) => {
    peer.on('message', () => {
      if (++received === BULK_MESSAGES) onAll();
    });
  });
  server.listen({ port: 0, address: '127.0.0.1' });
  await once(server, 'listening');
  const client = await connect({ port: server.address()?.port ?? 0 });
  const cpu = await cpuEach(BULK_MESSAGES, async () => {
    for (let i = 0; i < BULK_MESSAGES; i++) {
      if (!client.send(BLOCK)) await once(client, 'drain');
    }
    await all;
  });
  client.destroy();
  server.close();
  await once(server, 'close');
  return cpu;
}

async function compare(
  name: string,
  raw: () => Promise<number>,
  ours: () => Promise<number>,
): Promise<void> {
  const rounds: { raw: number; ours: number }[] = [];
  for (let i = 0; i <= ROUNDS; i++) rounds.push({ raw: await raw(), ours: await ours() });
  rounds.shift();
  const [r, o] = [median(rounds.map((x) => x.raw)), median(rounds.map((x) => x.ours))];
  const ratio = median(rounds.map((x) => x.raw / x.ours));
  const figures = `raw dgram ${r.toFixed(1)} us, udpchat ${o.toFixed(1)} us`;
  console.log(`${name.padEnd(34)} ${figures}, ${ratio.toFixed(2)}x raw`);
}

console.log(`CPU of both ends, node ${process.version}, medians of ${ROUNDS}`);
await compare('echo, 100 B', rawEcho, ourEcho);
await compare('bulk, 1100 B messages', rawBulk, ourBulk);
console.log('\nlatency of a thin flow, virtual time: 10 messages/s of 100 B, 10 ms one way');
console.log('loss each way    p50    p99   p99.9   bound p99 (reactive)   ms');
for (const loss of [0, 1, 5, 10, 20, 30]) {
  const { p50, p99, p999, bound: limit } = latencyUnderLoss({ loss: loss / 100, delay: 10 });
  const cells = [p50, p99, p999, limit].map((ms) => ms.toFixed(0).padStart(6));
  console.log(`${String(loss).padStart(4)} %        ${cells.join(' ')}`);
}
console.log();
reportLiveness({ hours: 100 });
process.exit(0);
