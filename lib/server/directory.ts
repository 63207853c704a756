import {
  CHANNEL_STEP,
  type ChatConfig,
  LOBBY,
  LOBBY_CHANNEL,
  ROOM_CHANNELS,
} from '../chat/config.ts';
import { validateRoom } from '../chat/names.ts';
import type { Journal } from './journal.ts';
import { parseRoomRow, ROOM_TABLE } from './modes.ts';
import { Room } from './room.ts';
import type { TableRow } from './table.ts';

/** The rooms of a server, by name, and which channel each of them uses. */
export class RoomDirectory {
  readonly #config: ChatConfig;
  readonly #journal: Journal;
  readonly #rooms = new Map<string, Room>();
  /** Rooms on each channel, so that a new one goes where the fewest are. */
  readonly #load: number[] = Array.from({ length: ROOM_CHANNELS }, () => 0);

  /** Takes up the rooms of earlier runs: their logs and their rows. */
  constructor(config: ChatConfig, journal: Journal, rows: readonly TableRow[]) {
    this.#config = config;
    this.#journal = journal;
    this.#add(LOBBY);
    for (const log of journal.logs) if (log.startsWith('#')) this.#add(log);
    for (const { table, key, value } of rows) {
      if (table === ROOM_TABLE && validateRoom(key).name === key) {
        this.#add(key).set(parseRoomRow(value));
      }
    }
  }

  get size(): number {
    return this.#rooms.size;
  }

  get(name: string): Room | undefined {
    return this.#rooms.get(name);
  }

  [Symbol.iterator](): Iterator<Room> {
    return this.#rooms.values();
  }

  /** The room of a valid name, made if there is none; undefined when there are too many. */
  open(name: string): Room | undefined {
    const known = this.#rooms.get(name);
    if (known !== undefined) return known;
    return this.#rooms.size < this.#config.rooms ? this.#add(name) : undefined;
  }

  /** Forgets a room that nobody is in and that has nothing to remember. */
  release(room: Room): void {
    const { name, size, channel } = room;
    if (name === LOBBY || size > 0 || !room.isBlank) return;
    if (this.#journal.last(name) > 0 || !this.#rooms.delete(name)) return;
    const slot = (channel - LOBBY_CHANNEL) / CHANNEL_STEP;
    this.#load[slot] = (this.#load[slot] ?? 0) - 1;
  }

  #add(name: string): Room {
    const known = this.#rooms.get(name);
    if (known !== undefined) return known;
    const slot = this.#load.indexOf(Math.min(...this.#load));
    this.#load[slot] = (this.#load[slot] ?? 0) + 1;
    const room = new Room(name, LOBBY_CHANNEL + CHANNEL_STEP * slot, this.#config);
    this.#rooms.set(name, room);
    return room;
  }
}
