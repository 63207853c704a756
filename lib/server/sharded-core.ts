import { Queue } from '../base/queue.ts';
import type { StoreAnswer, StoreRequest } from '../store/store.ts';
import {
  type Address,
  canonicalAddress,
  type Machine,
  type Transmit,
} from '../transport/machine.ts';
import { shardOfAddress, shardOfDatagram, shardOfId } from '../transport/shard-routing.ts';
import type { ServerEvent } from './events.ts';
import type { HubFigures } from './figures.ts';
import { HubCore, type HubCoreOptions } from './hub-core.ts';
import type { ShardNews, ShardOrder } from './shard-protocol.ts';

export interface ShardedCoreOptions extends HubCoreOptions {
  /** Shards that run elsewhere. */
  readonly shards: number;
}

interface ShardLink {
  /** What it is to do, not handed over yet. */
  orders: ShardOrder[];
  isDrained: boolean;
}

/**
 * A chat server whose connections are elsewhere: the hub, and what goes between it and the shards.
 * As a machine it is the one receiver of shards that have no socket of their own. Sans-IO: after
 * each handle or command, hand each shard its `takeOrders`, and poll the rest until dry.
 */
export class ShardedCore implements Machine {
  readonly #hub: HubCore;
  readonly #links: readonly ShardLink[];
  readonly #transmits = new Queue<Transmit>();
  /** For each list of peers, which the hub keeps as long as it is true, those of each shard. */
  readonly #splits = new WeakMap<readonly number[], readonly (readonly number[])[]>();

  constructor(options: ShardedCoreOptions) {
    this.#hub = new HubCore(options);
    this.#links = Array.from({ length: options.shards }, () => ({ orders: [], isDrained: false }));
  }

  get hubFigures(): HubFigures {
    return this.#hub.figures;
  }

  /** How many people are in. */
  get memberCount(): number {
    return this.#hub.memberCount;
  }

  /** After `close`: everybody was told, nothing is left to send. */
  get isDrained(): boolean {
    return this.#transmits.length === 0 && this.#links.every(({ isDrained }) => isDrained);
  }

  handleDatagram(_now: number, sender: Address, bytes: Uint8Array): void {
    const from = canonicalAddress(sender);
    const { length } = this.#links;
    const shard = shardOfDatagram(bytes, length) ?? shardOfAddress(from, length);
    const { address, port } = from;
    this.#links[shard]?.orders.push({ type: 'datagram', from: { address, port }, bytes });
  }

  /** What a shard has to say. */
  handleNews(now: number, shard: number, news: ShardNews): void {
    for (const report of news.reports) {
      this.#hub.handleReport(now, report);
      this.#carryOut();
    }
    for (const { from, bytes } of news.strays) this.handleDatagram(now, from, bytes);
    for (const transmit of news.transmits) this.#transmits.push(transmit);
    const link = this.#links[shard];
    if (link !== undefined && news.isDrained) link.isDrained = true;
    this.#pump(now);
  }

  /** A shard has died, and another takes its place: its connections are gone. */
  handleShardLost(now: number, shard: number): void {
    this.#hub.handleLost(now, (peer) => shardOfId(peer, this.#links.length) === shard);
    const link = this.#links[shard];
    if (link === undefined) return;
    link.orders = [];
    link.isDrained = this.#hub.isClosing;
    this.#pump(now);
  }

  handleTimeout(now: number): void {
    this.#hub.handleTimeout(now);
    this.#pump(now);
  }

  nextTimeout(): number {
    return this.#hub.nextTimeout();
  }

  pollTransmit(): Transmit | undefined {
    return this.#transmits.shift();
  }

  /** What a shard is to do, in this order; undefined when there is nothing. */
  takeOrders(shard: number): readonly ShardOrder[] | undefined {
    const link = this.#links[shard];
    if (link === undefined || link.orders.length === 0) return undefined;
    const { orders } = link;
    link.orders = [];
    return orders;
  }

  /** See `HubCore.pollEvent`; as the next four. */
  pollEvent(): ServerEvent | undefined {
    return this.#hub.pollEvent();
  }

  pollStoreRequest(now: number): StoreRequest | undefined {
    return this.#hub.pollStoreRequest(now);
  }

  handleStoreAnswer(now: number, answer: StoreAnswer): void {
    this.#hub.handleStoreAnswer(now, answer);
    this.#pump(now);
  }

  pollPassword(): string | undefined {
    return this.#hub.pollPassword();
  }

  handleVerified(now: number, isRight: boolean): void {
    this.#hub.handleVerified(now, isRight);
    this.#pump(now);
  }

  /** See `HubCore.close`. */
  close(now: number, reason?: string): void {
    this.#hub.close(now, reason);
    this.#pump(now);
  }

  #pump(now: number): void {
    do this.#carryOut();
    while (this.#hub.runStore(now));
  }

  #carryOut(): void {
    for (let order = this.#hub.pollOrder(); order; order = this.#hub.pollOrder()) {
      this.#handOut(order);
    }
  }

  #handOut(order: ShardOrder): void {
    if (order.type === 'refuse' || order.type === 'end' || order.type === 'stop') {
      for (const { orders } of this.#links) orders.push(order);
    } else if (order.type === 'close') {
      this.#links[shardOfId(order.peer, this.#links.length)]?.orders.push(order);
    } else if (order.type === 'send') {
      const [first] = order.peers;
      if (order.peers.length === 1 && first !== undefined) {
        this.#links[shardOfId(first, this.#links.length)]?.orders.push(order);
        return;
      }
      for (const [shard, peers] of this.#split(order.peers).entries()) {
        if (peers.length > 0) this.#links[shard]?.orders.push({ ...order, peers });
      }
    }
  }

  #split(peers: readonly number[]): readonly (readonly number[])[] {
    const known = this.#splits.get(peers);
    if (known !== undefined) return known;
    const { length } = this.#links;
    const parts: number[][] = Array.from({ length }, () => []);
    for (const peer of peers) parts[shardOfId(peer, length)]?.push(peer);
    this.#splits.set(peers, parts);
    return parts;
  }
}
