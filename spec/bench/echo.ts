import { once } from 'node:events';
import { connect } from '../../lib/index.ts';
import { bound, compare, cpuEach, KEYS, listening } from './measure.ts';

const ECHOES = 20_000;
const WINDOW = 16;
const BODY = new Uint8Array(100);

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
    for (; sent < WINDOW; sent++) send();
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
  const { server, port } = await listening((peer) => {
    peer.on('message', (bytes, channel) => peer.send(bytes, channel));
  });
  const client = await connect({ port, ...KEYS });
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

/** Messages that come back, a few on the way at a time; both ends' CPU for each round trip. */
export async function echo(): Promise<void> {
  await compare('echo, 100 B', ourEcho, [{ name: 'raw', run: rawEcho, atLeast: 0.5 }]);
}
