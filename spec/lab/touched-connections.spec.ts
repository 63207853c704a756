import t from 'tap';
import { TouchedConnections } from '../../lib/lab/touched-connections.ts';
import type { WorldNode } from '../../lib/lab/world.ts';
import type { Connection } from '../../lib/transport/connection.ts';

/** A node with three connections, and what is looked at of them after a step. */
function server() {
  const at = (port: number) => ({ remote: { address: '10.0.0.9', port } }) as Connection;
  const all = [at(1), at(2), at(3)];
  const node = { name: 'server', alive: true } as WorldNode;
  const touched = new TouchedConnections(() => all);
  const note = (port: number): void => touched.note(node, { address: '10.0.0.9', port });
  const looked = (): number[] => touched.take(node).connections.map(({ remote }) => remote.port);
  return { note, looked };
}

t.test('after a step only those that heard or said something are looked at', async (t) => {
  const { note, looked } = server();
  note(2);
  t.same(looked(), [2]);
  note(3);
  note(1);
  t.same(looked(), [1, 3]);
});

t.test('after a silent step, and one with somebody unknown, all are looked at', async (t) => {
  const { note, looked } = server();
  t.same(looked(), [1, 2, 3]);
  note(7);
  t.same(looked(), [1, 2, 3]);
  note(7);
  note(2);
  t.same(looked(), [2], 'a known one beside it explains the step');
});

t.test('now and then all are looked at, however much is said', async (t) => {
  const { note, looked } = server();
  const lengths = Array.from({ length: 130 }, () => {
    note(1);
    return looked().length;
  });
  t.equal(lengths.filter((length) => length === 3).length, 2);
});
