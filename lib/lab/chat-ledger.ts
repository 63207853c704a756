import type { ClientEvent, MessageEvent } from '../client/events.ts';
import { InvariantError } from './connection-checker.ts';
import { type EntryEvent, RoomLedger, RoomScreen } from './room-ledger.ts';

/** What one person's screen has shown. */
export interface Screen {
  readonly name: string;
  /** The rooms that they are in, by name. */
  readonly rooms: Map<string, RoomScreen>;
  /** Ids of own posts that have no answer. */
  readonly pending: Set<string>;
  /** Direct messages that were said or heard, by id. */
  readonly whispers: Set<string>;
  isOnline: boolean;
  isClosed: boolean;
}

/**
 * Compares what people see: in each room the same entries under the same numbers, with the words
 * that were typed; and each post of their own answered exactly once.
 */
export class ChatLedger {
  readonly #rooms = new Map<string, RoomLedger>();
  /** What was typed, by the post's id; edits under the id of the line that they change. */
  readonly #typed = new Map<string, Set<string>>();
  /** Numbers of accepted posts, by id. */
  readonly #accepted = new Map<string, number>();
  /** Lines that were refused, by id: nobody may ever see them. */
  readonly #rejected = new Set<string>();
  /** Direct messages that were accepted, and not yet seen by anybody but their author. */
  readonly #undelivered = new Set<string>();
  readonly #delivered = new Set<string>();
  /** Ids of lines by `room seq`. */
  readonly #ids = new Map<string, string>();

  /** Entries of all rooms that anybody has seen. */
  get length(): number {
    return [...this.#rooms.values()].reduce((sum, { length }) => sum + length, 0);
  }

  get accepted(): number {
    return this.#accepted.size;
  }

  /** Direct messages that were ticked and that nobody has been shown. */
  get undelivered(): number {
    return this.#undelivered.size;
  }

  /** The rooms that anybody has seen anything of, with the number of the newest entry. */
  get rooms(): { readonly room: string; readonly last: number }[] {
    return [...this.#rooms].map(([room, { length }]) => ({ room, last: length }));
  }

  /** `owed`: posts that somebody has left behind, and is yet to be answered about. */
  screen(name: string, owed: Iterable<string> = []): Screen {
    return {
      name,
      rooms: new Map(),
      pending: new Set(owed),
      whispers: new Set(),
      isOnline: false,
      isClosed: false,
    };
  }

  typed(id: string, text: string): void {
    this.#words(id).add(text);
  }

  /** Line `seq` of a room is given another text; its author has the answer under `id`. */
  edited(screen: Screen, { id, room, seq, text }: Edited): void {
    screen.pending.add(id);
    const line = this.#ids.get(`${room} ${seq}`);
    if (line !== undefined) this.typed(line, text);
  }

  /** Something else was done, and the answer is owed under `id`. */
  done(screen: Screen, id: string): void {
    screen.pending.add(id);
  }

  show(screen: Screen, event: ClientEvent): void {
    if (screen.isClosed) throw new Error(`${screen.name}: ${event.type} after closed`);
    switch (event.type) {
      case 'pending':
        screen.pending.add(event.id);
        break;
      case 'accepted':
        this.#answer(screen, event.id);
        if (event.room.startsWith('#')) this.#accept(screen, event.id, event.seq);
        else if (!this.#delivered.has(event.id)) this.#undelivered.add(event.id);
        break;
      case 'rejected':
        this.#answer(screen, event.id);
        if (event.code !== 'unanswered') this.#rejected.add(event.id);
        break;
      case 'message':
        if (event.room.startsWith('@')) this.#showWhisper(screen, event);
        else this.#showEntry(screen, event);
        break;
      case 'edit':
      case 'delete':
      case 'react':
      case 'topic':
      case 'act':
        this.#showEntry(screen, event);
        break;
      case 'parted':
        screen.rooms.delete(event.room);
        break;
      case 'status':
        screen.isOnline = event.status === 'online' || event.status === 'slow';
        break;
      case 'closed':
        screen.isClosed = true;
        break;
      case 'roster':
      case 'join':
      case 'leave':
      case 'gone':
      case 'nick':
        roomOf(screen, event.room).follow(event);
        break;
      default:
        break;
    }
  }

  #words(id: string): Set<string> {
    const words = this.#typed.get(id) ?? new Set();
    this.#typed.set(id, words);
    return words;
  }

  #answer(screen: Screen, id: string): void {
    if (!screen.pending.delete(id)) {
      throw new InvariantError(1, `${screen.name}: line ${id} was answered twice, or never typed`);
    }
  }

  #accept(screen: Screen, id: string, seq: number): void {
    const before = this.#accepted.get(id);
    if (before !== undefined && before !== seq) {
      throw new InvariantError(1, `${screen.name}: line ${id} is number ${before} and ${seq}`);
    }
    this.#accepted.set(id, seq);
  }

  #showEntry(screen: Screen, event: EntryEvent): void {
    const { room } = event;
    const ledger = this.#rooms.get(room) ?? new RoomLedger();
    this.#rooms.set(room, ledger);
    ledger.show(screen.name, roomOf(screen, room), event);
    if (event.type === 'message') this.#checkLine(screen, event);
  }

  #checkLine(screen: Screen, { room, seq, id, text, deleted = false }: MessageEvent): void {
    const what = `${screen.name}: line ${seq} (${id})`;
    this.#ids.set(`${room} ${seq}`, id);
    if (this.#rejected.has(id)) throw new InvariantError(1, `${what} was rejected`);
    if (!deleted && !this.#words(id).has(text)) {
      throw new InvariantError(13, `${what} was not typed like that`);
    }
    const accepted = this.#accepted.get(id);
    if (accepted !== undefined && accepted !== seq) {
      throw new InvariantError(1, `${what} was accepted as ${accepted}`);
    }
  }

  #showWhisper(screen: Screen, { id, text, own }: MessageEvent): void {
    if (!own) {
      this.#delivered.add(id);
      this.#undelivered.delete(id);
    }
    // Who writes to a nick that is theirs by then sees both ends of it.
    const end = `${own ? 'said' : 'heard'} ${id}`;
    if (screen.whispers.has(end)) {
      throw new InvariantError(1, `${screen.name}: direct message ${id} came twice`);
    }
    screen.whispers.add(end);
    if (!this.#words(id).has(text)) {
      throw new InvariantError(13, `${screen.name}: direct message ${id} was not typed like that`);
    }
  }
}

/** An edit under way. */
export interface Edited {
  readonly id: string;
  readonly room: string;
  readonly seq: number;
  readonly text: string;
}

function roomOf(screen: Screen, name: string): RoomScreen {
  const room = screen.rooms.get(name) ?? new RoomScreen();
  screen.rooms.set(name, room);
  return room;
}
