import t from 'tap';
import { ipOfEndpoint, parseIp } from '../../lib/base/ip.ts';
import { type Ban, Bans, parseBanTarget } from '../../lib/server/bans.ts';
import type { TablePut, TableRow } from '../../lib/server/table.ts';

const KEY = 'ab'.repeat(32);

/** Bans, and the rows that a store would hold of them. */
function keptBans(limit = 10): { bans: Bans; rows: () => TableRow[] } {
  const rows = new Map<string, TableRow>();
  const keep = ({ table, key, value }: TablePut): void => {
    if (value === undefined) rows.delete(key);
    else rows.set(key, { table, key, value });
  };
  return { bans: new Bans({ limit, keep }), rows: () => [...rows.values()] };
}

const ban = (target: string, more: Partial<Ban> = {}): Ban => ({
  target,
  by: 'op',
  reason: 'spam',
  at: 1000,
  until: Infinity,
  nick: 'mallory',
  ...more,
});

t.test(
  'a ban holds against another port, another address of the network and another nick',
  async (t) => {
    const { bans } = keptBans();
    t.ok(bans.add(ban('192.0.2.7')));
    t.ok(bans.add(ban('10.1.2.3/8')));
    t.ok(bans.add(ban('2001:db8::/32')));
    t.ok(bans.add(ban(KEY.toUpperCase())));
    const find = (endpoint: string, key?: string): string | undefined =>
      bans.find(2000, { key, ip: ipOfEndpoint(endpoint) })?.target;
    t.equal(find('192.0.2.7:1'), '192.0.2.7');
    t.equal(find('192.0.2.7:65535'), '192.0.2.7');
    t.equal(find('[::ffff:192.0.2.7]:9'), '192.0.2.7', 'the same address as IPv6');
    t.equal(find('192.0.2.8:1'), undefined);
    t.equal(find('10.255.0.1:1'), '10.0.0.0/8');
    t.equal(find('[2001:db8:1::1]:1'), '2001:db8::/32');
    t.equal(find('198.51.100.1:1', KEY), KEY, 'the key is banned wherever it is');
    t.equal(find('198.51.100.1:1', 'cd'.repeat(32)), undefined);
  },
);

t.test('a ban ends at its time, or when it is lifted by target or by nick', async (t) => {
  const { bans } = keptBans();
  const ip = parseIp('192.0.2.7');
  bans.add(ban('192.0.2.7', { until: 5000 }));
  t.ok(bans.find(4999, { key: undefined, ip }));
  t.notOk(bans.find(5000, { key: undefined, ip }));
  bans.add(ban('192.0.2.7'));
  bans.add(ban(KEY));
  t.equal(bans.remove('mallory').length, 2);
  t.notOk(bans.find(4000, { key: KEY, ip }));
  bans.add(ban('192.0.2.0/24'));
  t.equal(bans.remove('192.0.2.0/24').length, 1);
  t.equal(bans.remove('nobody').length, 0);
  t.equal(bans.size, 0);
});

t.test('bans outlive the server, and damaged rows are left out', async (t) => {
  const { bans, rows } = keptBans();
  bans.add(ban('192.0.2.0/24', { until: 9000 }));
  bans.add(ban(KEY));
  const again = keptBans().bans;
  again.load([
    ...rows(),
    { table: 'bans', key: '10.0.0.0/8', value: '{' },
    { table: 'bans', key: '10.0.0.1/8', value: rows()[0]?.value ?? '' },
    { table: 'bans', key: '10.0.0.0/8', value: '{"by":1}' },
    { table: 'nicks', key: '10.0.0.0/8', value: rows()[0]?.value ?? '' },
  ]);
  t.strictSame([...again], [...bans]);
  t.equal([...again][1]?.until, Infinity);
});

t.test('there are no more bans than the bound, and no bans of nonsense', async (t) => {
  const { bans, rows } = keptBans(2);
  t.ok(bans.add(ban('10.0.0.1')));
  t.ok(bans.add(ban('10.0.0.2')));
  t.notOk(bans.add(ban('10.0.0.3')));
  t.ok(bans.add(ban('10.0.0.1', { reason: 'again' })), 'one that is there is replaced');
  t.notOk(bans.add(ban('mallory')));
  t.equal(rows().length, 2);
  t.equal(parseBanTarget('10.9.9.9/8'), '10.0.0.0/8');
});
