import { once } from 'node:events';
import t from 'tap';
import {
  ConnectionError,
  connect,
  createServer,
  type Machine,
  type UdpConnection,
} from '../../lib/index.ts';
import { UdpSocket } from '../../lib/net/udp-socket.ts';

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

async function listening(server: ReturnType<typeof createServer>, address?: string) {
  server.listen({ port: 0, ...(address === undefined ? {} : { address }) });
  await once(server, 'listening');
  return server.address()?.port ?? 0;
}

t.test(
  'a message goes there and back over real sockets, and both sides close in order',
  async (t) => {
    const server = createServer({}, (peer) => {
      peer.on('message', (bytes, channel) => peer.send(bytes, channel));
    });
    const port = await listening(server);
    const client = await connect({ port });
    client.send('hello', 4);
    const [bytes, channel] = await once(client, 'message');
    t.equal(text(bytes), 'hello');
    t.equal(channel, 4);
    t.ok(client.stats().srtt < 100);
    t.match(client.address(), { address: '127.0.0.1', port: Number });
    t.equal(client.remote.port, port);
    client.end(256, 'bye');
    const [close] = await once(client, 'close');
    t.match(close, { by: 'local', code: 256 });
    server.close();
    await once(server, 'close');
  },
);

t.test(
  'IPv6 and IPv4 clients meet on one port, and an IPv4 client has one IPv4 address',
  async (t) => {
    const server = createServer();
    const port = await listening(server);
    const seen: string[] = [];
    server.on('connection', (peer: UdpConnection) => seen.push(peer.remote.address));
    const clients = [await connect({ port, host: '127.0.0.1' })];
    try {
      clients.push(await connect({ port, host: '::1' }));
    } catch {
      t.comment('no IPv6 here');
    }
    for (const client of clients) client.send('x');
    while (seen.length < clients.length) await once(server, 'connection');
    t.ok(seen.includes('127.0.0.1'), seen.join(' '));
    for (const client of clients) client.destroy();
    server.close();
    await once(server, 'close');
  },
);

t.test('a received message keeps no more memory alive than its own bytes', async (t) => {
  const server = createServer({}, (peer) => {
    peer.on('message', (bytes, channel) => peer.send(bytes, channel));
  });
  const client = await connect({ port: await listening(server) });
  client.send(new Uint8Array(7), 4);
  const [bytes] = await once(client, 'message');
  t.equal(bytes.buffer.byteLength, 7, 'a copy, not a view of the datagram');
  client.destroy();
  server.close();
  await once(server, 'close');
});

t.test('a port where nobody listens is refused within a second or two', async (t) => {
  const server = createServer();
  const port = await listening(server, '127.0.0.1');
  server.close();
  await once(server, 'close');
  const failure: unknown = await connect({ port }).catch((error: unknown) => error);
  t.ok(failure instanceof ConnectionError && failure.code === 'ECONNREFUSED', String(failure));
});

t.test('an aborted signal gives up connecting', async (t) => {
  const abort = new AbortController();
  const attempt = connect({ port: 9, host: '127.0.0.1', signal: abort.signal });
  abort.abort();
  const failure: unknown = await attempt.catch((error: unknown) => error);
  t.ok(failure instanceof ConnectionError && failure.code === 'ABORT_ERR', String(failure));
});

t.test('a taken port is an error event', async (t) => {
  const first = createServer();
  const port = await listening(first);
  const second = createServer();
  second.listen(port);
  const [error] = await once(second, 'error');
  t.equal(error.code, 'EADDRINUSE');
  first.close();
  await once(first, 'close');
});

t.test('send says when to wait, and drain says when to go on', async (t) => {
  let received = 0;
  const server = createServer({}, (peer) => {
    peer.on('message', (bytes) => {
      received += bytes.length;
    });
  });
  const port = await listening(server);
  const client = await connect({ port });
  const block = new Uint8Array(32 * 1024);
  let sent = 0;
  for (let i = 0; i < 4; i++) {
    while (client.send(block)) sent += block.length;
    sent += block.length;
    await once(client, 'drain');
  }
  client.end();
  await once(client, 'close');
  t.equal(received, sent);
  server.close();
  await once(server, 'close');
});

t.test('a client that hears nothing takes a new socket and keeps its connection', async (t) => {
  const config = {
    heartbeatInterval: { private: 100, public: 100 },
    suspectAfter: { private: 250, public: 250 },
  };
  const server = createServer({ config });
  const port = await listening(server, '127.0.0.1');
  const accepted = once(server, 'connection');
  let isDeaf = false;
  const impair = (machine: Machine): Machine => ({
    handleDatagram: (now, from, bytes) => {
      if (!isDeaf) machine.handleDatagram(now, from, bytes);
    },
    handleTimeout: (now) => machine.handleTimeout(now),
    pollTransmit: (now) => machine.pollTransmit(now),
    nextTimeout: () => machine.nextTimeout(),
  });
  const client = await connect({ port, config, impair });
  const [peer]: UdpConnection[] = await accepted;
  const before = peer?.remote.port;
  isDeaf = true;
  const [state] = await once(client, 'liveness');
  t.equal(state, 'suspect');
  client.send('still here');
  isDeaf = false;
  t.match(await once(client, 'liveness'), ['alive']);
  client.send('and well');
  while (peer !== undefined && peer.remote.port === before) await once(peer, 'message');
  t.not(peer?.remote.port, before, 'from another port');
  peer?.send('hello');
  t.equal(text((await once(client, 'message'))[0]), 'hello');
  client.destroy();
  server.close();
  await once(server, 'close');
});

t.test('a process that was held up reads what came before it suspects anybody', async (t) => {
  const suspectAfter = { private: 250, public: 250 };
  const server = createServer({ config: { suspectAfter } });
  const port = await listening(server, '127.0.0.1');
  const accepted = once(server, 'connection');
  const client = await connect({ port, config: { suspectAfter } });
  const [peer]: UdpConnection[] = await accepted;
  let suspicions = 0;
  client.on('liveness', () => suspicions++);
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  client.send('the handshake is over');
  if (peer !== undefined) await once(peer, 'message');
  for (let i = 0; i < 5; i++) await turn();
  peer?.send('to be read later');
  // The driver's turn, which sends it, comes before ours: it lies in the client's socket then.
  await turn();
  const until = performance.now() + 400;
  while (performance.now() < until);
  await once(client, 'message');
  for (let i = 0; i < 5; i++) await turn();
  t.equal(suspicions, 0);
  client.destroy();
  server.close();
  await once(server, 'close');
});

t.test('a system that holds fewer datagrams than asked is warned about once', async (t) => {
  const server = createServer();
  const warnings: string[] = [];
  server.on('warning', (warning) => warnings.push(warning));
  server.listen({ port: 0, address: '127.0.0.1', receiveBuffer: 2 ** 30 });
  await once(server, 'listening');
  t.equal(warnings.length, 1);
  t.match(warnings[0], /KiB of arriving datagrams, not 1048576/);
  server.close();
  await once(server, 'close');
});

t.test('a socket that finds no way to its peer is not taken for a connected one', async (t) => {
  // A broadcast address is refused to a socket that did not ask for it, as is one without a route.
  const everybody = { address: '255.255.255.255', port: 9 };
  const ignored = {
    onDatagram: () => {},
    onUnreachable: () => {},
    onStale: () => {},
    onError: () => {},
  };
  await t.rejects(UdpSocket.connect(everybody, ignored), /connect/);
});
