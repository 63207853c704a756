import { Queue } from '../base/queue.ts';
import type { RandomSource } from '../base/random.ts';
import { truncateUtf8 } from '../chat/bytes.ts';
import {
  CHAT_DEFAULTS,
  type ChatConfig,
  CLOSE_REASON_BYTES_MAX,
  CloseCode,
} from '../chat/config.ts';
import type { HandshakeProvider, ResetTokens, RetryTokens } from '../crypto/protection.ts';
import type { TransportConfig } from '../transport/config.ts';
import type { Connection } from '../transport/connection.ts';
import type { ConnectionEvent } from '../transport/connection-event.ts';
import { Endpoint } from '../transport/endpoint.ts';
import type { EndpointCounters } from '../transport/endpoint-counters.ts';
import { type CloseInfo, TransportError } from '../transport/errors.ts';
import { type Address, formatAddress, type Machine, type Transmit } from '../transport/machine.ts';
import { shardOfDatagram } from '../transport/shard-routing.ts';
import { describeShard, type ShardFigures } from './figures.ts';
import type { ShardNews, ShardOrder, ShardReport } from './shard-protocol.ts';

export interface ShardOptions {
  readonly random: RandomSource;
  /** Makes keys with clients, and shows them who we are. */
  readonly handshakes: HandshakeProvider;
  /** Proves the addresses of newcomers. */
  readonly tokens: RetryTokens;
  /** Lets clients of an earlier run know that their connections are gone. */
  readonly resets?: ResetTokens | undefined;
  readonly transport?: Partial<TransportConfig> | undefined;
  readonly chat?: Partial<ChatConfig> | undefined;
  /** First byte of the ids of its connections; 0 unless told. */
  readonly index?: number;
  /** How many shards the server has; 1 unless told. */
  readonly shards?: number;
}

/** ms between two looks whether those who lag have caught up. */
const LOOK_INTERVAL = 1_000;

type Stray = ShardNews['strays'][number];

/**
 * The part of a server that has connections: handshakes, encryption, fan-out. It decides nothing
 * about the chat: it reports what comes to the hub, and carries out the hub's orders. Sans-IO:
 * after each handle or order, poll reports and transmits until dry, then arm a timer.
 */
export class Shard implements Machine {
  readonly #endpoint: Endpoint;
  /** Those the hub knows of. */
  readonly #peers = new Map<number, Connection>();
  readonly #index: number;
  readonly #shards: number;
  readonly #shedBytes: number;
  /** Peers that have too much before them to be told idle news. */
  readonly #behind = new Map<number, Connection>();
  readonly #caughtUp = new Queue<number>();
  #lookAt = Infinity;
  #strays: Stray[] = [];
  #isStopped = false;
  #isDrainedTold = false;

