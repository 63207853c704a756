import { Queue } from '../base/queue.ts';
import { type RandomSource, randomBytes } from '../base/random.ts';
import { truncateUtf8 } from '../chat/bytes.ts';
import {
  type ChatConfig,
  CLOSE_REASON_BYTES_MAX,
  CloseCode,
  LOG_ID_BYTES,
} from '../chat/config.ts';
import type { HandshakeProvider, ResetTokens, RetryTokens } from '../crypto/protection.ts';
import { MemoryStore } from '../store/memory-store.ts';
import type { Store, StoreAnswer, StoreRequest, StoreState } from '../store/store.ts';
import type { TransportConfig } from '../transport/config.ts';
import type { Connection } from '../transport/connection.ts';
import type { ConnectionEvent } from '../transport/connection-event.ts';
import { Endpoint } from '../transport/endpoint.ts';
import type { EndpointCounters } from '../transport/endpoint-counters.ts';
import { type CloseInfo, TransportError } from '../transport/errors.ts';
import { type Address, formatAddress, type Machine, type Transmit } from '../transport/machine.ts';
import type { ServerEvent } from './events.ts';
import type { Access } from './gate.ts';
import { Hub } from './hub.ts';
import type { HubOutput } from './output.ts';

export interface ServerCoreOptions {
  readonly random: RandomSource;
  /** Makes keys with clients, and shows them who we are. */
  readonly handshakes: HandshakeProvider;
  /** Proves the addresses of newcomers. */
  readonly tokens: RetryTokens;
  /** Lets clients of an earlier run know that their connections are gone. */
  readonly resets?: ResetTokens;
  /** Wall clock at `now` = 0, ms since 1970. */
  readonly epoch: number;
  readonly chat?: Partial<ChatConfig>;
  readonly transport?: Partial<TransportConfig>;
  /**
   * Where everything is kept. A `Store` is run at once, inside each call. The state of a store that
   * runs elsewhere: then poll its requests, and hand in the answers in the same order. Unless told,
   * all is kept in memory and forgotten with this object.
   */
  readonly store?: Store | StoreState;
  /** Who may come in; everybody unless told. */
  readonly access?: Access;
  /** Whose chat this is: public keys, in hexadecimal. */
  readonly owners?: readonly string[];
}

/**
 * A chat server without a socket: an endpoint that accepts, and a hub that decides. Sans-IO: after
 * each handle or command, poll transmits and events until dry, then arm a timer for `nextTimeout`.
 */
export class ServerCore implements Machine {
  readonly #endpoint: Endpoint;
  readonly #hub: Hub;
  readonly #connections = new Map<number, Connection>();
  readonly #events = new Queue<ServerEvent>();
  readonly #passwords = new Queue<string>();
  readonly #store: Store | undefined;
  #closing = false;

