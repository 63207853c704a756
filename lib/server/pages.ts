import { type ChatConfig, CONTROL_CHANNEL } from '../chat/config.ts';
import type { ClientRecord } from '../chat/schema.ts';
import type { RoomDirectory } from './directory.ts';
import type { Journal, PageResult } from './journal.ts';
import type { HubOutbox } from './output.ts';
import type { Room } from './room.ts';
import type { Session } from './session.ts';

type History = Extract<ClientRecord, { type: 'history' }>;

export interface PagesOptions {
  readonly config: ChatConfig;
  readonly outbox: HubOutbox;
  readonly journal: Journal;
  readonly directory: RoomDirectory;
}

/** What was said before: a page of a room's log at a time, or what a search finds in it. */
export class Pages {
  readonly #config: ChatConfig;
  readonly #outbox: HubOutbox;
  readonly #journal: Journal;
  readonly #directory: RoomDirectory;

  constructor({ config, outbox, journal, directory }: PagesOptions) {
    this.#config = config;
    this.#outbox = outbox;
    this.#journal = journal;
    this.#directory = directory;
  }

  show(now: number, session: Session, record: History): void {
    const room = this.#directory.get(record.room);
    if (!room?.has(session)) {
      this.#refuse(session, record, 'not-in-room', `you are not in ${record.room}`);
    } else if (!session.allowance.queries.take(now, 1)) {
      this.#refuse(session, record, 'rate-limited', 'too many questions at once; wait a moment');
    } else if (record.query === '') this.#page(session, room, record);
    else this.#search(session, room, record);
  }

  /** From the end that is asked for: upwards from `after` or `since`, else back from the newest. */
  #page(session: Session, room: Room, record: History): void {
    const { after, before, since, history } = record;
    const isUpward = after > 0 || since > 0;
    const range = {
      log: room.name,
      after: Math.max(after, this.#horizon(room)),
      ...(before > 0 && { before }),
      ...(since > 0 && { since }),
      count: Math.min(history, this.#config.pageLines),
      bytes: this.#config.pageBytes,
      from: isUpward ? ('oldest' as const) : ('newest' as const),
    };
    this.#journal.read(range, (_, page) => this.#answer(session, room, record, page));
  }

  #search(session: Session, room: Room, record: History): void {
    const { before, history, query } = record;
    const context = Math.min(record.context, this.#config.searchContext);
    const count = Math.min(history, Math.floor(this.#config.pageLines / (2 * context + 1)));
    const range = { log: room.name, count, context, ...(before > 0 && { before }) };
    const words = { ...range, words: query };
    this.#journal.search(words, (_, page) => this.#answer(session, room, record, page));
  }

  /** A room may hide what is further back than so many lines. */
  #horizon(room: Room): number {
    const { depth } = room.settings;
    return depth === Infinity ? 0 : Math.max(0, this.#journal.last(room.name) - depth);
  }

  #answer(session: Session, room: Room, record: History, page: PageResult): void {
    if (!room.has(session)) return;
    if (page.type === 'failed') {
      this.#refuse(session, record, page.code, `older messages cannot be read: ${page.reason}`);
      return;
    }
    const horizon = this.#horizon(room);
    const lines: Uint8Array[] = [];
    const shown = new Set<number>();
    let size = 0;
    for (const entry of page.entries) {
      size += entry.record.length;
      if (lines.length > 0 && size > this.#config.pageBytes) break;
      if (entry.seq <= horizon) continue;
      lines.push(entry.record);
      shown.add(entry.seq);
    }
    const found = page.found?.filter((seq) => shown.has(seq)) ?? [];
    const { ask, query } = record;
    const first = Math.max(page.first, horizon + 1);
    const answer = { type: 'page', ask, room: room.name, first, query, lines } as const;
    const marks = found.length > 0 ? { found } : {};
    this.#outbox.send(session.peers, CONTROL_CHANNEL, { ...answer, ...marks });
  }

  #refuse(session: Session, { room }: History, code: string, reason: string): void {
    this.#outbox.send(session.peers, CONTROL_CHANNEL, { type: 'error', code, reason, room });
  }
}
