import { SeededRandom } from '../../lib/base/random.ts';
import { plaintext } from '../../lib/crypto/plaintext.ts';
import { HmacRetryTokens } from '../../lib/crypto/retry-tokens.ts';
import type { Checker } from '../../lib/lab/checker.ts';
import { World, type WorldNode } from '../../lib/lab/world.ts';
import type { Connection } from '../../lib/transport/connection.ts';
import { Endpoint } from '../../lib/transport/endpoint.ts';

export type ConnectionsOf = (node: WorldNode) => Iterable<Connection>;

/** Two connected endpoints in a world that is watched, for those who break one of them. */
export function worldPair(watch: (connectionsOf: ConnectionsOf) => Checker) {
  const endpoints = new Map<string, Endpoint>();
  const checker = watch(({ name }) => endpoints.get(name)?.connections ?? []);
  const world = new World({ seed: 3, checkers: [checker] });
  const add = (name: string, port: number) => {
    const random = new SeededRandom(port);
    const tokens = new HmacRetryTokens(new Uint8Array(32));
    const machine = new Endpoint({ random, handshakes: plaintext, tokens });
    endpoints.set(name, machine);
    const application = (): boolean => machine.pollEvent() !== undefined;
    const address = { address: '10.0.0.1', port };
    return { node: world.add({ name, address, machine, application }), machine };
  };
  const [a, b] = [add('a', 1), add('b', 2)];
  let connection: Connection | undefined;
  world.act(a.node, (now) => {
    connection = a.machine.connect(now, b.node.address);
  });
  world.run(1_000);
  if (connection === undefined) throw new Error('no connection');
  return { world, a, b, connection };
}
