import {
  ChatClient,
  type ClientEvent,
  type ClosedEvent,
  type ConnectionStats,
  type Machine,
} from '../lib/index.ts';
import { closedError } from './errors.ts';
import type { NickChoice } from './nick.ts';
import { formatTarget, type Target } from './target.ts';

/** Names tried in place of one that nobody chose: `ana`, `ana-2`, … */
const NICK_VARIANTS = 9;

export interface JoinOptions {
  readonly target: Target;
  readonly nick: NickChoice;
  readonly rooms?: readonly string[];
  /** Lines of the past to show. */
  readonly history?: number;
  /** ms to wait for a first connection, and for answers when leaving. */
  readonly timeout?: number;
  readonly impair?: (machine: Machine) => Machine;
}

/** A chat that has let us in. Events since then are kept until somebody listens. */
export class JoinedChat {
  readonly #client: ChatClient;
  #early: ClientEvent[] | undefined = [];

  private constructor(client: ChatClient) {
    this.#client = client;
    client.on('event', (event) => this.#early?.push(event));
  }

  /** Connects. Throws a CliError with the exit code if we are not let in. */
  static async join(options: JoinOptions): Promise<JoinedChat> {
    const { nick, isChosen } = options.nick;
    for (let variant = 1; ; variant++) {
      const name = variant === 1 ? nick : `${nick}-${variant}`;
      const chat = JoinedChat.#start(options, name);
      const closed = await chat.#welcome();
      if (closed === undefined) return chat;
      if (closed.code === 'nick-taken' && !isChosen && variant < NICK_VARIANTS) continue;
      throw closedError(closed, formatTarget(options.target)) ?? new Error('closed');
    }
  }

  static #start(options: JoinOptions, nick: string): JoinedChat {
    const { target, rooms, history, timeout, impair } = options;
    const config =
      timeout === undefined ? undefined : { connectTimeout: timeout, flushTimeout: timeout };
    const client = new ChatClient({
      ...target,
      nick,
      ...(rooms !== undefined && { rooms }),
      ...(history !== undefined && { history }),
      ...(config !== undefined && { config }),
      ...(impair !== undefined && { impair }),
    });
    return new JoinedChat(client);
  }

  get nick(): string {
    return this.#client.nick;
  }

  /** Lines without an answer. */
  get pending(): number {
    return this.#client.pending;
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

  post(room: string, text: string, kind: 'text' | 'action' = 'text'): string {
    return this.#client.post(room, text, kind);
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

  stats(): ConnectionStats | undefined {
    return this.#client.stats();
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
