import { decodeServerRecord, encodeServerRecord } from '../chat/codec.ts';
import { RECORD_BYTES_MAX } from '../chat/config.ts';
import type { ClientRecord, ServerRecord } from '../chat/schema.ts';
import type { Amendment, PageEntry } from '../store/store.ts';
import type { Journal, Refusal } from './journal.ts';
import { reaches } from './roles.ts';
import type { Room } from './room.ts';
import type { Session } from './session.ts';

type Post = Extract<ClientRecord, { type: 'post' }>;
type Entry = Extract<ServerRecord, { type: 'message' }>;

interface Line {
  readonly entry: Entry;
  /** `Session.owner` of whose it is. */
  readonly author: string;
}

/** What comes of a wish to change a line. `seq` is the number of the entry that says so. */
export type AmendVerdict = Refusal | ((seq: number) => readonly Amendment[]);

type Done = (now: number, verdict: AmendVerdict) => void;

const NO_SUCH_LINE: Refusal = { code: 'no-such-line', reason: 'there is no such message' };

/**
 * Edits and deletes: of one's own lines, and for operators deletes of all. What takes the place of
 * old words takes it everywhere in the log, so that nobody who comes later can read them.
 */
export class Amendments {
  readonly #journal: Journal;
  /** Wishes about one line are looked into one after the other. */
  readonly #lines = new Map<string, (() => void)[]>();

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  /** Looks a line up and says what may become of it; call `settled` when that has been stored. */
  judge(session: Session, room: Room, post: Post, done: Done): void {
    const line = `${room.name} ${post.ref}`;
    const start = (): void => this.#look(session, room, post, done);
    const queue = this.#lines.get(line);
    if (queue !== undefined) {
      queue.push(start);
      return;
    }
    this.#lines.set(line, [start]);
    start();
  }

  settled(room: Room, ref: number): void {
    const line = `${room.name} ${ref}`;
    const queue = this.#lines.get(line);
    queue?.shift();
    const next = queue?.[0];
    if (next === undefined) this.#lines.delete(line);
    else next();
  }

  #look(session: Session, room: Room, post: Post, done: Done): void {
    this.#read(room, post.ref, (now, line) => {
      const refusal = judge(session, post, line);
      if (line === undefined || refusal !== undefined) {
        done(now, refusal ?? NO_SUCH_LINE);
        return;
      }
      const { entry } = line;
      const text = post.kind === 'edit' ? post.text : '';
      const change = (seq: number): Amendment => amend({ ...entry, text, edited: seq });
      if (entry.edited === 0) {
        done(now, (seq) => [change(seq)]);
        return;
      }
      this.#read(room, entry.edited, (later, edit) => {
        const old = edit === undefined ? [] : [amend({ ...edit.entry, text: '' })];
        done(later, (seq) => [change(seq), ...old]);
      });
    });
  }

  #read(room: Room, seq: number, done: (now: number, line: Line | undefined) => void): void {
    const range = { log: room.name, after: seq - 1, before: seq + 1, count: 1 };
    this.#journal.read({ ...range, bytes: RECORD_BYTES_MAX, from: 'newest' }, (now, page) => {
      const found = page.type === 'page' ? page.entries[0] : undefined;
      done(now, found === undefined ? undefined : parse(found));
    });
  }
}

/** Why a line, if there is one, may not be changed like that. */
function judge(session: Session, post: Post, line: Line | undefined): Refusal | undefined {
  const kind = line?.entry.kind;
  if (line === undefined || line.entry.text === '') return NO_SUCH_LINE;
  if (kind !== 'text' && kind !== 'action') return NO_SUCH_LINE;
  if (line.author === session.owner) return undefined;
  if (post.kind === 'delete' && reaches(session.role, 'op')) return undefined;
  return { code: 'not-yours', reason: 'that message is not yours' };
}

function parse({ record, author }: PageEntry): Line | undefined {
  const decoded = decodeServerRecord(record);
  if (decoded.record?.type !== 'message') return undefined;
  return { entry: decoded.record, author };
}

function amend(entry: Entry): Amendment {
  return { seq: entry.seq, text: entry.text, record: encodeServerRecord(entry) };
}