  constructor(options: ShardOptions) {
    const { random, handshakes, tokens, resets, transport, index = 0, shards = 1 } = options;
    this.#index = index;
    this.#shards = shards;
    this.#shedBytes = options.chat?.shedBytes ?? CHAT_DEFAULTS.shedBytes;
    this.#endpoint = new Endpoint({
      random,
      tokens,
      resets,
      handshakes,
      shard: index,
      ...(transport !== undefined && { config: transport }),
    });
  }

  /** Datagrams that led to nothing, by cause. */
  get counters(): EndpointCounters {
    return this.#endpoint.counters;
  }

  figures(now: number): ShardFigures {
    return describeShard(now, this.#endpoint.connections, this.#endpoint.counters);
  }

  get connections(): Iterable<Connection> {
    return this.#endpoint.connections;
  }

  /** After `end` or `stop`: everybody was told, nothing is left to send. */
  get isDrained(): boolean {
    return this.#isStopped && this.#endpoint.isDrained;
  }

  handleDatagram(now: number, from: Address, bytes: Uint8Array): void {
    const owner = this.#shards === 1 ? this.#index : shardOfDatagram(bytes, this.#shards);
    if (owner === undefined || owner === this.#index) {
      this.#endpoint.handleDatagram(now, from, bytes);
    } else this.#strays.push({ from: { address: from.address, port: from.port }, bytes });
  }

  handleTimeout(now: number): void {
    this.#endpoint.handleTimeout(now);
    if (now >= this.#lookAt) this.#lookBehind(now);
  }

  pollTransmit(now: number): Transmit | undefined {
    return this.#endpoint.pollTransmit(now);
  }

  nextTimeout(): number {
    return Math.min(this.#endpoint.nextTimeout(), this.#lookAt);
  }

  /** What the hub wants done. Peers that are no more are passed over. */
  carryOut(now: number, order: ShardOrder): void {
    if (order.type === 'send') {
      for (const peer of order.peers) this.#send(now, peer, order);
      return;
    }
    if (order.type === 'refuse') {
      this.#endpoint.stopAccepting();
      return;
    }
    if (order.type === 'datagram') {
      this.#endpoint.handleDatagram(now, order.from, order.bytes);
      return;
    }
    const { code } = order;
    const reason = truncateUtf8(order.reason, CLOSE_REASON_BYTES_MAX);
    if (order.type === 'close') this.#peers.get(order.peer)?.end(now, { code, reason });
    else {
      this.#isStopped = true;
      if (order.type === 'end') this.#endpoint.end(now, { code, reason });
      else this.#endpoint.close(now, { code, reason });
    }
  }

  /** All there is to tell a hub that is elsewhere, with what it is to send for us. */
  takeNews(transmits: readonly Transmit[] = []): ShardNews | undefined {
    const reports: ShardReport[] = [];
    for (let next = this.pollReport(); next; next = this.pollReport()) reports.push(next);
    const strays = this.#strays;
    this.#strays = [];
    const isDrained = this.isDrained && !this.#isDrainedTold;
    if (isDrained) this.#isDrainedTold = true;
    const isEmpty = reports.length + strays.length + transmits.length === 0 && !isDrained;
    return isEmpty ? undefined : { reports, strays, transmits, isDrained };
  }

  pollReport(): ShardReport | undefined {
    const peer = this.#caughtUp.shift();
    if (peer !== undefined) return { type: 'caughtUp', peer };
    for (let next = this.#endpoint.pollEvent(); next; next = this.#endpoint.pollEvent()) {
      const report = this.#describe(next.connection, next.event);
      if (report !== undefined) return report;
    }
    return undefined;
  }

  /** Looks who has caught up. */
  #lookBehind(now: number): void {
    for (const [peer, connection] of this.#behind) {
      if (connection.isOpen && connection.bytesQueued > this.#shedBytes / 2) continue;
      this.#behind.delete(peer);
      if (connection.isOpen) this.#caughtUp.push(peer);
    }
    this.#lookAt = this.#behind.size > 0 ? now + LOOK_INTERVAL : Infinity;
  }

  #describe(connection: Connection, event: ConnectionEvent): ShardReport | undefined {
    const { id: peer } = connection;
    switch (event.type) {
      case 'connected': {
        this.#peers.set(peer, connection);
        const address = formatAddress(connection.remote);
        return { type: 'opened', peer, address, key: connection.peerKey };
      }
      case 'message':
        return { type: 'records', peer, bytes: event.bytes };
      case 'liveness':
        return { type: 'liveness', peer, state: event.state };
      case 'drain':
        return undefined;
      case 'closed':
        this.#peers.delete(peer);
        return { type: 'closed', peer, ...describeEnd(event.close) };
    }
  }

  #send(now: number, peer: number, { channel, bytes, isIdle }: SendOrder): void {
    const connection = this.#peers.get(peer);
    if (connection?.isOpen !== true) return;
    if (isIdle && connection.bytesQueued > this.#shedBytes) {
      this.#behind.set(peer, connection);
      this.#lookAt = Math.min(this.#lookAt, now + LOOK_INTERVAL);
      return;
    }
    try {
      // False only asks to wait, which a server's fan-out cannot: the limit below is what counts.
      connection.send(channel, bytes);
    } catch (error) {
      if (!(error instanceof TransportError) || error.code !== 'ERR_SEND_BUFFER_FULL') throw error;
      // Who cannot follow is let go, so that nobody waits for them; their session can come back.
      connection.close(now, { code: CloseCode.tooSlow, reason: 'too slow to follow' });
    }
  }
}

type SendOrder = Extract<ShardOrder, { readonly type: 'send' }>;

/** Only a goodbye of the client itself is leaving; all else is being lost. */
function describeEnd({ by, code, reason }: CloseInfo): { how: 'left' | 'gone'; reason: string } {
  if (by === 'peer' && code === CloseCode.quit) return { how: 'left', reason };
  if (by === 'timeout') return { how: 'gone', reason: 'no answer any more' };
  return { how: 'gone', reason: reason === '' ? `connection closed (${code})` : reason };
}
