import { ChatClient, plaintext } from '../lib/entry/client.ts';
import { sanitiseLine } from '../lib/entry/words.ts';
import type {
  Address,
  ClientEvent,
  ClosedEvent,
  ConnectionStats,
  EntryKind,
  HandshakeProvider,
  HistoryOptions,
  LiveLab,
  Machine,
  OutboxKeeper,
  TraceStep,
  TransportConfig,
} from '../lib/index.ts';
import type { Access } from './access.ts';
import { isInteractive } from './command.ts';
import { type CliError, closedError } from './errors.ts';
import { HostTrust } from './known-hosts.ts';
import type { NickChoice } from './nick.ts';
import { PLAINTEXT_WARNING } from './plaintext.ts';
import { formatTarget, type Target } from './target.ts';

/** Names tried in place of one that nobody chose: `ana`, `ana-2`, … */
const NICK_VARIANTS = 9;
/** How often a person is asked for a password. */
const PROMPTS = 3;
/** Ends after which nothing is known for certain of the host's key, or nothing new. */
const UNMET: ReadonlySet<ClosedEvent['code']> = new Set([
  'unreachable',
  'protection',
  'server-key',
]);
/** Messages that a search shows, and their neighbours on each side: half a screen. */
const FOUND_MAX = 6;
const FOUND_CONTEXT = 1;
/** Refusals after which a person is asked for something, and for what. */
const WANTED: ReadonlyMap<string, string> = new Map([
  ['password-required', 'password'],
  ['password-wrong', 'password'],
  ['invitation-required', 'invitation'],
  ['invitation-wrong', 'invitation'],
]);

export interface JoinOptions {
  readonly target: Target;
  readonly nick: NickChoice;
  readonly access: Access;
  /** Asks the person for a password or an invitation; undefined: nobody is there to be asked. */
  readonly ask?: (question: string) => Promise<string>;
  /** Gives up when aborted, as long as nobody has let us in. */
  readonly signal?: AbortSignal;
  /** The key that the host must have; unless told, the one it had before. */
  readonly hostKey?: Uint8Array;
  readonly rooms?: readonly string[];
  /** Lines of the past to show. */
  readonly history?: number;
  /** Keeps what is not accepted over the end of this program. */
  readonly outbox?: OutboxKeeper | undefined;
  /** ms to wait for a first connection, and for answers when leaving. */
  readonly timeout?: number;
  readonly impair?: (machine: Machine, local: () => Address) => Machine;
  readonly watch?: (handshakes: HandshakeProvider) => HandshakeProvider;
  readonly transport?: Partial<TransportConfig>;
  /** Takes part in what operators ask rooms to try; unless told, nothing is tried. */
  readonly lab?: LiveLab;
}

export type { LiveLab };

/** A chat that has let us in. Events since then are kept until somebody listens. */
export class JoinedChat {
  /** Whether what was not accepted is said the next time. */
  readonly isKept: boolean;
  readonly #client: ChatClient;
  readonly #lab: LiveLab | undefined;
  /** What the person typed to get here. */
  readonly #name: string;
  readonly #trust: HostTrust;
  #early: ClientEvent[] | undefined = [];

  private constructor(client: ChatClient, trust: HostTrust, options: JoinOptions) {
    const { lab, outbox, target } = options;
    this.#client = client;
    this.#trust = trust;
    this.#name = formatTarget(target);
    this.#lab = lab;
    this.isKept = outbox !== undefined;
    client.on('event', (event) => lab?.handleEvent(event));
    client.on('event', (event) => this.#early?.push(event));
  }

  /** Connects. Throws a CliError with the exit code if we are not let in. */
  static async join(options: JoinOptions): Promise<JoinedChat> {
    const { target, nick, hostKey, access, ask, signal } = options;
    const trust = new HostTrust(target, hostKey);
    const name = formatTarget(target);
    let { password } = access;
    let variant = 1;
    let news: string | undefined;
    for (let tries = 0; ; ) {
      signal?.throwIfAborted();
      const variantName = variant === 1 ? nick.nick : `${nick.nick}-${variant}`;
      const chat = JoinedChat.#start(options, { nick: variantName, password, trust });
      const closed = await chat.#welcome();
      if (closed === undefined || !UNMET.has(closed.code)) news ??= trust.pin();
      if (closed === undefined) return chat.#introduce(news);
      const isTaken =
        closed.code === 'nick-yours' || (closed.code === 'nick-taken' && !nick.isChosen);
      const wanted = WANTED.get(closed.code);
      if (isTaken && variant < NICK_VARIANTS) variant += 1;
      else if (wanted !== undefined && ask !== undefined && tries < PROMPTS) {
        tries += 1;
        // Whoever is asked has seen before to whom they give it.
        const first = news === undefined ? '' : `${news}\n`;
        news = undefined;
        password = await ask(`${first}${sanitiseLine(closed.reason)}. ${wanted} for ${name}: `);
      } else {
        if (news !== undefined) process.stderr.write(`udpchat: ${news}\n`);
        if (closed.code === 'server-key') throw trust.changedError();
        throw closedError(closed, name) ?? new Error('closed');
      }
    }
  }

  static #start(
    options: JoinOptions,
    attempt: { nick: string; password: string | undefined; trust: HostTrust },
  ): JoinedChat {
    const { target, rooms, history, timeout, impair, watch, transport, outbox, lab, signal } =
      options;
    const { nick, password, trust } = attempt;
    const { identity, isPlaintext } = options.access;
    const config =
      timeout === undefined ? undefined : { connectTimeout: timeout, flushTimeout: timeout };
    const client = new ChatClient({
      ...target,
      nick,
      identity: identity.secret,
      acceptServerKey: (key) => trust.accept(key),
      ...(isPlaintext && { handshakes: plaintext }),
      ...(password !== undefined && { password }),
      ...(rooms !== undefined && { rooms }),
      ...(history !== undefined && { history }),
      ...(outbox !== undefined && { outbox }),
      ...(config !== undefined && { config }),
      ...around(impair, lab),
      ...(watch !== undefined && { watch }),
      ...(transport !== undefined && { transport }),
      ...(signal !== undefined && { signal }),
    });
    const chat = new JoinedChat(client, trust, options);
    if (isPlaintext) chat.#warn('plaintext', PLAINTEXT_WARNING);
    return chat;
  }

