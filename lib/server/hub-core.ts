import { Queue } from '../base/queue.ts';
import { type RandomSource, randomBytes } from '../base/random.ts';
import { CHAT_DEFAULTS, type ChatConfig, CloseCode, LOG_ID_BYTES } from '../chat/config.ts';
import { MemoryStore } from '../store/memory-store.ts';
import type { Store, StoreAnswer, StoreRequest, StoreState } from '../store/store.ts';
import type { ServerEvent } from './events.ts';
import type { HubFigures } from './figures.ts';
import type { Access } from './gate.ts';
import { Hub } from './hub.ts';
import type { JudgeLab } from './labs.ts';
import type { ShardOrder, ShardReport } from './shard-protocol.ts';

export interface HubCoreOptions {
  readonly random: RandomSource;
  /** Wall clock at `now` = 0, ms since 1970. */
  readonly epoch: number;
  readonly chat?: Partial<ChatConfig>;
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
  /** Reads the impairments that operators announce; without it there is no lab. */
  readonly judgeLab?: JudgeLab;
}

/**
 * The part of a server that decides: the hub between shards, store and log. Sans-IO: after each
 * handle or command, poll orders, store requests, passwords and events until dry.
 */
export class HubCore {
  readonly #hub: Hub;
  readonly #events = new Queue<ServerEvent>();
  readonly #passwords = new Queue<string>();
  readonly #commands = new Queue<ShardOrder>();
  readonly #store: Store | undefined;
  /** The way to the end: answering what was said; having it acknowledged; nothing more. */
  #closing: { stage: 'answering' | 'ending' | 'over'; readonly reason: string } | undefined;
  #closeAt = Infinity;
  readonly #drainFor: number;

  constructor({ random, epoch, chat, store, access, owners, judgeLab }: HubCoreOptions) {
    this.#drainFor = chat?.drainFor ?? CHAT_DEFAULTS.drainFor;
    const kept = store ?? new MemoryStore({ logId: randomBytes(random, LOG_ID_BYTES) });
    this.#store = 'execute' in kept ? kept : undefined;
    this.#hub = new Hub({
      epoch,
      state: 'execute' in kept ? kept.load() : kept,
      ...(chat !== undefined && { config: chat }),
      ...(access !== undefined && { access }),
      ...(owners !== undefined && { owners }),
      ...(judgeLab !== undefined && { judgeLab }),
    });
  }

  get isClosing(): boolean {
    return this.#closing !== undefined;
  }

  get figures(): HubFigures {
    return this.#hub.figures;
  }

  /** How many people are in. */
  get memberCount(): number {
    return this.#hub.memberCount;
  }

  handleReport(now: number, report: ShardReport): void {
    // What is said now is not answered: who said it will say it again to the next server.
    if (this.#closing !== undefined) return;
    const { peer } = report;
    switch (report.type) {
      case 'opened':
        this.#hub.handleConnected(now, peer, report);
        return;
      case 'records':
        this.#hub.handleMessage(now, peer, report.bytes);
        return;
      case 'liveness':
        this.#hub.handleLiveness(now, peer, report.state);
        return;
      case 'caughtUp':
        this.#hub.handleCaughtUp(peer);
        return;
      case 'closed':
        this.#hub.handleDisconnected(now, peer, report.how, report.reason);
        return;
    }
  }

  /** The connections of these peers are gone with the thread that had them. */
  handleLost(now: number, isLost: (peer: number) => boolean): void {
    for (const peer of this.#hub.peerIds) if (isLost(peer)) this.#hub.handleLost(now, peer);
  }

  handleTimeout(now: number): void {
    if (this.#closing === undefined) this.#hub.handleTimeout(now);
    else if (now >= this.#closeAt) this.#endAll('stop');
  }

  nextTimeout(): number {
    return this.#closing === undefined ? this.#hub.nextTimeout() : this.#closeAt;
  }

  /** What the shards are to do, in this order. Until dry, else events and passwords wait too. */
  pollOrder(): ShardOrder | undefined {
    const hub = this.#hub;
    for (let output = hub.pollOutput(); output !== undefined; output = hub.pollOutput()) {
      if (output.type === 'event') this.#events.push(output.event);
      else if (output.type === 'verify') this.#passwords.push(output.secret);
      else return output;
    }
    const isAnswered = this.#closing?.stage === 'answering' && hub.figures.journalEntries === 0;
    if (isAnswered) this.#endAll('end');
    return this.#commands.shift();
  }

  /** Does what a store at hand is asked for; false when there is nothing. */
  runStore(now: number): boolean {
    const request = this.#store && this.#hub.pollStoreRequest(now);
    if (this.#store === undefined || request === undefined) return false;
    this.#hub.handleStoreAnswer(now, this.#store.execute(request));
    return true;
  }

  /** What a store that runs elsewhere is to do. */
  pollStoreRequest(now: number): StoreRequest | undefined {
    return this.#store === undefined ? this.#hub.pollStoreRequest(now) : undefined;
  }

  handleStoreAnswer(now: number, answer: StoreAnswer): void {
    this.#hub.handleStoreAnswer(now, answer);
  }

  /** What happened, for the server's log. */
  pollEvent(): ServerEvent | undefined {
    return this.#events.shift();
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
  }

  /**
   * Accepts nobody any more, and has all connections closed: once what was said is stored and
   * answered, and what was sent acknowledged, or after `drainFor`.
   */
  close(now: number, reason = 'the server is shutting down'): void {
    if (this.#closing !== undefined) return;
    this.#closing = { stage: 'answering', reason };
    this.#closeAt = now + this.#drainFor;
    this.#commands.push({ type: 'refuse' });
    this.#hub.hurry();
  }

  #endAll(type: 'end' | 'stop'): void {
    const closing = this.#closing;
    if (closing === undefined) return;
    closing.stage = type === 'end' ? 'ending' : 'over';
    if (type === 'stop') this.#closeAt = Infinity;
    this.#commands.push({ type, code: CloseCode.shutdown, reason: closing.reason });
  }
}
