import { once } from 'node:events';
import t, { type Test } from 'tap';
import { ChatClient, ChatServer, type ClientEvent } from '../../lib/index.ts';
import type { StoreAnswer } from '../../lib/store/store.ts';
import { StoreThread } from '../../lib/store/store-thread.ts';
import { line, temporaryDirectory } from '../support/store.ts';

t.test('a thread answers in the order of the requests, and frees its directory', async (t) => {
  const dir = temporaryDirectory(t);
  const answers: StoreAnswer[] = [];
  const warnings: string[] = [];
  const owner = {
    onAnswer: (answer: StoreAnswer): void => void answers.push(answer),
    onWarning: (text: string): void => void warnings.push(text),
    onError: (error: Error): void => void t.fail(error.message),
  };
  const thread = await StoreThread.open(dir, owner);
  await t.rejects(StoreThread.open(dir, owner), { name: 'StoreError', code: 'locked' });
  for (let id = 1; id <= 20; id++) {
    if (id % 2 === 0) {
      thread.submit({ type: 'read', id, log: '#lobby', count: 99, bytes: 1e6, from: 'newest' });
    } else thread.submit({ type: 'append', id, entries: [line((id + 1) / 2, 'x')], puts: [] });
  }
  await thread.close();
  t.strictSame(
    answers.map(({ id }) => id),
    Array.from({ length: 20 }, (_, i) => i + 1),
  );
  const sizes = answers.flatMap((answer) =>
    answer.type === 'page' ? [answer.entries.length] : [],
  );
  t.strictSame(sizes, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 'each read sees what came before it');
  const again = await StoreThread.open(dir, owner, { disk: { checkedAtStart: 0 } });
  t.strictSame(again.state.logs, [{ log: '#lobby', last: 10 }]);
  await again.close();
  t.strictSame(warnings, []);
});

/** A client whose events are kept. */
function join(t: Test, port: number, nick: string): { client: ChatClient; events: ClientEvent[] } {
  const client = new ChatClient({ host: '127.0.0.1', port, nick });
  t.teardown(() => client.quit());
  const events: ClientEvent[] = [];
  client.on('event', (event) => events.push(event));
  return { client, events };
}

t.test('a server that is stopped and started again goes on where it was', async (t) => {
  const data = temporaryDirectory(t);
  const first = new ChatServer({ data });
  const { port } = await first.listen({ port: 0, address: '127.0.0.1' });
  const ana = join(t, port, 'ana');
  ana.client.post('#lobby', 'one');
  ana.client.post('#lobby', 'two');
  while (!ana.events.some(({ type }) => type === 'message')) await once(ana.client, 'event');
  await first.close();
  ana.client.post('#lobby', 'while it was away');
  const second = new ChatServer({ data });
  t.teardown(() => second.close());
  await second.listen({ port, address: '127.0.0.1' });
  while (ana.client.pending > 0) await once(ana.client, 'event');
  const bob = join(t, port, 'bob');
  const linesOf = ({ events }: { events: ClientEvent[] }): unknown[] =>
    events.flatMap((event) => (event.type === 'message' ? [[event.seq, event.text]] : []));
  while (linesOf(bob).length < 3) await once(bob.client, 'event');
  t.strictSame(linesOf(bob), [
    [1, 'one'],
    [2, 'two'],
    [3, 'while it was away'],
  ]);
});
