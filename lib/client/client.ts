import { EventEmitter } from 'node:events';
import type { OutboxChange, OutboxKeeper } from '../chat/kept.ts';
import type { EntryKind } from '../chat/schema.ts';
import { resolveHost } from '../net/connect.ts';
import { Driver } from '../net/driver.ts';
import { type ClientIdentityOptions, clientHandshakes } from '../net/keys.ts';
import { SystemRandom } from '../net/system-random.ts';
import type { TransportConfig } from '../transport/config.ts';
import type { Address, Machine } from '../transport/machine.ts';
import type { TraceStep } from '../transport/message-trace.ts';
import type { ConnectionStats } from '../transport/stats.ts';
import type { ClientConfig } from './config.ts';
import { ClientCore } from './core.ts';
import type { ClientEvent, ClosedEvent } from './events.ts';
import type { HistoryOptions, SearchOptions } from './pages.ts';
import type { PostAbout } from './posts.ts';
import type { ClientSession } from './session.ts';

/** ms that the goodbye may take. */
const CLOSE_WAIT = 500;

export interface ChatClientOptions extends ClientIdentityOptions {
  /** A name or an address. */
  readonly host: string;
  readonly port: number;
  readonly nick: string;
  /** Rooms to be in; `#lobby` unless told. */
  readonly rooms?: readonly string[];
  /** Lines of a room's past to show; 50 unless told. */
  readonly history?: number;
  /** What opens the chat: its password, or an invitation. */
  readonly password?: string;
  /** Keeps unanswered lines over the end of this client; the next one says them, once. */
  readonly outbox?: OutboxKeeper;
  readonly config?: Partial<ClientConfig>;
  readonly transport?: Partial<TransportConfig>;
  /**
   * Puts something between socket and client: an emulator of a bad network, a trace. `local` is
   * where the socket is bound.
   */
  readonly impair?: (machine: Machine, local: () => Address) => Machine;
  /** Leaves when aborted. */
  readonly signal?: AbortSignal;
}

/**
 * A chat client on a UDP socket: a `ClientCore` and the driver that runs it. Connects at once; all
 * it has to say comes as `event`, from the next turn on.
 */
export class ChatClient extends EventEmitter<{ event: [event: ClientEvent] }> {
  /** The last event, once the goodbye was said and the socket is free. Never rejects. */
  readonly closed: Promise<ClosedEvent>;
  readonly #core: ClientCore;
  readonly #machine: Machine;
  readonly #outbox: OutboxKeeper | undefined;
  #driver: Driver | undefined;
  #last: ClosedEvent | undefined;
  #resolveClosed: (event: ClosedEvent) => void = () => {};

