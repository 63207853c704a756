import { Queue } from '../base/queue.ts';
import type { RandomSource } from '../base/random.ts';
import { toHex, truncateUtf8 } from '../chat/bytes.ts';
import { CLOSE_REASON_BYTES_MAX, CloseCode, LOBBY } from '../chat/config.ts';
import type { KeptOutbox, OutboxChange } from '../chat/kept.ts';
import { sanitiseLine } from '../chat/sanitise.ts';
import type { EntryKind } from '../chat/schema.ts';
import type { HandshakeProvider } from '../crypto/protection.ts';
import type { TransportConfig } from '../transport/config.ts';
import type { Connection } from '../transport/connection.ts';
import type { ConnectionEvent } from '../transport/connection-event.ts';
import { Endpoint } from '../transport/endpoint.ts';
import { type CloseInfo, TransportErrorCode } from '../transport/errors.ts';
import type { Address, Machine, Transmit } from '../transport/machine.ts';
import { MessageTrace, type TraceStep } from '../transport/message-trace.ts';
import type { ConnectionStats } from '../transport/stats.ts';
import { Backoff } from './backoff.ts';
import { CLIENT_DEFAULTS, type ClientConfig } from './config.ts';
import type { ClientEvent, ClosedEvent, StatusEvent } from './events.ts';
import type { PostAbout } from './posts.ts';
import { ClientSession, type SessionOutput } from './session.ts';

export interface ClientCoreOptions {
  readonly server: Address;
  readonly nick: string;
  readonly random: RandomSource;
  /** Makes keys with the server, shows it who we are, and judges who it is. */
  readonly handshakes: HandshakeProvider;
  /** Wall clock at `now` = 0, ms since 1970. */
  readonly epoch: number;
  /** Rooms to be in; `#lobby` unless told. */
  readonly rooms?: readonly string[];
  /** Lines of a room's past to show; 50 unless told. */
  readonly history?: number;
  /** What opens the chat: its password, or an invitation. */
  readonly password?: string;
  /** What an earlier client left behind; then `pollChange` tells what this one would. */
  readonly kept?: KeptOutbox;
  readonly config?: Partial<ClientConfig>;
  readonly transport?: Partial<TransportConfig>;
}

/** Bytes at the start of an encoded line that hold its id. */
const ID_WITHIN = 64;

/** Two screens. */
const DEFAULT_HISTORY = 50;

/** Why a connection ended of which nothing was heard any more. */
const NO_ANSWER = 'no answer';

/** Refusals that a client has its own words for. */
const REFUSALS: ReadonlySet<string> = new Set([
  'banned',
  'invitation-required',
  'invitation-wrong',
  'nick-invalid',
  'nick-taken',
  'nick-yours',
  'not-authorized',
  'password-required',
  'password-wrong',
  'too-many-tries',
] satisfies ClosedEvent['code'][]);

/** Refusals that stay what they are, however often we come back. */
const FINAL_REFUSALS: ReadonlySet<string> = new Set([
  'banned',
  'invitation-wrong',
  'not-authorized',
  'password-wrong',
]);

/**
 * A chat client without a socket: one person's session over as many connections as it takes.
 * Sans-IO: after `start`, each handle and each command, poll transmits and events until dry, then
 * arm a timer for `nextTimeout`.
 */
export class ClientCore implements Machine {
  #server: Address;
  readonly #config: ClientConfig;
  readonly #endpoint: Endpoint;
  readonly #session: ClientSession;
  readonly #backoff: Backoff;
  readonly #trace = new MessageTrace();
  readonly #events = new Queue<ClientEvent>();
  #connection: Connection | undefined;
  #status: StatusEvent['status'] | undefined;
  /** The attempt under way or due, from 1; 0 while in. */
  #attempt = 0;
  /** When the present attempt has failed; Infinity once welcome. */
  #attemptDeadline = Infinity;
  #retryAt = Infinity;
  /** An orderly end that waits for the server's answers, at most until `deadline`. */
  #quitting: { readonly reason: string; readonly deadline: number } | undefined;
  #sessionDeadline = Infinity;

