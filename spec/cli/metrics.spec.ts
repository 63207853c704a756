import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { parseMetricsAddress, serveMetrics } from '../../cli/metrics.ts';
import { ChatClient } from '../../lib/client/client.ts';
import type { ClientEvent } from '../../lib/client/events.ts';
import { ChatServer } from '../../lib/server/server.ts';

t.test('an address is ADDRESS:PORT, anything else says so', async (t) => {
  t.strictSame(parseMetricsAddress('127.0.0.1:9464'), { host: '127.0.0.1', port: 9464 });
  t.strictSame(parseMetricsAddress('[::1]:0'), { host: '::1', port: 0 });
  for (const text of ['9464', ':9464', '127.0.0.1', '::1:9464', '[x]:1', 'a b:1', 'a:99999']) {
    t.throws(() => parseMetricsAddress(text), { message: /makes no sense/ }, text);
  }
});

t.test('figures of a chat, as Prometheus reads them', async (t) => {
  const server = new ChatServer();
  t.teardown(() => server.close());
  const { port } = await server.listen({ port: 0, address: '127.0.0.1' });
  const http = await serveMetrics(server, { host: '127.0.0.1', port: 0 });
  const base = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  const get = (path: string, init?: RequestInit): Promise<Response> => fetch(base + path, init);

  const happens = (client: ChatClient | undefined, wanted: ClientEvent['type']): Promise<void> =>
    new Promise((resolve) => client?.on('event', ({ type }) => type === wanted && resolve()));
  const target = { host: '127.0.0.1', port };
  const clients = ['ana', 'bob'].map((nick) => new ChatClient({ ...target, nick }));
  await Promise.all(clients.map((client) => happens(client, 'joined')));
  const [ana, bob] = clients;
  const heard = happens(bob, 'message');
  ana?.post('#lobby', 'a text that is in no figure');
  await heard;

  const response = await get('/metrics');
  t.match(response.headers.get('content-type'), /text\/plain; version=0\.0\.4/);
  const text = await response.text();
  const value = (name: string): number => {
    const line = text.split('\n').find((candidate) => candidate.startsWith(`${name} `));
    return Number(line?.slice(name.length + 1));
  };
  t.match(
    {
      clients: value('udpchat_clients{shard="0"}'),
      members: value('udpchat_members'),
      rooms: value('udpchat_rooms'),
      posts: value('udpchat_posts_total'),
      deliveries: value('udpchat_deliveries_total'),
      threads: value('udpchat_threads'),
      failing: value('udpchat_store_failing'),
      malformed: value('udpchat_datagrams_dropped_total{cause="malformed"}'),
    },
    {
      clients: 2,
      members: 2,
      rooms: 1,
      posts: 1,
      deliveries: 2,
      threads: 1,
      failing: 0,
      malformed: 0,
    },
  );
  t.equal(value('udpchat_srtt_seconds_count'), 2, 'a sample a connection');
  t.ok(value('udpchat_packets_sent_total') > 4);
  t.ok(value('nodejs_eventloop_lag_seconds') >= 0);
  t.ok(value('process_cpu_seconds_total') > 0);
  t.notMatch(text, /in no figure/);
  t.equal(await (await get('/healthz')).text(), 'ok\n');
  t.equal((await get('/else')).status, 404);
  t.equal((await get('/metrics', { method: 'POST' })).status, 405);

  for (const client of clients) {
    const closed = happens(client, 'closed');
    client.quit();
    await closed;
  }
  const again = await (await get('/metrics')).text();
  const sent = Number(/^udpchat_packets_sent_total (\d+)$/m.exec(again)?.[1]);
  t.ok(sent >= value('udpchat_packets_sent_total'), 'sums go on when a connection ends');
  await server.close();
  await t.rejects(get('/healthz'), 'closed with the server');
});

t.test('a port that is taken is said, with what to do', async (t) => {
  const other = createServer();
  t.teardown(() => other.close());
  await once(other.listen(0, '127.0.0.1'), 'listening');
  const { port } = other.address() as AddressInfo;
  const server = new ChatServer();
  const wanted = { message: /cannot serve metrics/, hint: /another port/, exitCode: 1 };
  const failed = serveMetrics(server, { host: '127.0.0.1', port });
  t.match(await failed.catch((error: unknown) => error), wanted);
});
