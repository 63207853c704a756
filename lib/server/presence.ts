import { type ChatConfig, SIGNAL_CHANNEL } from '../chat/config.ts';
import { nickKey } from '../chat/names.ts';
import type { ClientRecord, NewServerRecord } from '../chat/schema.ts';
import type { RoomDirectory } from './directory.ts';
import type { RoomNews } from './news.ts';
import type { HubOutbox } from './output.ts';
import type { Session } from './session.ts';

export interface PresencesOptions {
  readonly config: ChatConfig;
  readonly outbox: HubOutbox;
  readonly directory: RoomDirectory;
  readonly news: RoomNews;
  /** Everyone who is in, by the key of their nick. */
  readonly members: ReadonlyMap<string, Session>;
}

/** How people are, what they are about to say and what they have read. None of it is kept. */
export class Presences {
  readonly #options: PresencesOptions;

  constructor(options: PresencesOptions) {
    this.#options = options;
  }

  /** The transport's opinion of somebody's path. */
  setSlow(now: number, session: Session, isSlow: boolean): void {
    this.#change(now, session, () => {
      session.isSlow = isSlow;
    });
  }

  /** What somebody says of themselves; an empty reason: that they are back. */
  setAway(now: number, session: Session, reason: string): void {
    this.#change(now, session, () => {
      session.away = reason;
    });
  }

  typing(now: number, session: Session, { room: name }: { room: string }): void {
    const { directory, members, outbox } = this.#options;
    const { nick } = session;
    if (!session.allowance.signals.take(now, 1)) return;
    if (name.startsWith('@')) {
      const target = members.get(nickKey(name.slice(1)));
      const record = { type: 'typing', room: `@${nick}`, nick } as const;
      if (target !== undefined) outbox.sendIdle(target.peers, SIGNAL_CHANNEL, record);
      return;
    }
    const room = directory.get(name);
    if (room?.has(session)) this.#tellOthers(session, name, { type: 'typing', room: name, nick });
  }

  /** Somebody has read a room up to a line: for small rooms, where people care. */
  read(now: number, session: Session, mark: Extract<ClientRecord, { type: 'read' }>): void {
    const { directory, config } = this.#options;
    const { room: name, seq } = mark;
    const room = directory.get(name);
    if (!room?.has(session) || room.size > config.readersMax) return;
    if (!session.allowance.signals.take(now, 1)) return;
    this.#tellOthers(session, name, { type: 'read', room: name, nick: session.nick, seq });
  }

  #tellOthers(session: Session, name: string, record: NewServerRecord): void {
    const { directory, outbox } = this.#options;
    const peers = directory.get(name)?.peers ?? [];
    outbox.sendIdle(
      peers.filter((peer) => peer !== session.peer),
      SIGNAL_CHANNEL,
      record,
    );
  }

  #change(now: number, session: Session, change: () => void): void {
    const before = `${session.presence} ${session.away}`;
    change();
    const { nick, presence, away: reason, rooms } = session;
    if (`${presence} ${reason}` === before) return;
    for (const room of rooms) {
      const news = { type: 'presence', nick, presence, reason } as const;
      this.#options.news.changed(now, room, session, news);
    }
  }
}
