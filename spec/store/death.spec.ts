import { once } from 'node:events';
import type { Worker } from 'node:worker_threads';
import t, { type Test } from 'tap';
import { ChatClient, ChatServer, type ClientEvent } from '../../lib/index.ts';
import { MemoryStore } from '../../lib/store/memory-store.ts';
import type { StoreAnswer, StoreRequest } from '../../lib/store/store.ts';
import { StoreThread } from '../../lib/store/store-thread.ts';
import { UnansweredRequests } from '../../lib/store/unanswered.ts';
import { line, temporaryDirectory } from '../support/store.ts';

/** The threads that are started from now on. */
function watchThreads(t: Test): Worker[] {
  const workers: Worker[] = [];
  const note = (worker: Worker): void => void workers.push(worker);
  process.on('worker', note);
  t.teardown(() => process.off('worker', note));
  return workers;
}

function commit(id: number): StoreRequest {
  return { type: 'append', id, entries: [line(id, 'x')], puts: [] };
}

t.test('what a dead store has on disk is answered, the rest is asked again', async (t) => {
  const read: StoreRequest = {
    type: 'read',
    id: 9,
    log: '#lobby',
    count: 9,
    bytes: 1e6,
    from: 'newest',
  };
  for (const done of [0, 1, 2, 3]) {
    const store = new MemoryStore({ logId: new Uint8Array(8) });
    const unanswered = new UnansweredRequests();
    for (const request of [commit(1), read, commit(2), commit(3)]) unanswered.add(request);
    for (let id = 1; id <= done; id++) store.execute(commit(id));
    const { requests, answers } = unanswered.resume(store.load());
    const given = [...answers];
    for (const request of requests) given.push(...unanswered.settle(store.execute(request)));
    t.strictSame(
      given.map(({ type, id }) => `${type} ${id}`),
      ['stored 1', 'page 9', 'stored 2', 'stored 3'],
      `${done} were done`,
    );
    const page = given.find((answer) => answer.type === 'page');
    t.equal(page?.entries.length, 1, 'a page has nothing of what is announced after it');
    t.strictSame(store.load().logs, [{ log: '#lobby', last: 3 }]);
    t.equal(unanswered.size, 0);
  }
});

t.test('a store whose thread dies goes on with what it was asked, once', async (t) => {
  const workers = watchThreads(t);
  const dir = temporaryDirectory(t);
  const answers: StoreAnswer[] = [];
  const warnings: string[] = [];
  const owner = {
    onAnswer: (answer: StoreAnswer): void => void answers.push(answer),
    onWarning: (text: string): void => void warnings.push(text),
    onError: (error: Error): void => void t.fail(error.message),
  };
  const thread = await StoreThread.open(dir, owner);
  for (let id = 1; id <= 300; id++) {
    thread.submit(commit(id));
    if (id % 100 === 0) void workers.at(-1)?.terminate();
    if (id % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await thread.close();
  t.strictSame(
    answers.map(({ type, id }) => `${type} ${id}`),
    Array.from({ length: 300 }, (_, i) => `stored ${i + 1}`),
  );
  t.ok(warnings.length >= 1 && warnings.every((text) => /died .* started again/.test(text)));
  const again = await StoreThread.open(dir, owner);
  t.strictSame(again.state.logs, [{ log: '#lobby', last: 300 }]);
  await again.close();
});

t.test('people hear nothing of the death of a store, nor of one thread of two', async (t) => {
  const workers = watchThreads(t);
  const warnings: string[] = [];
  const server = new ChatServer({ data: temporaryDirectory(t), threads: 2 });
  server.on('warning', (text) => warnings.push(text));
  t.teardown(() => server.close());
  const { port } = await server.listen({ port: 0, address: '127.0.0.1' });
  t.equal(workers.length, 3, 'the store and two shards');
  const people = ['ana', 'bob', 'cy', 'dee'].map((nick) => {
    const client = new ChatClient({ host: '127.0.0.1', port, nick });
    t.teardown(() => client.quit());
    const events: ClientEvent[] = [];
    client.on('event', (event) => events.push(event));
    const texts = (): string[] => events.flatMap((e) => (e.type === 'message' ? [e.text] : []));
    return { client, events, texts };
  });
  const until = async ({ client }: (typeof people)[0], done: () => boolean): Promise<void> => {
    while (!done()) await once(client, 'event');
  };
  for (const one of people) await until(one, () => one.events.some((e) => e.type === 'joined'));
  const [store, shard] = workers;
  for (let i = 0; i < 60; i++) {
    for (const { client } of people) client.post('#lobby', `${client.nick} ${i}`);
    if (i === 20) void store?.terminate();
    if (i === 40) void shard?.terminate();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  for (const one of people) {
    await until(one, () => one.texts().length >= 240 && one.client.pending === 0);
    t.strictSame(one.texts(), people[0]?.texts(), 'one order, each line once');
    t.equal(one.events.filter((e) => e.type === 'gone' || e.type === 'leave').length, 0);
  }
  t.match(
    warnings.filter((text) => text.includes('died')),
    [/store died/, /a thread died/],
  );
});
