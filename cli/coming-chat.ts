import { EventEmitter } from 'node:events';
import type { ClientEvent, ClosedEvent, EntryKind, TraceStep } from '../lib/index.ts';
import { messageOf } from './errors.ts';
import type { JoinedChat, JoinOptions } from './joined-chat.ts';
import type { WindowClient } from './tui/client.ts';
import type { LinkStats } from './tui/model/state.ts';

type About = { readonly ref?: number; readonly to?: string };
type Join = (options: Required<Pick<JoinOptions, 'ask' | 'signal'>>) => Promise<JoinedChat>;

/**
 * A chat that a window shows while it is still being joined. What is asked of it meanwhile is done
 * when it is there.
 */
export class ComingChat extends EventEmitter<{ event: [ClientEvent] }> implements WindowClient {
  /** The end, once the socket is free. Never rejects. */
  readonly closed: Promise<ClosedEvent>;
  readonly #nick: string;
  readonly #join: Join;
  readonly #abort = new AbortController();
  #chat: JoinedChat | undefined;
  #failure: Error | undefined;
  #waiting: ((chat: JoinedChat) => unknown)[] = [];
  /** Lines among what waits. */
  #unsent = 0;
  #resolveClosed: (closed: ClosedEvent | Promise<ClosedEvent>) => void = () => {};

  /** `nick` is what it will be unless somebody else has that one. */
  constructor(nick: string, join: Join) {
    super();
    this.#nick = nick;
    this.#join = join;
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
  }

  /** Connects; `ask` is for what only the person knows. */
  begin(ask: (question: string) => Promise<string>): void {
    this.#join({ ask, signal: this.#abort.signal }).then(
      (chat) => this.#arrive(chat),
      (error: unknown) => this.#fail(error),
    );
  }

  /** Whether we were let in. */
  get isHere(): boolean {
    return this.#chat !== undefined;
  }

  get isKept(): boolean {
    return this.#chat?.isKept ?? false;
  }

  get nick(): string {
    return this.#chat?.nick ?? this.#nick;
  }

  /** Why it ended, unless it did as it was told. */
  explain(closed: ClosedEvent): Error | undefined {
    return this.#chat === undefined ? this.#failure : this.#chat.explain(closed);
  }

  #arrive(chat: JoinedChat): void {
    this.#chat = chat;
    this.#resolveClosed(chat.closed);
    chat.on('event', (event) => this.emit('event', event));
    for (const action of this.#waiting.splice(0)) {
      try {
        action(chat);
      } catch (error) {
        const text = `not sent: ${messageOf(error)}`;
        this.emit('event', { type: 'notice', level: 'error', code: 'not-sent', text });
      }
    }
  }

  #fail(error: unknown): void {
    this.#failure = error instanceof Error ? error : new Error(String(error));
    const closed: ClosedEvent = {
      type: 'closed',
      code: this.#abort.signal.aborted ? 'quit' : 'refused',
      reason: this.#failure.message,
      undelivered: this.#unsent,
    };
    this.#resolveClosed(closed);
    this.emit('event', closed);
  }

  #do(action: (chat: JoinedChat) => unknown): void {
    if (this.#chat === undefined) this.#waiting.push(action);
    else action(this.#chat);
  }

  post(room: string, text: string, kind: EntryKind, about: About): string {
    if (this.#chat !== undefined) return this.#chat.post(room, text, kind, about);
    this.#unsent += 1;
    this.#do((chat) => chat.post(room, text, kind, about));
    return '';
  }

  direct(nick: string, text: string): string {
    if (this.#chat !== undefined) return this.#chat.direct(nick, text);
    this.#unsent += 1;
    this.#do((chat) => chat.direct(nick, text));
    return '';
  }

  join(room: string, key?: string): void {
    this.#do((chat) => chat.join(room, key));
  }

  part(room: string, reason?: string): void {
    this.#do((chat) => chat.part(room, reason));
  }

  list(query?: string): void {
    this.#do((chat) => chat.list(query));
  }

  invite(room: string, nick: string): void {
    this.#do((chat) => chat.invite(room, nick));
  }

  lab(room: string, impairment: string): void {
    this.#do((chat) => chat.lab(room, impairment));
  }

  acceptLab(isAccepted: boolean): void {
    this.#do((chat) => chat.acceptLab(isAccepted));
  }

  search(room: string, query: string): void {
    this.#do((chat) => chat.search(room, query));
  }

  history(room: string, options: { readonly before: number; readonly count: number }): void {
    this.#do((chat) => chat.history(room, options));
  }

  whois(nick: string): void {
    this.#do((chat) => chat.whois(nick));
  }

  register(isWanted: boolean): void {
    this.#do((chat) => chat.register(isWanted));
  }

  away(reason: string | undefined): void {
    this.#do((chat) => chat.away(reason));
  }

  changeNick(nick: string): void {
    this.#do((chat) => chat.changeNick(nick));
  }

  /** Of no interest to anybody who is not there yet. */
  typing(room: string): void {
    this.#chat?.typing(room);
  }

  read(room: string, seq: number): void {
    this.#chat?.read(room, seq);
  }

  quit(reason?: string, options?: { flush?: boolean }): void {
    if (this.#chat === undefined) this.#abort.abort();
    this.#chat?.quit(reason, options);
  }

  stats(): LinkStats | undefined {
    return this.#chat?.stats();
  }

  trace(id: string): readonly TraceStep[] | undefined {
    return this.#chat?.trace(id);
  }
}
