import t from 'tap';
import { Claims } from '../../lib/server/claims.ts';
import type { TablePut, TableRow } from '../../lib/server/table.ts';

const DAY = 86_400_000;

function keptClaims(limit = 100): { claims: Claims; rows: () => TableRow[] } {
  const rows = new Map<string, TableRow>();
  const keep = ({ table, key, value }: TablePut): void => {
    if (value === undefined) rows.delete(key);
    else rows.set(key, { table, key, value });
  };
  const claims = new Claims({ keptFor: DAY, limit, perOwner: 2, keep });
  return { claims, rows: () => [...rows.values()] };
}

t.test('a nick belongs to whoever took it first, and so does its double', async (t) => {
  const { claims } = keptClaims();
  claims.take('dog', 'A');
  for (const impostor of ['dog', 'DOG', 'd0g', 'D0G', '\uff44og']) {
    t.equal(claims.conflict(0, impostor, 'B')?.owner, 'A', impostor);
    t.equal(claims.conflict(0, impostor, 'A'), undefined, `${impostor} of their own`);
  }
  t.equal(claims.conflict(0, 'dig', 'B'), undefined);
  claims.take('d0g', 'A');
  claims.leave(0, 'dog', { isForgotten: true });
  t.equal(claims.conflict(0, 'dog', 'B')?.nick, 'd0g', 'as long as one of the doubles is taken');
});

t.test('who left keeps the nick for a day, who registered for good', async (t) => {
  const { claims, rows } = keptClaims();
  claims.take('ana', 'A');
  claims.take('bob', 'B');
  t.ok(claims.register('bob'));
  claims.leave(1000, 'ana');
  claims.leave(1000, 'bob');
  t.ok(claims.conflict(999 + DAY, 'ana', 'C'));
  t.notOk(claims.conflict(1000 + DAY, 'ana', 'C'));
  t.ok(claims.conflict(1000 * DAY, 'bob', 'C'));
  const again = keptClaims().claims;
  again.load([...rows(), { table: 'nicks', key: 'CY', value: '{"nick":"dora","owner":"D"}' }]);
  t.equal(again.size, 1, 'a row under a wrong key is left out');
  t.equal(again.conflict(1000 * DAY, 'B0b'.replace('0', 'o'), 'C')?.owner, 'B');
  t.ok(again.isKnown('B'));
  t.notOk(again.isKnown('A'));
  t.ok(again.unregister('bob'));
  t.notOk(again.conflict(1000 * DAY, 'bob', 'C'));
});

t.test('a flood of nicks is bounded and costs no registered one', async (t) => {
  const { claims, rows } = keptClaims(10);
  claims.take('ana', 'A');
  claims.register('ana');
  claims.leave(0, 'ana');
  for (let i = 0; i < 1000; i++) {
    claims.take(`guest-${i}`, `key ${i}`);
    claims.leave(i, `guest-${i}`);
  }
  t.equal(claims.size, 11);
  t.ok(claims.conflict(1000, 'ana', 'B'));
  t.ok(claims.conflict(1000, 'guest-999', 'B'));
  t.notOk(claims.conflict(1000, 'guest-1', 'B'), 'the oldest is forgotten');
  for (const nick of ['x', 'y', 'z']) claims.take(nick, 'hog');
  t.strictSame(
    ['x', 'y', 'z'].map((nick) => claims.register(nick)),
    [true, true, false],
  );
  t.equal(rows().length, 3);
});