  constructor(options: ClientCoreOptions) {
    const { server, nick, random, handshakes, epoch, transport } = options;
    this.#server = server;
    this.#config = { ...CLIENT_DEFAULTS, ...options.config };
    this.#endpoint = new Endpoint({
      random,
      handshakes,
      observer: this.#trace,
      ...(transport !== undefined && { config: transport }),
    });
    this.#session = new ClientSession(0, {
      nick,
      random,
      epoch,
      rooms: options.rooms ?? [LOBBY],
      history: options.history ?? DEFAULT_HISTORY,
      config: this.#config,
      ...(options.password !== undefined && { password: options.password }),
      ...(options.kept !== undefined && { kept: options.kept }),
    });
    const { backoffMin: min, backoffMax: max } = this.#config;
    this.#backoff = new Backoff(random, { min, max });
  }

  get nick(): string {
    return this.#session.nick;
  }

  /** Lines that the server has not accepted or rejected. */
  get pending(): number {
    return this.#session.pending;
  }

  /** The one connection there is, for those who look inside. */
  get connection(): Connection | undefined {
    return this.#connection;
  }

  /** How the packets of a line of ours fared; undefined when that is not remembered (any more). */
  trace(id: string): readonly TraceStep[] | undefined {
    return this.#trace.find((bytes) => toHex(bytes.subarray(0, ID_WITHIN)).includes(id));
  }

  /**
   * Whether nothing comes through the socket that we have: the server is silent, or an attempt to
   * come back goes on. Another one may be bound to a network that is there.
   */
  get isUnheard(): boolean {
    const attempts = this.#session.wasOnline ? 0 : 1;
    return this.#attempt > attempts || (this.connection?.isSuspect ?? false);
  }

  get isClosed(): boolean {
    return this.#status === 'closed';
  }

  /** After `closed`: the goodbye has been said. */
  get isDrained(): boolean {
    return this.#endpoint.isDrained;
  }

  linkStats(now: number): ConnectionStats | undefined {
    return this.#connection?.stats(now);
  }

  /** Begins to connect; to `server`, if its address was not known before. */
  start(now: number, server: Address = this.#server): void {
    this.#server = server;
    this.#attempt = 1;
    this.#setStatus({ status: 'connecting' });
    this.#connect(now);
    this.#pump(now);
  }

  handleDatagram(now: number, from: Address, bytes: Uint8Array): void {
    this.#endpoint.handleDatagram(now, from, bytes);
    this.#pump(now);
  }

  handleTimeout(now: number): void {
    this.#endpoint.handleTimeout(now);
    this.#session.handleTimeout(now);
    if (now >= this.#attemptDeadline) this.#giveUp(now, NO_ANSWER);
    if (now >= this.#retryAt) this.#connect(now);
    if (this.#quitting !== undefined && now >= this.#quitting.deadline) this.#leave(now);
    this.#pump(now);
  }

  /**
   * A hint, which anybody could forge: nothing listens there. Believed while there is no answer.
   */
  handleUnreachable(now: number): void {
    if (this.#connection?.state !== 'handshaking') return;
    this.#giveUp(now, 'nothing is listening there');
    this.#pump(now);
  }

  /** No connection is possible, and none ever will be: no such host, no socket. */
  fail(reason: string): void {
    this.#connection = undefined;
    this.#finish('unreachable', reason);
  }

  pollTransmit(now: number): Transmit | undefined {
    return this.#endpoint.pollTransmit(now);
  }

  nextTimeout(): number {
    return Math.min(
      this.#endpoint.nextTimeout(),
      this.#sessionDeadline,
      this.#attemptDeadline,
      this.#retryAt,
      this.#quitting?.deadline ?? Infinity,
    );
  }

  pollEvent(): ClientEvent | undefined {
    return this.#events.shift();
  }

  /** What is unanswered and what no longer is: to be kept before anything is sent or told. */
  pollChange(): OutboxChange | undefined {
    return this.#session.pollChange();
  }

  /**
   * Says `text` in a room. Emits `pending` now, `accepted` or `rejected` later, with the id
   * returned. Lines written while offline are sent on return.
   */
  post(
    now: number,
    room: string,
    text: string,
    kind: EntryKind = 'text',
    about: PostAbout = {},
  ): string {
    return this.do(now, (session) => session.post(now, room, text, kind, about));
  }

  /** Has the session do something, and sees to what follows from it. */
  do<T>(now: number, action: (session: ClientSession) => T): T {
    const result = action(this.#session);
    this.#pump(now);
    return result;
  }

  /** Says `text` to one person. */
  direct(now: number, nick: string, text: string): string {
    return this.post(now, `@${nick}`, text);
  }

  /** Asks for another nick; answered by a `nick` event or a notice. */
  changeNick(now: number, nick: string): void {
    this.do(now, (session) => session.changeNick(now, nick));
  }

  /**
   * Leaves. With `flush`, first waits until every line is answered, at most `flushTimeout`;
   * without, at once. Called again it leaves at once. `closed` tells how many lines were not
   * delivered.
   */
  quit(now: number, reason = '', { flush = false }: { flush?: boolean } = {}): void {
    if (this.isClosed) return;
    const deadline = flush && this.#quitting === undefined ? now + this.#config.flushTimeout : now;
    this.#quitting = { reason: sanitiseLine(reason), deadline };
    if (deadline <= now) this.#leave(now);
    this.#pump(now);
  }

  #connect(now: number): void {
    this.#retryAt = Infinity;
    const { connectTimeout, attemptTimeout } = this.#config;
    this.#attemptDeadline = now + (this.#session.wasOnline ? attemptTimeout : connectTimeout);
    this.#connection = this.#endpoint.connect(now, this.#server);
  }

  /** Events and outputs, until there are none. */
  #pump(now: number): void {
    this.#settle(now);
    let next = this.#endpoint.pollEvent();
    while (next !== undefined) {
      if (next.connection === this.#connection) this.#handleEvent(now, next.event);
      this.#settle(now);
      next = this.#endpoint.pollEvent();
    }
    this.#sessionDeadline = this.#session.nextTimeout(now);
  }

  #handleEvent(now: number, event: ConnectionEvent): void {
    switch (event.type) {
      case 'connected':
        this.#session.handleConnected(now);
        return;
      case 'message':
        this.#session.handleMessage(now, event.bytes);
        return;
      case 'liveness':
        if (this.#status === 'online' || this.#status === 'slow') {
          this.#setStatus({ status: event.state === 'alive' ? 'online' : 'slow' });
        }
        return;
      case 'drain':
        return;
      case 'closed':
        this.#handleClosed(now, event.close);
        return;
    }
  }

  #handleClosed(now: number, close: CloseInfo): void {
    const reason = sanitiseLine(close.reason);
    this.#connection = undefined;
    if (close.by === 'peer' && close.code === CloseCode.kicked) this.#finish('kicked', reason);
    else if (close.by === 'error' && close.code === TransportErrorCode.peerKeyRefused)
      this.#finish('server-key', reason);
    else if (close.by === 'error' && close.code === TransportErrorCode.protectionMismatch)
      this.#finish('protection', reason);
    else if (close.by === 'timeout' && this.#mayTryOn(now)) {
      this.#session.handleDisconnected(now);
      this.#connection = this.#endpoint.connect(now, this.#server);
    } else if (close.by === 'timeout') this.#lose(now, NO_ANSWER, 'unreachable');
    else this.#lose(now, reason, 'refused');
  }

  /** Whether a first try goes on: one handshake gives up sooner than people may want to wait. */
  #mayTryOn(now: number): boolean {
    return !this.#session.wasOnline && now < this.#attemptDeadline;
  }

  /** Does what the session wants and passes on what it says. */
  #settle(now: number): void {
    const session = this.#session;
    for (let output = session.pollOutput(); output !== undefined; output = session.pollOutput()) {
      this.#carryOut(now, output);
    }
    for (let event = session.pollEvent(); event !== undefined; event = session.pollEvent()) {
      // `closed` is the last event, whatever the session still has to say.
      if (!this.isClosed) this.#events.push(event);
    }
    if (this.#quitting !== undefined && this.pending === 0) this.#leave(now);
  }

  #carryOut(now: number, output: SessionOutput): void {
    switch (output.type) {
      case 'send':
        // Never full: the outbox's window is far below the connection's limit.
        if (this.#connection?.isOpen === true) this.#connection.send(output.channel, output.bytes);
        return;
      case 'welcomed':
        this.#attemptDeadline = Infinity;
        this.#attempt = 0;
        this.#backoff.reset();
        this.#setStatus({ status: 'online' });
        return;
      case 'refused':
        this.#handleRefused(now, output.code, output.reason);
        return;
      case 'broken':
        this.#hangUp(now, CloseCode.protocol, output.reason);
        this.#lose(now, output.reason, 'refused');
        return;
    }
  }

  #handleRefused(now: number, code: string, reason: string): void {
    this.#hangUp(now, CloseCode.quit, '');
    if (!this.#session.wasOnline || FINAL_REFUSALS.has(code)) {
      this.#finish(REFUSALS.has(code) ? (code as ClosedEvent['code']) : 'refused', reason);
      return;
    }
    this.#events.push({
      type: 'notice',
      level: 'error',
      code,
      text: `not let in again: ${reason}`,
    });
    this.#lose(now, reason, 'refused');
  }

  /** The attempt has come to nothing. */
  #giveUp(now: number, detail: string): void {
    this.#hangUp(now, CloseCode.quit, '');
    this.#lose(now, detail, 'unreachable');
  }

  /** The connection is no more: tries again, unless it was the very first. */
  #lose(now: number, detail: string, code: ClosedEvent['code']): void {
    this.#session.handleDisconnected(now);
    this.#attemptDeadline = Infinity;
    if (!this.#session.wasOnline) {
      this.#finish(code, detail);
      return;
    }
    this.#attempt += 1;
    this.#retryAt = now + this.#backoff.next();
    this.#setStatus({ status: 'reconnecting', retryAt: this.#retryAt, detail });
  }

  #hangUp(now: number, code: number, reason: string): void {
    const connection = this.#connection;
    this.#connection = undefined;
    connection?.close(now, { code, reason: truncateUtf8(reason, CLOSE_REASON_BYTES_MAX) });
  }

  #leave(now: number): void {
    const reason = this.#quitting?.reason ?? '';
    this.#hangUp(now, CloseCode.quit, reason);
    this.#finish('quit', reason);
  }

  #finish(code: ClosedEvent['code'], reason: string): void {
    this.#quitting = undefined;
    this.#attemptDeadline = Infinity;
    this.#retryAt = Infinity;
    if (this.isClosed) return;
    this.#setStatus({ status: 'closed', detail: reason });
    this.#events.push({ type: 'closed', code, reason, undelivered: this.pending });
  }

  #setStatus(status: Omit<StatusEvent, 'type' | 'attempt'>): void {
    if (status.status === this.#status && status.status !== 'reconnecting') return;
    this.#status = status.status;
    this.#events.push({ type: 'status', attempt: this.#attempt, ...status });
  }
}
