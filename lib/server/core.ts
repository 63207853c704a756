import type { HandshakeProvider, ResetTokens, RetryTokens } from '../crypto/protection.ts';
import type { StoreAnswer, StoreRequest } from '../store/store.ts';
import type { TransportConfig } from '../transport/config.ts';
import type { Connection } from '../transport/connection.ts';
import type { EndpointCounters } from '../transport/endpoint-counters.ts';
import type { Address, Machine, Transmit } from '../transport/machine.ts';
import type { ServerEvent } from './events.ts';
import type { HubFigures, ServerFigures } from './figures.ts';
import { HubCore, type HubCoreOptions } from './hub-core.ts';
import { Shard } from './shard.ts';

export interface ServerCoreOptions extends HubCoreOptions {
  /** Makes keys with clients, and shows them who we are. */
  readonly handshakes: HandshakeProvider;
  /** Proves the addresses of newcomers. */
  readonly tokens: RetryTokens;
  /** Lets clients of an earlier run know that their connections are gone. */
  readonly resets?: ResetTokens;
  readonly transport?: Partial<TransportConfig>;
}

/**
 * A chat server without a socket, in one piece: one shard that has the connections, and a hub that
 * decides. Sans-IO: after each handle or command, poll transmits and events until dry, then arm a
 * timer for `nextTimeout`.
 */
export class ServerCore implements Machine {
  readonly #shard: Shard;
  readonly #hub: HubCore;

  constructor(options: ServerCoreOptions) {
    this.#shard = new Shard(options);
    this.#hub = new HubCore(options);
  }

  /** Datagrams that led to nothing, by cause. */
  get counters(): EndpointCounters {
    return this.#shard.counters;
  }

  get connections(): Iterable<Connection> {
    return this.#shard.connections;
  }

  get hubFigures(): HubFigures {
    return this.#hub.figures;
  }

  figures(now: number): ServerFigures {
    return { ...this.#hub.figures, shards: [this.#shard.figures(now)], threads: 1 };
  }

  /** How many people are in. */
  get memberCount(): number {
    return this.#hub.memberCount;
  }

  /** After `close`: everybody was told, nothing is left to send. */
  get isDrained(): boolean {
    return this.#shard.isDrained;
  }

  handleDatagram(now: number, from: Address, bytes: Uint8Array): void {
    this.#shard.handleDatagram(now, from, bytes);
    this.#pump(now);
  }

  handleTimeout(now: number): void {
    this.#shard.handleTimeout(now);
    this.#hub.handleTimeout(now);
    this.#pump(now);
  }

  pollTransmit(now: number): Transmit | undefined {
    return this.#shard.pollTransmit(now);
  }

  nextTimeout(): number {
    return Math.min(this.#shard.nextTimeout(), this.#hub.nextTimeout());
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
    do {
      this.#carryOut(now);
      for (let next = this.#shard.pollReport(); next; next = this.#shard.pollReport()) {
        this.#hub.handleReport(now, next);
        this.#carryOut(now);
      }
    } while (this.#hub.runStore(now));
  }

  #carryOut(now: number): void {
    for (let order = this.#hub.pollOrder(); order; order = this.#hub.pollOrder()) {
      this.#shard.carryOut(now, order);
    }
  }
}
