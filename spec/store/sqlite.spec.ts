import {
  chmodSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { MEMORY_RETENTION } from '../../lib/store/config.ts';
import { databasePath, StoreError } from '../../lib/store/folder.ts';
import { checkDatabase } from '../../lib/store/open.ts';
import { Retention } from '../../lib/store/retention.ts';
import {
  append,
  line,
  read,
  search,
  seqs,
  sqliteStore,
  temporaryDirectory,
} from '../support/store.ts';

t.test('what was stored is there after a close, and after a process that just died', async (t) => {
  const dir = temporaryDirectory(t);
  const first = sqliteStore(dir);
  append(first.store, line(1, 'one'), line(7, 'psst', { log: '@bob' }));
  const { logId } = first.store.load();
  first.close();
  const second = sqliteStore(dir);
  t.strictSame(second.store.load(), {
    logId,
    logs: [{ log: '#lobby', last: 1 }],
    lastDirect: 7,
    rows: [],
  });
  t.strictSame(search(second.store, 'one'), [1]);
  t.match(append(second.store, line(2, 'again', { id: line(1, '').id })), { type: 'duplicates' });
  second.close();
});

t.test(
  'nobody else on the machine reads what is said, whoever may enter the directory',
  async (t) => {
    const dir = temporaryDirectory(t);
    chmodSync(dir, 0o755);
    writeFileSync(databasePath(dir), '', { mode: 0o644 });
    const { store, close } = sqliteStore(dir);
    append(store, line(1, 'psst', { log: '@bob' }));
    const open = readdirSync(dir).filter((name) => name.startsWith('chat.db'));
    t.ok(open.length > 1, open.join(' '));
    for (const name of open) t.equal(statSync(join(dir, name)).mode & 0o077, 0, name);
    close();
  },
);

t.test('a directory belongs to one host at a time', async (t) => {
  const dir = temporaryDirectory(t);
  const first = sqliteStore(dir);
  t.throws(() => sqliteStore(dir), { code: 'locked', message: /another udpchat is hosting from/ });
  first.close();
  sqliteStore(dir).close();
});

t.test(
  'a full disk is told, nothing is half written, and it goes on when there is room',
  async (t) => {
    const dir = temporaryDirectory(t);
    const { store, db, close } = sqliteStore(dir, { diskBytes: 128 * 1024 });
    let seq = 0;
    let answer = append(store, line(++seq, 'x'.repeat(1000)));
    while (answer.type === 'stored') {
      const two = [line(seq + 1, 'y'.repeat(3000)), line(seq + 2, 'z'.repeat(3000))];
      answer = append(store, ...two);
      if (answer.type === 'stored') seq += 2;
    }
    t.match(answer, { type: 'failed', code: 'disk-full', reason: /disk is full/ });
    t.equal(read(store, { count: 1000 }).at(-1)?.seq, seq, 'neither of the two is there');
    const [oneMore, again] = [
      line(seq + 1, 'v'.repeat(6000)),
      line(seq + 2, 'x', { id: line(1, '').id }),
    ];
    t.match(
      append(store, oneMore, again),
      { type: 'duplicates', entries: [{ index: 1, seq: 1 }] },
      'what is there already is not refused with what is new',
    );
    t.strictSame(store.load().logs, [{ log: '#lobby', last: seq }]);
    db.pragma('max_page_count = 1000');
    t.match(append(store, line(seq + 1, 'room again')), { type: 'stored' });
    close();
    t.equal(checkDatabase(databasePath(dir)), undefined);
  },
);

t.test('a database that turns read-only is told as such', async (t) => {
  const { store, db, close } = sqliteStore(temporaryDirectory(t));
  append(store, line(1, 'one'));
  db.pragma('query_only = 1');
  t.match(append(store, line(2, 'two')), { type: 'failed', code: 'read-only' });
  t.strictSame(seqs(read(store)), [1], 'and can still be read');
  db.pragma('query_only = 0');
  t.match(append(store, line(2, 'two')), { type: 'stored' });
  close();
});

t.test('a write-ahead log torn anywhere gives back whole commits, in order', async (t) => {
  const dir = temporaryDirectory(t);
  const { store, db } = sqliteStore(dir);
  db.pragma('wal_autocheckpoint = 0');
  const commits = 20;
  for (let i = 0; i < commits; i++) {
    append(store, line(2 * i + 1, `a${i}`), line(2 * i + 2, `b${i}`, { id: `f${i}` }));
  }
  const wal = readFileSync(`${databasePath(dir)}-wal`);
  const main = readFileSync(databasePath(dir));
  let seen = new Set<number>();
  for (let cut = 0; cut < wal.length; cut += 7717) {
    const copy = temporaryDirectory(t);
    writeFileSync(databasePath(copy), main);
    writeFileSync(`${databasePath(copy)}-wal`, wal.subarray(0, wal.length - cut));
    const opened = sqliteStore(copy);
    const { logs } = opened.store.load();
    const last = logs[0]?.last ?? 0;
    t.equal(last % 2, 0, `cut of ${cut} bytes: whole commits only`);
    t.strictSame(
      seqs(read(opened.store)),
      Array.from({ length: last }, (_, i) => i + 1),
    );
    t.strictSame(opened.warnings, []);
    opened.close();
    seen = seen.add(last);
  }
  t.ok(seen.size > commits / 2, `${seen.size} different ends`);
  db.close();
});

t.test('a damaged file is kept aside, said so, and bans and numbers live on', async (t) => {
  const dir = temporaryDirectory(t);
  const first = sqliteStore(dir);
  append(first.store, ...Array.from({ length: 2000 }, (_, i) => line(i + 1, `line ${i}`)));
  const puts = [{ table: 'bans', key: 'eve', value: '{}' }];
  first.store.execute({ type: 'append', id: 1, entries: [], puts });
  const { logId } = first.store.load();
  first.close();
  const path = databasePath(dir);
  const bytes = readFileSync(path);
  bytes.fill(0xa5, bytes.length - 60_000, bytes.length - 20_000);
  writeFileSync(path, bytes);
  const second = sqliteStore(dir);
  t.match(second.warnings, [/history in .* is damaged \(.*kept as .*chat\.db\.damaged-/]);
  t.ok(readdirSync(dir).some((name) => name.includes('damaged')));
  const state = second.store.load();
  t.strictSame(state.rows, [{ table: 'bans', key: 'eve', value: '{}' }]);
  t.strictSame([state.logId, state.logs], [logId, [{ log: '#lobby', last: 2000 }]]);
  t.match(append(second.store, line(2001, 'goes on')), { type: 'stored' });
  second.close();
  for (const damage of ['no database at all', '']) {
    const other = temporaryDirectory(t);
    writeFileSync(databasePath(other), damage);
    const opened = sqliteStore(other);
    t.equal(opened.warnings.length, damage === '' ? 0 : 1);
    opened.close();
  }
  truncateSync(path, 30_000);
  const third = sqliteStore(dir);
  t.equal(third.warnings.length, 1);
  third.close();
});

t.test('a large database is not read before the start, but can be checked beside it', async (t) => {
  const dir = temporaryDirectory(t);
  const { store, isUnchecked, close } = sqliteStore(dir, { checkedAtStart: 0 });
  t.notOk(isUnchecked, 'an empty one is');
  append(store, line(1, 'one'));
  close();
  const again = sqliteStore(dir, { checkedAtStart: 0 });
  t.ok(again.isUnchecked);
  t.equal(checkDatabase(databasePath(dir)), undefined, 'while it is in use');
  again.close();
  t.type(checkDatabase(join(dir, 'no', 'such.db')), 'string');
});

t.test('a database of a later version is left alone', async (t) => {
  const dir = temporaryDirectory(t);
  const { db, close } = sqliteStore(dir);
  db.pragma('user_version = 1000');
  close();
  t.throws(
    () => sqliteStore(dir),
    new StoreError(
      'newer',
      `${databasePath(dir)} was written by a newer udpchat; update this one, or use another --data`,
    ),
  );
  t.strictSame(
    readdirSync(dir).filter((name) => name.includes('damaged')),
    [],
  );
});

t.test('a directory that cannot be made is told with its name', async (t) => {
  const dir = temporaryDirectory(t);
  writeFileSync(join(dir, 'file'), '');
  t.throws(() => sqliteStore(join(dir, 'file', 'x')), { code: 'no-access', message: /file\/x/ });
});

t.test('too many and too old lines go, a few at a time, words and ids with them', async (t) => {
  const { store, close } = sqliteStore(temporaryDirectory(t));
  const retention = new Retention(store, { ...MEMORY_RETENTION, entries: 100 }, 10);
  const settle = (at: number): number => {
    let steps = 0;
    for (; retention.isDue; steps++) retention.prune(at);
    return steps;
  };
  for (let seq = 1; seq <= 250; seq++) {
    const entries = [line(seq, `word${seq}`)];
    append(store, ...entries);
    retention.note({ type: 'append', id: 1, entries, puts: [] });
  }
  t.ok(settle(0) >= 15, 'in steps');
  t.strictSame(seqs(read(store, { count: 1000 })).length, 100);
  t.strictSame([search(store, 'word150'), search(store, 'word151')], [[], [151]]);
  t.match(append(store, line(251, '', { id: line(1, '').id })), { type: 'stored' }, 'forgotten');
  const byAge = new Retention(store, { ...MEMORY_RETENTION, age: 50_000 }, 1000);
  byAge.checkAll(['#lobby']);
  byAge.prune(251_000);
  t.equal(read(store, { count: 1000 })[0]?.seq, 201);
  t.equal(store.load().logs[0]?.last, 251, 'no number is given twice');
  close();
});