  constructor(options: ServerCoreOptions) {
    const { random, handshakes, tokens, resets, epoch, chat, transport, store, access } = options;
    const { owners } = options;
    this.#endpoint = new Endpoint({
      random,
      tokens,
      resets,
      handshakes,
      ...(transport !== undefined && { config: transport }),
    });
    const kept = store ?? new MemoryStore({ logId: randomBytes(random, LOG_ID_BYTES) });
    this.#store = 'execute' in kept ? kept : undefined;
    this.#hub = new Hub({
      epoch,
      state: 'execute' in kept ? kept.load() : kept,
      ...(chat !== undefined && { config: chat }),
      ...(access !== undefined && { access }),
      ...(owners !== undefined && { owners }),
    });
  }

  /** Datagrams that led to nothing, by cause. */
  get counters(): EndpointCounters {
    return this.#endpoint.counters;
  }

  get connections(): Iterable<Connection> {
    return this.#endpoint.connections;
  }

  /** How many people are in. */
  get memberCount(): number {
    return this.#hub.memberCount;
  }

  /** After `close`: everybody was told, nothing is left to send. */
  get isDrained(): boolean {
    return this.#endpoint.isDrained;
  }

  handleDatagram(now: number, from: Address, bytes: Uint8Array): void {
    this.#endpoint.handleDatagram(now, from, bytes);
    this.#pump(now);
  }

  handleTimeout(now: number): void {
    this.#endpoint.handleTimeout(now);
    this.#hub.handleTimeout(now);
    this.#pump(now);
  }

  pollTransmit(now: number): Transmit | undefined {
    return this.#endpoint.pollTransmit(now);
  }

  nextTimeout(): number {
    return Math.min(this.#endpoint.nextTimeout(), this.#hub.nextTimeout());
  }

  /** What happened, for the server's log. */
  pollEvent(): ServerEvent | undefined {
    return this.#events.shift();
  }

  /** What a store that runs elsewhere is to do. */
  pollStoreRequest(now: number): StoreRequest | undefined {
    return this.#store === undefined ? this.#hub.pollStoreRequest(now) : undefined;
  }

  handleStoreAnswer(now: number, answer: StoreAnswer): void {
    this.#hub.handleStoreAnswer(now, answer);
    this.#pump(now);
  }

  /**
   * A password that somebody has said, to be compared with the right one; `handleVerified` is the
   * answer, and no other comes before it.
   */
  pollPassword(): string | undefined {
    return this.#passwords.shift();
  }

  handleVerified(now: number, isRight: boolean): void {
    this.#hub.handleVerified(now, isRight);
    this.#pump(now);
  }

  /** Tells everybody that the server stops, and accepts nobody any more. */
  close(now: number, reason = 'the server is shutting down'): void {
    this.#closing = true;
    const code = CloseCode.shutdown;
    this.#endpoint.close(now, { code, reason: truncateUtf8(reason, CLOSE_REASON_BYTES_MAX) });
  }

  #pump(now: number): void {
    do {
      this.#carryOut(now);
      for (let next = this.#endpoint.pollEvent(); next; next = this.#endpoint.pollEvent()) {
        if (!this.#closing) this.#handleEvent(now, next.connection, next.event);
        this.#carryOut(now);
      }
    } while (this.#runStore(now));
  }

  /** Does what a store at hand is asked for; false when there is nothing. */
  #runStore(now: number): boolean {
    const request = this.#store && this.#hub.pollStoreRequest(now);
    if (this.#store === undefined || request === undefined) return false;
    this.#hub.handleStoreAnswer(now, this.#store.execute(request));
    return true;
  }

  #handleEvent(now: number, connection: Connection, event: ConnectionEvent): void {
    const { id } = connection;
    switch (event.type) {
      case 'connected':
        this.#connections.set(id, connection);
        this.#hub.handleConnected(now, id, {
          address: formatAddress(connection.remote),
          key: connection.peerKey,
        });
        return;
      case 'message':
        this.#hub.handleMessage(now, id, event.channel, event.bytes);
        return;
      case 'liveness':
        this.#hub.handleLiveness(now, id, event.state);
        return;
      case 'drain':
        return;
      case 'closed': {
        this.#connections.delete(id);
        const { how, reason } = describeEnd(event.close);
        this.#hub.handleDisconnected(now, id, how, reason);
        return;
      }
    }
  }

  #carryOut(now: number): void {
    for (
      let output = this.#hub.pollOutput();
      output !== undefined;
      output = this.#hub.pollOutput()
    ) {
      if (output.type === 'event') this.#events.push(output.event);
      else if (output.type === 'verify') this.#passwords.push(output.secret);
      else if (output.type === 'send') this.#send(now, output);
      else {
        const { peer, code } = output;
        const reason = truncateUtf8(output.reason, CLOSE_REASON_BYTES_MAX);
        this.#connections.get(peer)?.end(now, { code, reason });
      }
    }
  }

  #send(now: number, { peers, channel, bytes }: Extract<HubOutput, { type: 'send' }>): void {
    for (const peer of peers) {
      const connection = this.#connections.get(peer);
      if (connection?.isOpen !== true) continue;
      try {
        // False only asks to wait, which a server's fan-out cannot: the limit below is what counts.
        connection.send(channel, bytes);
      } catch (error) {
        if (!(error instanceof TransportError) || error.code !== 'ERR_SEND_BUFFER_FULL')
          throw error;
        this.#dropSlow(now, connection);
      }
    }
  }

  /** Who cannot follow is let go, so that nobody waits for them; their session can come back. */
  #dropSlow(now: number, connection: Connection): void {
    const reason = 'too slow to follow';
    connection.close(now, { code: CloseCode.tooSlow, reason });
    this.#hub.handleDisconnected(now, connection.id, 'gone', reason);
  }
}

/** Only a goodbye of the client itself is leaving; all else is being lost. */
function describeEnd({ by, code, reason }: CloseInfo): { how: 'left' | 'gone'; reason: string } {
  if (by === 'peer' && code === CloseCode.quit) return { how: 'left', reason };
  if (by === 'timeout') return { how: 'gone', reason: 'no answer any more' };
  return { how: 'gone', reason: reason === '' ? `connection closed (${code})` : reason };
}
