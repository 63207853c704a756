import { assert } from '../base/assert.ts';
import type { Connection } from './connection.ts';
import type { Address } from './machine.ts';

const NONE: readonly Connection[] = [];

/**
 * The peers of an endpoint, keyed by connection id, which stays when an address changes; and by
 * address, under which more than one may stand: some that were only asked for, maybe by others.
 */
export class ClientTable {
  readonly #byAddress = new Map<string, Connection[]>();
  readonly #byId = new Map<number, Connection>();

  get size(): number {
    return this.#byId.size;
  }

  values(): IterableIterator<Connection> {
    return this.#byId.values();
  }

  /** The connection that was made, or has moved there, last. */
  byAddress(address: Address): Connection | undefined {
    return this.#byAddress.get(addressKey(address))?.at(-1);
  }

  /** All that are there, the oldest first. */
  allAt(address: Address): readonly Connection[] {
    return this.#byAddress.get(addressKey(address)) ?? NONE;
  }

  byId(id: number): Connection | undefined {
    return this.#byId.get(id);
  }

  add(connection: Connection): void {
    assert(!this.#byId.has(connection.id), 'an id with two connections');
    this.#byId.set(connection.id, connection);
    this.#enter(connection);
  }

  /**
   * A connection has proven that it is at its `remote` now, and no longer at `from`. One that stood
   * there keeps its id alone: its peer has moved too (a NAT that starts anew deals out the same
   * ports in another order) and proves its own new address, or is gone and will be found dead.
   */
  move(connection: Connection, from: Address): void {
    this.#leave(connection, from);
    this.#byAddress.delete(addressKey(connection.remote));
    this.#enter(connection);
  }

  remove(connection: Connection): void {
    this.#leave(connection, connection.remote);
    this.#byId.delete(connection.id);
  }

  #leave(connection: Connection, address: Address): void {
    const key = addressKey(address);
    const others = this.allAt(address).filter((other) => other !== connection);
    if (others.length > 0) this.#byAddress.set(key, others);
    else this.#byAddress.delete(key);
  }

  #enter(connection: Connection): void {
    const { remote } = connection;
    this.#byAddress.set(addressKey(remote), [...this.allAt(remote), connection]);
  }
}

/** Shorter than what people read, and as unique: an address contains no space. */
function addressKey({ address, port }: Address): string {
  return `${address} ${port}`;
}
