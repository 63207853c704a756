import { assert } from '../base/assert.ts';
import type { Connection } from './connection.ts';
import type { Address } from './machine.ts';

/** What an endpoint keeps for each peer. */
interface Member {
  readonly connection: Connection;
}

const NONE: readonly never[] = [];

/**
 * The peers of an endpoint, keyed by connection id, which stays when an address changes; and by
 * address, under which more than one may stand: some that were only asked for, maybe by others.
 */
export class ClientTable<T extends Member> {
  readonly #byAddress = new Map<string, readonly T[]>();
  readonly #byId = new Map<number, T>();

  get size(): number {
    return this.#byId.size;
  }

  values(): IterableIterator<T> {
    return this.#byId.values();
  }

  /** The connection that was made, or has moved there, last. */
  byAddress(address: Address): T | undefined {
    return this.#byAddress.get(addressKey(address))?.at(-1);
  }

  /** All that are there, the oldest first. */
  allAt(address: Address): readonly T[] {
    return this.#byAddress.get(addressKey(address)) ?? NONE;
  }

  byId(id: number): T | undefined {
    return this.#byId.get(id);
  }

  add(member: T): void {
    const { id } = member.connection;
    assert(!this.#byId.has(id), 'an id with two connections');
    this.#byId.set(id, member);
    this.#enter(member);
  }

  /**
   * A connection has proven that it is at its `remote` now, and no longer at `from`. One that stood
   * there keeps its id alone: its peer has moved too (a NAT that starts anew deals out the same
   * ports in another order) and proves its own new address, or is gone and will be found dead.
   */
  move(member: T, from: Address): void {
    this.#leave(member, from);
    this.#byAddress.delete(addressKey(member.connection.remote));
    this.#enter(member);
  }

  /** Returns whether it was there. */
  remove(member: T): boolean {
    this.#leave(member, member.connection.remote);
    return this.#byId.delete(member.connection.id);
  }

  #leave(member: T, address: Address): void {
    const key = addressKey(address);
    const others = this.allAt(address).filter((other) => other !== member);
    if (others.length > 0) this.#byAddress.set(key, others);
    else this.#byAddress.delete(key);
  }

  #enter(member: T): void {
    const { remote } = member.connection;
    this.#byAddress.set(addressKey(remote), this.allAt(remote).concat(member));
  }
}

/** Shorter than what people read, and as unique: an address contains no space. */
function addressKey({ address, port }: Address): string {
  return `${address} ${port}`;
}
