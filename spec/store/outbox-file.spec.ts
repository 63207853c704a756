import { statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'libsql';
import t from 'tap';
import type { KeptPost } from '../../lib/chat/kept.ts';
import { OutboxFile } from '../../lib/store/outbox-file.ts';
import { temporaryDirectory } from '../support/store.ts';

function post(n: number): KeptPost {
  const id = n.toString(16).padStart(16, '0');
  const rest = { ref: 0, to: '', nick: 'ana', at: 1000 + n };
  return { id, room: '#lobby', kind: 'text', text: `"line" ${n}\n`, ...rest };
}

t.test('a file gives back what was added and not removed, in order, and its session', async (t) => {
  const path = join(temporaryDirectory(t), 'new', 'outbox.db');
  const first = new OutboxFile(path);
  const { session, posts } = first.load();
  t.equal(session.length, 16);
  t.strictSame(posts, []);
  first.keep([1, 2, 3].map((n) => ({ type: 'add', post: post(n) })));
  first.keep([
    { type: 'remove', id: post(2).id },
    { type: 'add', post: post(4) },
    { type: 'add', post: post(1) },
  ]);
  first.close();
  const second = new OutboxFile(path);
  t.strictSame(second.load(), { session, posts: [post(1), post(3), post(4)] });
  second.close();
});

t.test('a file belongs to one client at a time, and to one person', async (t) => {
  const path = join(temporaryDirectory(t), 'outbox.db');
  const first = new OutboxFile(path);
  t.equal(statSync(path).mode & 0o077, 0);
  t.throws(() => new OutboxFile(path), { code: 'locked', message: /another udpchat keeps/ });
  first.close();
  new OutboxFile(path).close();
});

t.test('a file of a later version, or one that is none, is refused as it is', async (t) => {
  const dir = temporaryDirectory(t);
  const path = join(dir, 'outbox.db');
  new OutboxFile(path).close();
  const db = new Database(path);
  db.pragma('user_version = 99');
  db.close();
  t.throws(() => new OutboxFile(path), { code: 'newer', message: /newer udpchat/ });
  t.throws(() => new OutboxFile(dir), { code: 'no-access' });
});
