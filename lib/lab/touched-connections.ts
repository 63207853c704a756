import type { Connection } from '../transport/connection.ts';
import type { Address } from '../transport/machine.ts';
import type { WorldNode } from './world.ts';

/** Steps of a node after which all its connections are looked at, whatever it got and sent. */
const ALL_EVERY = 64;

/** What a node has got and sent since it was looked at last. */
interface Talk {
  readonly ports: Set<number>;
  steps: number;
}

/**
 * Which connections of a node a step can have changed, so that a server of many is not looked
 * through at each step: those whose peer it heard from or sent something to. Ports are compared,
 * not whole addresses: one too many does no harm. What changes without a word, a timer, is seen
 * when the node is silent in a step, and every now and then.
 */
export class TouchedConnections {
  readonly #connectionsOf: (node: WorldNode) => Iterable<Connection>;
  readonly #talks = new WeakMap<WorldNode, Talk>();

  constructor(connectionsOf: (node: WorldNode) => Iterable<Connection>) {
    this.#connectionsOf = connectionsOf;
  }

  /** `node` heard from `peer`, or sent it something. */
  note(node: WorldNode, { port }: Address): void {
    this.#talk(node).ports.add(port);
  }

  /** Called once a step. `isAll`: those that are not there any more are really gone. */
  take(node: WorldNode): { readonly connections: readonly Connection[]; readonly isAll: boolean } {
    const talk = this.#talk(node);
    const { ports } = talk;
    const isAll = ports.size === 0 || ++talk.steps % ALL_EVERY === 0;
    const connections: Connection[] = [];
    let isKnown = false;
    for (const connection of this.#connectionsOf(node)) {
      const isTouched = ports.has(connection.remote.port);
      isKnown ||= isTouched;
      if (isAll || isTouched) connections.push(connection);
    }
    ports.clear();
    // From or to an address that no connection is at: one of them may be about to move there.
    if (!isAll && !isKnown) return { connections: [...this.#connectionsOf(node)], isAll: true };
    return { connections, isAll };
  }

  #talk(node: WorldNode): Talk {
    let talk = this.#talks.get(node);
    if (talk === undefined) {
      talk = { ports: new Set(), steps: 0 };
      this.#talks.set(node, talk);
    }
    return talk;
  }
}
