import { DEFAULT_TRANSPORT_CONFIG } from '../transport/config.ts';
import type { Connection } from '../transport/connection.ts';
import type { Observer } from './checker.ts';
import { ConnectionChecker } from './connection-checker.ts';
import { PathChecker } from './path-checker.ts';
import { PriorityChecker } from './priority-checker.ts';
import { WireChecker } from './wire-checker.ts';
import type { WorldNode } from './world.ts';

/** All that watch connections, for worlds whose nodes keep to the default configuration. */
export function transportCheckers(
  connectionsOf: (node: WorldNode) => Iterable<Connection>,
): readonly Observer[] {
  const receiveBudget = DEFAULT_TRANSPORT_CONFIG.receiveWindow;
  return [
    new ConnectionChecker({ connectionsOf, receiveBudget }),
    new PathChecker({ connectionsOf }),
    new PriorityChecker({ connectionsOf }),
    new WireChecker({ connectionsOf }),
  ];
}
