import type { ClientEvent } from '../client/events.ts';
import { InvariantError } from './connection-checker.ts';

/** An event that is an entry of a room's log. */
export type EntryEvent = Extract<
  ClientEvent,
  { type: 'message' | 'edit' | 'delete' | 'react' | 'topic' | 'act' }
>;

/** What one person's screen has shown of one room, in one stay. */
export class RoomScreen {
  /** Number of the newest entry; 0 before the first. */
  lastSeq = 0;
  /** Who is in the room. */
  readonly roster = new Set<string>();
  /** What each line reads now; empty: deleted. */
  readonly texts = new Map<number, string>();
  /** Numbers of our own lines. */
  readonly own: number[] = [];

  /** Who came and went. */
  follow(event: ClientEvent): void {
    switch (event.type) {
      case 'roster':
        this.roster.clear();
        for (const { nick } of event.users) this.roster.add(nick);
        break;
      case 'join':
        this.roster.add(event.nick);
        break;
      case 'leave':
      case 'gone':
        this.roster.delete(event.nick);
        break;
      case 'nick':
        this.roster.delete(event.from);
        this.roster.add(event.to);
        break;
      default:
        break;
    }
  }
}

/** What an entry is, but for the words of a line, which may change: the same on all screens. */
function identify(event: EntryEvent): string {
  const { type } = event;
  switch (event.type) {
    case 'message':
      return event.id;
    case 'edit':
    case 'react':
      return `${type} ${event.ref} ${event.text}`;
    case 'delete':
      return `${type} ${event.ref}`;
    case 'topic':
      return `${type} ${event.topic}`;
    case 'act':
      return `${type} ${event.act} ${event.to} ${event.text}`;
  }
}

/**
 * Compares what people see of one room: the same entries under the same numbers, without a gap or a
 * second copy.
 */
export class RoomLedger {
  /** What the entries are, by number, as first seen by anyone. */
  readonly #entries: (string | undefined)[] = [];
  readonly #numbers = new Map<string, number>();

  /** Entries that anybody has seen. */
  get length(): number {
    return this.#entries.length;
  }

  show(name: string, screen: RoomScreen, event: EntryEvent): void {
    const { seq } = event;
    const identity = identify(event);
    const what = `${name}: line ${seq} (${identity}) of ${event.room}`;
    this.#checkGap(what, screen, event);
    screen.lastSeq = seq;
    const known = this.#entries[seq - 1];
    if (known !== undefined && known !== identity) {
      throw new InvariantError(2, `${what} is ${known} on other screens`);
    }
    if (event.type === 'message') {
      const number = this.#numbers.get(identity);
      if (number !== undefined && number !== seq) {
        throw new InvariantError(1, `${what} has been there under another number`);
      }
      this.#numbers.set(identity, seq);
    }
    this.#entries[seq - 1] = identity;
    change(screen, event);
  }

  #checkGap(what: string, screen: RoomScreen, { type, seq, history }: EntryEvent): void {
    const { lastSeq } = screen;
    if (lastSeq === 0) {
      // A newcomer may be shown fewer old entries than there are, but new ones are not skipped.
      if (!history && seq > this.#entries.length + 1) {
        throw new InvariantError(2, `${what} skips lines`);
      }
      return;
    }
    if (seq <= lastSeq) throw new InvariantError(2, `${what} follows line ${lastSeq}`);
    for (let skipped = lastSeq + 1; skipped < seq; skipped++) {
      // An edit whose place a later one took has nothing left to show.
      const known = this.#entries[skipped - 1];
      const mayBeBlank = history || type === 'edit' || type === 'delete';
      const isBlank = known === undefined ? mayBeBlank : known.startsWith('edit ');
      if (!isBlank) throw new InvariantError(2, `${what} follows line ${lastSeq}`);
    }
  }
}

function change({ texts, own }: RoomScreen, event: EntryEvent): void {
  if (event.type === 'message') {
    texts.set(event.seq, event.text);
    if (event.own) own.push(event.seq);
  } else if (event.type === 'edit') {
    if (texts.has(event.ref)) texts.set(event.ref, event.text);
  } else if (event.type === 'delete') {
    if (texts.has(event.ref)) texts.set(event.ref, '');
  }
}

/** Where two screens show another text for one line; undefined: nowhere. */
export function findDifference(a: RoomScreen, b: RoomScreen): string | undefined {
  for (const [seq, text] of a.texts) {
    const other = b.texts.get(seq);
    if (other !== undefined && other !== text) return `line ${seq} reads "${text}" and "${other}"`;
  }
  return undefined;
}
