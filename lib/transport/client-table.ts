import { assert } from '../base/assert.ts';
import type { Connection } from './connection.ts';
import type { Address } from './machine.ts';

/**
 * The peers of an endpoint, keyed by connection id, which stays when an address changes; and by
 * address, under which the connection stands that was made or has moved there last.
 */
export class ClientTable {
  readonly #byAddress = new Map<string, Connection>();
  readonly #byId = new Map<number, Connection>();

  get size(): number {
    return this.#byId.size;
  }

  values(): IterableIterator<Connection> {
    return this.#byId.values();
  }

  byAddress(address: Address): Connection | undefined {
    return this.#byAddress.get(addressKey(address));
  }

  byId(id: number): Connection | undefined {
    return this.#byId.get(id);
  }

  add(connection: Connection): void {
    const key = addressKey(connection.remote);
    assert(!this.#byAddress.has(key), 'an address with two connections');
    assert(!this.#byId.has(connection.id), 'an id with two connections');
    this.#byAddress.set(key, connection);
    this.#byId.set(connection.id, connection);
  }

  /**
   * A connection has proven that it is at its `remote` now, and no longer at `from`. One that stood
   * there keeps its id alone: its peer has moved too (a NAT that starts anew deals out the same
   * ports in another order) and proves its own new address, or is gone and will be found dead.
   */
  move(connection: Connection, from: Address): void {
    this.#leave(connection, from);
    this.#byAddress.set(addressKey(connection.remote), connection);
  }

  remove(connection: Connection): void {
    this.#leave(connection, connection.remote);
    this.#byId.delete(connection.id);
  }

  #leave(connection: Connection, address: Address): void {
    const key = addressKey(address);
    if (this.#byAddress.get(key) === connection) this.#byAddress.delete(key);
  }
}

/** Shorter than what people read, and as unique: an address contains no space. */
function addressKey({ address, port }: Address): string {
  return `${address} ${port}`;
}