  /** The first thing that is shown. */
  #warn(code: string, text: string): void {
    this.#early?.push({ type: 'notice', level: 'error', code, text });
  }

  get nick(): string {
    return this.#client.nick;
  }

  /** Lines without an answer. */
  get pending(): number {
    return this.#client.pending;
  }

  /** Why it ended, unless it did as it was told. */
  explain(closed: ClosedEvent): CliError | undefined {
    if (closed.code === 'server-key') return this.#trust.changedError();
    return closedError(closed, this.#name, this);
  }

  /** The end, once the socket is free. Never rejects. */
  get closed(): Promise<ClosedEvent> {
    return this.#client.closed;
  }

  /** Tells `listener` what happened so far and what happens from now on. */
  on(event: 'event', listener: (event: ClientEvent) => void): this {
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const past of early) listener(past);
    this.#client.on(event, listener);
    return this;
  }

  post(
    room: string,
    text: string,
    kind: EntryKind = 'text',
    about: { readonly ref?: number; readonly to?: string } = {},
  ): string {
    return this.#client.post(room, text, kind, about);
  }

  join(room: string, key?: string): void {
    this.#client.join(room, key);
  }

  part(room: string, reason?: string): void {
    this.#client.part(room, reason);
  }

  list(query?: string): void {
    this.#client.list(query);
  }

  /** Asks for a part of a room's past; answered by a `page` event with the number returned. */
  history(room: string, options?: HistoryOptions): number {
    return this.#client.history(room, options);
  }

  /** Looks for words in a room; answered as `history`. */
  search(room: string, query: string): number {
    return this.#client.search(room, query, { count: FOUND_MAX, context: FOUND_CONTEXT });
  }

  whois(nick: string): void {
    this.#client.whois(nick);
  }

  register(isWanted: boolean): void {
    this.#client.register(isWanted);
  }

  invite(room: string, nick: string): void {
    this.#client.invite(room, nick);
  }

  lab(room: string, impairment: string): void {
    this.#client.lab(room, impairment);
  }

  /** Whether this client's own socket takes part when a room is asked to try a bad network. */
  acceptLab(isAccepted: boolean): void {
    this.#lab?.accept(isAccepted);
  }

  away(reason: string | undefined): void {
    this.#client.away(reason);
  }

  typing(room: string): void {
    this.#client.typing(room);
  }

  read(room: string, seq: number): void {
    this.#client.read(room, seq);
  }

  direct(nick: string, text: string): string {
    return this.#client.direct(nick, text);
  }

  changeNick(nick: string): void {
    this.#client.changeNick(nick);
  }

  quit(reason?: string, options?: { flush?: boolean }): void {
    this.#client.quit(reason, options);
  }

  trace(id: string): readonly TraceStep[] | undefined {
    return this.#client.trace(id);
  }

  stats(): ConnectionStats | undefined {
    return this.#client.stats();
  }

  /** Tells of a host that was met for the first time: in the window, or beside the data. */
  #introduce(news: string | undefined): this {
    if (news === undefined) return this;
    if (!isInteractive()) process.stderr.write(`udpchat: ${news}\n`);
    else this.#early?.push({ type: 'notice', level: 'info', code: 'host-key', text: news });
    return this;
  }

  /** Resolves when the server has let us in, or with the end that came instead. */
  #welcome(): Promise<ClosedEvent | undefined> {
    return new Promise((resolve) => {
      this.#client.on('event', (event) => {
        if (event.type === 'welcome') resolve(undefined);
        else if (event.type === 'closed') resolve(event);
      });
    });
  }
}

/** What goes between socket and client: the network of the flags, around it that of the class. */
function around(
  impair: JoinOptions['impair'],
  lab: LiveLab | undefined,
): Pick<JoinOptions, 'impair'> {
  if (lab === undefined) return impair === undefined ? {} : { impair };
  return { impair: (machine, local) => lab.around(impair?.(machine, local) ?? machine) };
}
