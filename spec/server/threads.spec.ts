import { once } from 'node:events';
import t, { type Test } from 'tap';
import { ChatClient, ChatServer, type ClientEvent, plaintext } from '../../lib/index.ts';
import { hasReusePort } from '../../lib/net/udp-socket.ts';

/** A client whose events are kept. */
async function join(
  t: Test,
  port: number,
  nick: string,
): Promise<{ client: ChatClient; events: ClientEvent[] }> {
  const client = new ChatClient({ host: '127.0.0.1', port, nick });
  t.teardown(() => client.quit());
  const events: ClientEvent[] = [];
  client.on('event', (event) => events.push(event));
  await until(client, () => events.some(({ type }) => type === 'joined'));
  return { client, events };
}

/** Looks again after each event. */
async function until(client: ChatClient, done: () => boolean): Promise<void> {
  while (!done()) await once(client, 'event');
}

function textsOf(events: readonly ClientEvent[]): string[] {
  return events.flatMap((event) => (event.type === 'message' ? [event.text] : []));
}

t.test('people on several threads chat with each other, encrypted', async (t) => {
  const server = new ChatServer({ threads: 2 });
  t.teardown(() => server.close());
  const { port } = await server.listen({ port: 0, address: '127.0.0.1' });
  const nicks = ['ana', 'bob', 'cy', 'dee', 'eli', 'fay'];
  const people = await Promise.all(nicks.map((nick) => join(t, port, nick)));
  t.equal(server.memberCount, 6);
  const { threads, members, shards = [] } = (await server.figures()) ?? {};
  t.match({ threads, members, shards: shards.length }, { threads: 3, members: 6, shards: 2 });
  t.equal(
    shards.reduce((sum, { connections }) => sum + connections, 0),
    6,
  );
  for (const { client } of people) {
    for (let i = 0; i < 20; i++) client.post('#lobby', `${client.nick} ${i}`);
  }
  for (const { client, events } of people) {
    await until(client, () => textsOf(events).length === 120);
    t.strictSame(textsOf(events), textsOf(people[0]?.events ?? []), 'one order');
  }
  await server.close();
  for (const { events } of people) {
    const shutdown = events.find((e) => e.type === 'status' && e.status === 'reconnecting');
    t.match(shutdown, { detail: 'the server is shutting down' });
  }
});

t.test('threads go behind one receiver when something is to look at the datagrams', async (t) => {
  let datagrams = 0;
  const server = new ChatServer({
    threads: 2,
    impair: (machine) => ({
      handleDatagram: (now, from, bytes) => {
        datagrams++;
        machine.handleDatagram(now, from, bytes);
      },
      handleTimeout: (now) => machine.handleTimeout(now),
      pollTransmit: (now) => machine.pollTransmit(now),
      nextTimeout: () => machine.nextTimeout(),
    }),
  });
  t.teardown(() => server.close());
  const { port } = await server.listen({ port: 0, address: '127.0.0.1' });
  const ana = await join(t, port, 'ana');
  const bob = await join(t, port, 'bob');
  ana.client.post('#lobby', 'hi');
  await until(bob.client, () => textsOf(bob.events).includes('hi'));
  t.ok(datagrams > 4, `${datagrams} datagrams`);
});

t.test('a port that is taken is refused with threads too, and frees what was begun', async (t) => {
  const first = new ChatServer();
  t.teardown(() => first.close());
  const { port } = await first.listen({ port: 0, address: '127.0.0.1' });
  const second = new ChatServer({ threads: 2 });
  await t.rejects(second.listen({ port, address: '127.0.0.1' }), { code: 'EADDRINUSE' });
  const own = new ChatServer({ threads: 2, handshakes: { ...plaintext } });
  await t.rejects(own.listen({ port: 0, address: '127.0.0.1' }), /leave `threads` out/);
});

t.test('sockets share a port from Node 22.12 and 23.1 on, where the system can', async (t) => {
  const able = ['22.12.0', '22.23.3', '23.1.0', '24.0.0', '26.10.0'];
  const unable = ['18.20.0', '20.20.2', '21.7.0', '22.11.0', '23.0.0'];
  for (const version of able) t.ok(hasReusePort(version, 'linux'), version);
  for (const version of unable) t.notOk(hasReusePort(version, 'linux'), version);
  t.notOk(hasReusePort('24.0.0', 'darwin'));
  t.notOk(hasReusePort('24.0.0', 'win32'));
});
