import { CONTROL_CHANNEL } from '../chat/config.ts';
import { nickKey, validateNick } from '../chat/names.ts';
import type { Admission, Refusal } from './admission.ts';
import type { RoomNews } from './news.ts';
import type { HubOutbox } from './output.ts';
import type { Session } from './session.ts';

export interface NamingOptions {
  readonly outbox: HubOutbox;
  readonly admission: Admission;
  /** Everyone who is in, by the key of their nick. */
  readonly members: Map<string, Session>;
  readonly news: RoomNews;
  /** Whether a session does not answer. */
  readonly isSilent: (session: Session) => boolean;
  /** Ends the connection of a session that does not answer any more. */
  readonly drop: (now: number, session: Session) => void;
}

/** Who is called what, and may be. */
export class Naming {
  readonly #options: NamingOptions;

  constructor(options: NamingOptions) {
    this.#options = options;
  }

  /** Why `owner` cannot be called `nick`. A window of theirs that is silent makes room. */
  judge(now: number, nick: string, owner: string, self?: Session): Refusal | undefined {
    const { admission, members, isSilent, drop } = this.#options;
    const refusal = admission.judgeNick(now, nick, owner);
    if (refusal !== undefined) return refusal;
    const holder = members.get(nickKey(nick));
    if (holder === undefined || holder === self) return undefined;
    if (!isSilent(holder)) {
      return { code: 'nick-yours', reason: `you are ${nick} already` };
    }
    drop(now, holder);
    return undefined;
  }

  rename(now: number, session: Session, wanted: string): void {
    const { outbox, admission, news, members } = this.#options;
    const checked = validateNick(wanted);
    const refuse = (code: string, reason: string): void => {
      outbox.send(session.peers, CONTROL_CHANNEL, { type: 'error', code, reason });
      outbox.event(now, { type: 'rejected', nick: session.nick, code });
    };
    if (checked.error !== undefined) {
      refuse('nick-invalid', checked.reason);
      return;
    }
    const from = session.nick;
    const to = checked.name;
    const taken = this.judge(now, to, session.owner, session);
    if (taken !== undefined) {
      refuse(taken.code, taken.reason);
      return;
    }
    if (!session.allowance.nicks.take(now, 1)) {
      refuse('rate-limited', 'too many changes of nick; wait a little');
      return;
    }
    members.delete(session.key);
    this.leave(now, session);
    session.rename(to);
    members.set(session.key, session);
    admission.takeNick(to, session.owner);
    const at = outbox.wallClock(now);
    const renamed = { type: 'renamed', room: '', nick: from, to, at } as const;
    outbox.send(session.peers, CONTROL_CHANNEL, renamed);
    for (const room of session.rooms) {
      news.changed(now, room, session, { type: 'renamed', nick: from, to });
    }
    outbox.event(now, { type: 'nick', from, to });
  }

  /** A session is not called what it was any more. */
  leave(now: number, { nick, publicKey }: Session): void {
    this.#options.admission.leaveNick(now, nick, { isForgotten: publicKey === undefined });
  }
}
