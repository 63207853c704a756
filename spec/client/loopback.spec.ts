import t from 'tap';
import { ChatClient } from '../../lib/client/client.ts';
import type { ClientEvent, MessageEvent } from '../../lib/client/events.ts';
import { ImpairedMachine } from '../../lib/lab/impaired-machine.ts';
import { parseImpairment } from '../../lib/lab/netem-parser.ts';
import { ChatServer } from '../../lib/server/server.ts';
import type { Machine } from '../../lib/transport/machine.ts';

const LINES = 200;

function bad(seed: number): (machine: Machine) => Machine {
  const parsed = parseImpairment('loss 30% delay 100ms 20ms');
  if (!parsed.ok) throw new Error(parsed.error.message);
  const { impairment } = parsed;
  return (machine) => new ImpairedMachine(machine, { impairment, seed });
}

function lines(events: readonly ClientEvent[]): MessageEvent[] {
  return events.filter((event) => event.type === 'message');
}

t.test('on real sockets, 30 % loss and 100 ms each way cost no line and no order', async (t) => {
  const server = new ChatServer();
  const { port } = await server.listen({ port: 0, address: '127.0.0.1' });
  const config = { connectTimeout: 20_000 };
  const people = ['ana', 'bob'].map((nick, i) => {
    const impair = bad(i + 1);
    const client = new ChatClient({ host: '127.0.0.1', port, nick, config, impair });
    const events: ClientEvent[] = [];
    const isIn = new Promise<void>((resolve, reject) => {
      client.on('event', (event) => {
        if (event.type === 'joined') resolve();
        if (event.type === 'closed') reject(new Error(`${nick}: ${event.reason}`));
      });
    });
    const done = new Promise<void>((resolve) => {
      client.on('event', (event) => {
        events.push(event);
        if (event.type === 'closed') resolve();
        if (event.type === 'message' && lines(events).length === 2 * LINES) resolve();
      });
    });
    return { client, events, isIn, done };
  });
  // Who comes in later sees but the newest lines of the past: a handshake may take seconds here.
  await Promise.all(people.map(({ isIn }) => isIn));
  for (const { client } of people) {
    for (let line = 0; line < LINES; line++) client.post('#lobby', `${client.nick} ${line}`);
  }
  await Promise.all(people.map(({ done }) => done));
  const [ana = [], bob = []] = people.map(({ events }) => lines(events));
  t.equal(ana.length, 2 * LINES);
  t.strictSame(
    ana.map(({ seq, text }) => [seq, text]),
    bob.map(({ seq, text }) => [seq, text]),
    'one order',
  );
  for (const { client } of people) {
    const own = ana.filter(({ nick }) => nick === client.nick).map(({ text }) => text);
    t.strictSame(
      own,
      Array.from({ length: LINES }, (_, i) => `${client.nick} ${i}`),
    );
    t.equal(client.pending, 0, 'every line has its tick');
    t.ok((client.stats()?.retransmits ?? 0) > 0, 'it was not easy');
    client.quit();
    t.match(await client.closed, { code: 'quit', undelivered: 0 });
  }
  await server.close();
});

t.test('an abort signal leaves, and a stopped server frees its port', async (t) => {
  const stop = new AbortController();
  const server = new ChatServer();
  const closed = new Promise<void>((resolve) => server.once('close', resolve));
  const { signal } = stop;
  const { port } = await server.listen({ port: 0, address: '127.0.0.1', signal });
  const client = new ChatClient({ host: 'localhost', port, nick: 'ana', signal });
  await new Promise<void>((resolve) => {
    client.on('event', (event) => event.type === 'welcome' && resolve());
  });
  stop.abort();
  t.match(await client.closed, { code: 'quit' });
  await closed;
  const again = new ChatServer();
  t.equal((await again.listen({ port, address: '127.0.0.1' })).port, port);
  await again.close();
});
