import { assert } from '../base/assert.ts';
import type { Connection } from './connection.ts';
import type { Address } from './machine.ts';

/**
 * The peers of an endpoint, keyed by address; and by connection id, which stays when an address
 * changes. An address has at most one connection.
 */
export class ClientTable {
  readonly #byAddress = new Map<string, Connection>();
  readonly #byId = new Map<number, Connection>();

  get size(): number {
    return this.#byAddress.size;
  }

  values(): IterableIterator<Connection> {
    return this.#byAddress.values();
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

  remove(connection: Connection): void {
    this.#byAddress.delete(addressKey(connection.remote));
    this.#byId.delete(connection.id);
  }
}

/** Shorter than what people read, and as unique: an address contains no space. */
function addressKey({ address, port }: Address): string {
  return `${address} ${port}`;
}
