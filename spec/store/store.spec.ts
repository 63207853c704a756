import t, { type Test } from 'tap';
import { MemoryStore } from '../../lib/store/memory-store.ts';
import type { Store } from '../../lib/store/store.ts';
import {
  append,
  line,
  read,
  recordText,
  search,
  seqs,
  sqliteStore,
  temporaryDirectory,
} from '../support/store.ts';

/** What every store must do, shown on each. */
function everyStore(title: string, check: (t: Test, store: Store) => void): void {
  t.test(`${title}, in memory`, async (t) => {
    check(t, new MemoryStore({ logId: new Uint8Array(8) }));
  });
  t.test(`${title}, on disk`, async (t) => {
    const { store, close } = sqliteStore(temporaryDirectory(t));
    check(t, store);
    close();
  });
}

everyStore('what was appended is read back, from either end', (t, store) => {
  append(store, line(1, 'one'), line(2, 'two'));
  append(store, line(3, 'three'), line(1, 'elsewhere', { log: '#ci', id: 'ff' }));
  t.strictSame(read(store).map(recordText), ['record 1: one', 'record 2: two', 'record 3: three']);
  t.strictSame(seqs(read(store, { count: 2 })), [2, 3]);
  t.strictSame(seqs(read(store, { count: 2, from: 'oldest' })), [1, 2]);
  t.strictSame(seqs(read(store, { after: 1, before: 3 })), [2]);
  t.strictSame(seqs(read(store, { after: 3 })), []);
  t.strictSame(seqs(read(store, { log: '#ci' })), [1]);
  t.strictSame(seqs(read(store, { log: '#none' })), []);
  t.strictSame(seqs(read(store, { since: 1500, from: 'oldest' })), [2, 3]);
  t.strictSame(seqs(read(store, { since: 9000 })), []);
  t.match(read(store)[1], { at: 2000, author: 'ana' });
});

everyStore('a page has a bound in bytes, but never less than one entry', (t, store) => {
  append(store, ...Array.from({ length: 200 }, (_, i) => line(i + 1, 'x'.repeat(100))));
  t.strictSame(seqs(read(store, { count: 200, bytes: 350 })), [198, 199, 200].slice(-3));
  t.strictSame(seqs(read(store, { count: 200, bytes: 1 })), [200]);
  t.strictSame(seqs(read(store, { count: 200, bytes: 1, from: 'oldest' })), [1]);
  t.equal(read(store, { count: 150 }).length, 150);
});

everyStore(
  'the same id of the same author is told as a duplicate, and nothing is stored',
  (t, store) => {
    append(store, line(1, 'once'));
    const again = append(store, line(2, 'new'), line(3, 'once', { id: line(1, '').id }));
    const { id: _, ...answer } = again;
    t.strictSame(answer, {
      type: 'duplicates',
      entries: [{ index: 1, log: '#lobby', seq: 1, at: 1000 }],
    });
    t.strictSame(seqs(read(store)), [1], 'all or nothing');
    t.match(append(store, line(2, 'x', { id: line(1, '').id, author: 'bob' })), { type: 'stored' });
    append(store, line(3, '', { id: '' }), line(4, '', { id: '' }));
    t.strictSame(seqs(read(store)), [1, 2, 3, 4], 'what has no id is always new');
  },
);

everyStore('a search with context has the neighbours of what it finds, each once', (t, store) => {
  const texts = ['a', 'needle', 'b', 'c', 'needle', 'd', 'needle', 'e', 'f', 'g'];
  append(store, ...texts.map((text, i) => line(i + 1, text)));
  append(store, line(1, 'needle elsewhere', { log: '#ci', id: 'f'.repeat(16) }));
  const query = { log: '#lobby', words: 'needle', count: 2 };
  const page = store.execute({ type: 'search', id: 3, ...query, context: 1 });
  if (page.type !== 'page') throw new Error(JSON.stringify(page));
  t.strictSame(seqs(page.entries), [8, 7, 6, 5, 4]);
  t.strictSame(page.found, [7, 5]);
  const none = { type: 'search', id: 4, ...query, words: 'nowhere', context: 1 } as const;
  t.match(store.execute(none), { entries: [], found: [] });
  const unknown = store.execute({ ...none, log: '#nowhere' });
  t.match(unknown, { type: 'page', entries: [] });
});