  constructor({ host, port, impair, signal, outbox, ...options }: ChatClientOptions) {
    super();
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
    this.#outbox = outbox;
    this.#core = new ClientCore({
      ...options,
      ...(outbox !== undefined && { kept: outbox.load() }),
      server: { address: host, port },
      random: new SystemRandom(),
      handshakes: clientHandshakes(options),
      epoch: Date.now() - Driver.now(),
    });
    const local = (): Address => this.#driver?.address ?? { address: '', port: 0 };
    this.#machine = impair?.(this.#core, local) ?? this.#core;
    signal?.addEventListener('abort', () => this.quit(), { once: true });
    void this.#open(host, port);
  }

  get nick(): string {
    return this.#core.nick;
  }

  /** Lines that the server has not accepted or rejected. */
  get pending(): number {
    return this.#core.pending;
  }

  /** The link's figures; undefined while there is no connection. */
  stats(): ConnectionStats | undefined {
    return this.#core.linkStats(Driver.now());
  }

  /** How the packets of a line of ours fared, by its id; undefined when not known (any more). */
  trace(id: string): readonly TraceStep[] | undefined {
    return this.#core.trace(id);
  }

  /**
   * Says `text` in a room, or puts an entry of another kind into its log; the id returned comes
   * back with `accepted` or `rejected`.
   */
  post(room: string, text: string, kind: EntryKind = 'text', about: PostAbout = {}): string {
    return this.#command((now) => this.#core.post(now, room, text, kind, about));
  }

  /** Says `text` to one person. */
  direct(nick: string, text: string): string {
    return this.#command((now) => this.#core.direct(now, nick, text));
  }

  /** Wants to be in a room; answered by `joined`, or by `parted` with the reason why not. */
  join(room: string, key?: string): void {
    this.#do((session, now) => session.join(now, room, key));
  }

  /** Leaves a room; answered by `parted`. */
  part(room: string, reason?: string): void {
    this.#do((session, now) => session.part(now, room, reason));
  }

  /** Asks for the rooms whose name holds `query`; answered by `rooms`. */
  list(query?: string): void {
    this.#do((session, now) => session.list(now, query));
  }

  /** Asks for a part of a room's past; answered by a `page` event with the number returned. */
  history(room: string, options?: HistoryOptions): number {
    return this.#do((session, now) => session.history(now, room, options));
  }

  /** Looks for words in a room, newest first; answered as `history`. `lun*` finds `lunch`. */
  search(room: string, query: string, options?: SearchOptions): number {
    return this.#do((session, now) => session.history(now, room, { ...options, query }));
  }

  /** Asks somebody into a room. */
  invite(room: string, nick: string): void {
    this.#do((session, now) => session.invite(now, room, nick));
  }

  /** Asks who somebody is, and with which key; answered by a notice. */
  whois(nick: string): void {
    this.#do((session, now) => session.whois(now, nick));
  }

  /** Keeps the present nick for us for good (`false`: no longer); answered by a notice. */
  register(isWanted = true): void {
    this.#do((session, now) => session.register(now, isWanted));
  }

  /** Asks a room to try a bad network; an empty impairment ends it. Answered by `lab`. */
  lab(room: string, impairment: string): void {
    this.#do((session, now) => session.lab(now, room, impairment));
  }

  /** Tells everybody that we are not at the keyboard, and why; undefined: that we are back. */
  away(reason: string | undefined): void {
    this.#do((session, now) => session.away(now, reason));
  }

  /** Tells a room, or `@nick`, that we are writing; as often as there is a key, if you like. */
  typing(room: string): void {
    this.#do((session, now) => session.typing(now, room));
  }

  /** Tells a room up to which line we have read it. */
  read(room: string, seq: number): void {
    this.#do((session, now) => session.read(now, room, seq));
  }

  /** Asks for another nick; answered by a `nick` event or a notice. */
  changeNick(nick: string): void {
    this.#command((now) => this.#core.changeNick(now, nick));
  }

  /** Leaves at once; with `flush`, as soon as every line was answered. See `closed`. */
  quit(reason?: string, options?: { flush?: boolean }): void {
    this.#command((now) => this.#core.quit(now, reason, options));
  }

  async #open(host: string, port: number): Promise<void> {
    try {
      const server = await resolveHost(host, port);
      const owner = {
        onTurn: (): void => this.#onTurn(),
        onUnreachable: (now: number): void => this.#core.handleUnreachable(now),
        onError: (error: Error): void => this.#fail(error),
      };
      if (!this.#core.isClosed) {
        this.#core.start(Driver.now(), server);
        this.#driver = await Driver.connect(this.#machine, owner, server);
      }
    } catch (error) {
      this.#core.fail(error instanceof Error ? error.message : String(error));
    }
    this.#onTurn();
  }

  #command<T>(command: (now: number) => T): T {
    const result = command(Driver.now());
    if (this.#driver !== undefined) this.#driver.wake();
    else if (this.#core.isClosed) setImmediate(() => this.#onTurn());
    return result;
  }

  #do<T>(action: (session: ClientSession, now: number) => T): T {
    return this.#command((now) => this.#core.do(now, (session) => action(session, now)));
  }

  #onTurn(): void {
    this.#keep();
    for (let event = this.#core.pollEvent(); event !== undefined; event = this.#core.pollEvent()) {
      if (event.type === 'closed') {
        this.#last = event;
        setTimeout(() => this.#finish(), CLOSE_WAIT).unref();
      }
      this.emit('event', event);
    }
    if (this.#core.isUnheard) this.#driver?.rebind();
    if (this.#core.isDrained || this.#driver === undefined) this.#finish();
  }

  #keep(): void {
    const changes: OutboxChange[] = [];
    for (let next = this.#core.pollChange(); next; next = this.#core.pollChange()) {
      changes.push(next);
    }
    if (changes.length === 0) return;
    try {
      this.#outbox?.keep(changes);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      const text = `what is not delivered yet would be lost with this program: ${why}`;
      this.emit('event', { type: 'notice', level: 'error', code: 'outbox', text });
    }
  }

  #fail(error: Error): void {
    this.#core.fail(error.message);
    this.#onTurn();
    this.#finish();
  }

  #finish(): void {
    if (this.#last === undefined) return;
    this.#driver?.close();
    this.#resolveClosed(this.#last);
  }
}
