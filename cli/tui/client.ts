import type { ClientEvent, EntryKind, TraceStep } from '../../lib/index.ts';
import type { Effect, LinkStats } from './model/state.ts';

/** What the window needs of a chat client. */
export interface WindowClient {
  readonly nick: string;
  on(event: 'event', listener: (event: ClientEvent) => void): unknown;
  post(
    room: string,
    text: string,
    kind: EntryKind,
    about: { readonly ref?: number; readonly to?: string },
  ): string;
  join(room: string, key?: string): void;
  part(room: string, reason?: string): void;
  list(query?: string): void;
  invite(room: string, nick: string): void;
  /** Asks a room to try a bad network; an empty impairment ends it. */
  lab(room: string, impairment: string): void;
  /** Whether this person's own socket takes part when a room is asked to. */
  acceptLab(isAccepted: boolean): void;
  search(room: string, query: string): unknown;
  /** Answered by a `page` event. */
  history(room: string, options: { readonly before: number; readonly count: number }): unknown;
  whois(nick: string): void;
  register(isWanted: boolean): void;
  away(reason: string | undefined): void;
  typing(room: string): void;
  read(room: string, seq: number): void;
  direct(nick: string, text: string): string;
  changeNick(nick: string): void;
  quit(reason?: string, options?: { flush?: boolean }): void;
  stats(): LinkStats | undefined;
  /** How the packets of a line of ours fared, by its id; undefined: not known (any more). */
  trace(id: string): readonly TraceStep[] | undefined;
}

/** Carries out an effect that is the client's to do; false: it is the screen's. May throw. */
export function tellClient(client: WindowClient, effect: Effect): boolean {
  switch (effect.type) {
    case 'post': {
      const { room, text, kind, ref, to } = effect;
      client.post(room, text, kind, {
        ...(ref !== undefined && { ref }),
        ...(to !== undefined && { to }),
      });
      return true;
    }
    case 'direct':
      client.direct(effect.nick, effect.text);
      return true;
    case 'nick':
      client.changeNick(effect.nick);
      return true;
    case 'join':
      client.join(effect.room, effect.key);
      return true;
    case 'part':
      client.part(effect.room, effect.reason);
      return true;
    case 'list':
      client.list(effect.query);
      return true;
    case 'invite':
      client.invite(effect.room, effect.nick);
      return true;
    case 'lab':
      client.lab(effect.room, effect.impairment);
      return true;
    case 'accept-lab':
      client.acceptLab(effect.isAccepted);
      return true;
    case 'search':
      client.search(effect.room, effect.query);
      return true;
    case 'history':
      client.history(effect.room, { before: effect.before, count: effect.count });
      return true;
    case 'whois':
      client.whois(effect.nick);
      return true;
    case 'register':
      client.register(effect.isWanted);
      return true;
    case 'away':
      client.away(effect.reason);
      return true;
    case 'typing':
      client.typing(effect.room);
      return true;
    case 'read':
      client.read(effect.room, effect.seq);
      return true;
    default:
      return false;
  }
}