everyStore('a search finds all words, newest first, whatever their case', (t, store) => {
  const texts = [
    'The build is green',
    'lunch?',
    'Build red: "ünïcode" 100%',
    '会议在三点',
    'BUILD',
  ];
  append(store, ...texts.map((text, i) => line(i + 1, text)));
  t.strictSame(search(store, 'build'), [5, 3, 1]);
  t.strictSame(search(store, 'is build'), [1]);
  t.strictSame(search(store, 'build', { before: 5 }), [3, 1]);
  t.strictSame(search(store, '三点'), [4]);
  t.strictSame(search(store, 'lun*'), [2]);
  t.strictSame(search(store, '"red" OR *'), [], 'no sign is an operator');
  t.strictSame(search(store, '"red"'), [3]);
  t.strictSame(search(store, ' " ( '), []);
  t.strictSame(search(store, 'nowhere'), []);
});

everyStore('an amendment takes the place of the old words, everywhere', (t, store) => {
  append(store, line(1, 'secret'), line(2, 'other'));
  const record = new TextEncoder().encode('edited');
  append(store, line(3, '', { amends: [{ seq: 1, text: 'public', record }] }));
  t.strictSame(read(store).map(recordText)[0], 'edited');
  t.strictSame(search(store, 'secret'), []);
  t.strictSame(search(store, 'public'), [1]);
  append(store, line(4, '', { amends: [{ seq: 1, text: '', record }] }));
  t.strictSame(search(store, 'public'), []);
});

everyStore('rows of tables become true with the entries they came with', (t, store) => {
  const put = (key: string, value: string | undefined): void => {
    const puts = [{ table: 'bans', key, value }];
    store.execute({ type: 'append', id: 1, entries: [], puts });
  };
  put('a', '1');
  put('b', '2');
  put('a', '3');
  put('b', undefined);
  t.strictSame([...store.load().rows], [{ table: 'bans', key: 'a', value: '3' }]);
});

everyStore('numbers of rooms are dense, those of inboxes only grow', (t, store) => {
  append(store, line(1, 'a'), line(5, 'psst', { log: '@bob', id: '05' }));
  append(
    store,
    line(9, 'psst', { log: '@cy', id: '09' }),
    line(12, 'x', { log: '@bob', id: '0c' }),
  );
  const { logs, lastDirect } = store.load();
  t.strictSame([logs, lastDirect], [[{ log: '#lobby', last: 1 }], 12]);
  t.strictSame(seqs(read(store, { log: '@bob', after: 5 })), [12]);
});

t.test('in memory the oldest go when there are too many, and the quietest inbox', async (t) => {
  const retention = { entries: 3, bytes: 1000, inboxes: 2 };
  const store = new MemoryStore({ logId: new Uint8Array(8), retention });
  for (let seq = 1; seq <= 5; seq++) append(store, line(seq, 'x'));
  const page = store.execute({
    type: 'read',
    id: 1,
    log: '#lobby',
    count: 10,
    bytes: 1e6,
    from: 'newest',
  });
  t.match(page, { first: 3 });
  append(store, line(6, 'x'.repeat(2000)));
  t.strictSame(seqs(read(store)), [], 'a line larger than all of it is not kept');
  for (const [i, log] of ['@a', '@b', '@a', '@c'].entries()) {
    append(store, line(i + 1, 'psst', { log, id: `0${i}` }));
  }
  t.strictSame(seqs(read(store, { log: '@b' })), []);
  t.strictSame(seqs(read(store, { log: '@a' })), [1, 3]);
});
