import { utf8Length } from '../chat/bytes.ts';
import { TOPIC_BYTES_MAX } from '../chat/config.ts';
import { nickKey } from '../chat/names.ts';
import { sanitiseLine } from '../chat/sanitise.ts';
import type { ClientRecord, EntryKind } from '../chat/schema.ts';
import type { Refusal } from './journal.ts';
import { changeModes, roomRow } from './modes.ts';
import { muteRow, outranks, type Roles, reaches, roleRow } from './roles.ts';
import type { Room } from './room.ts';
import type { Session } from './session.ts';
import type { TablePut } from './table.ts';

type Post = Extract<ClientRecord, { type: 'post' }>;

/** What somebody may do: it happens when its entry is on disk, with `puts`. */
export interface Act {
  /** Nick of the person it is about; empty: none. */
  readonly to: string;
  readonly text: string;
  readonly puts: readonly TablePut[];
  apply(now: number): void;
}

/** What may come of a wish: the act, or why not. */
export type Verdict = Act | Refusal;

export function isRefusal(verdict: Verdict): verdict is Refusal {
  return 'code' in verdict;
}

/** By whom and why somebody is banned. `place`: their address too, not only their key. */
export interface BanOrder {
  readonly by: Session;
  readonly reason: string;
  readonly place: boolean;
}

/** Who has been sent away and may not come back. `who`: a person, or a key or address as text. */
export interface BanList {
  /** Why `who` cannot be banned. */
  check(who: Session | string): Refusal | undefined;
  ban(now: number, who: Session | string, order: BanOrder): void;
  /** Whether a nick, a key or an address is banned. */
  has(who: string): boolean;
  unban(now: number, who: string): void;
}

export interface ActsOptions {
  readonly roles: Roles;
  readonly bans: BanList;
  /** Everyone who is in, by the key of their nick. */
  readonly members: ReadonlyMap<string, Session>;
  /** Closes somebody's connection. */
  readonly expel: (now: number, session: Session, reason: string) => void;
  /** Somebody's role is another one now. */
  readonly showRole: (now: number, session: Session) => void;
}

const refusal = (code: string, reason: string): Refusal => ({ code, reason });
const OPS_ONLY = refusal('not-allowed', 'only operators may do that');

/** What is done to a room and to people, and who may do it. */
export class Acts {
  readonly #options: ActsOptions;

  constructor(options: ActsOptions) {
    this.#options = options;
  }

  judge(session: Session, room: Room, post: Post): Verdict {
    switch (post.kind) {
      case 'topic':
        return this.#judgeTopic(session, room, post.text);
      case 'mode':
        return this.#judgeMode(session, room, post.text);
      case 'ban':
        return this.#judgeBan(session, post);
      case 'unban':
        return this.#judgeUnban(session, post);
      default:
        return this.#judgePerson(session, post);
    }
  }

  #judgeTopic(session: Session, room: Room, raw: string): Verdict {
    const topic = sanitiseLine(raw).trim();
    if (room.isTopicLocked && !this.#governs(session, room)) return OPS_ONLY;
    if (utf8Length(topic) > TOPIC_BYTES_MAX) {
      return refusal('too-long', `a topic has at most ${TOPIC_BYTES_MAX} bytes`);
    }
    const settings = { ...room.settings, topic };
    const apply = (): void => room.set({ ...room.settings, topic });
    return { to: '', text: topic, puts: [roomRow(room.name, settings)], apply };
  }

  #judgeMode(session: Session, room: Room, text: string): Verdict {
    if (!this.#governs(session, room)) return OPS_ONLY;
    const change = changeModes(text);
    if ('code' in change) return change;
    const apply = (): void => room.set({ ...room.settings, ...change.settings });
    const settings = { ...room.settings, ...change.settings };
    return { to: '', text: change.shown, puts: [roomRow(room.name, settings)], apply };
  }

  /** Kick, mute, op and their opposites: of somebody who is less than oneself. */
  #judgePerson(session: Session, { kind, to, text }: Post): Verdict {
    const { roles, members } = this.#options;
    const least = kind === 'op' || kind === 'deop' ? 'owner' : 'op';
    if (!reaches(session.role, least)) {
      return least === 'op' ? OPS_ONLY : refusal('not-allowed', 'only the owner may do that');
    }
    const target = members.get(nickKey(to));
    if (target === undefined) {
      const muted = kind === 'unmute' ? roles.findMuted(to) : undefined;
      if (muted !== undefined) return this.#mute(muted, undefined, { to, text });
      return refusal('no-such-nick', `nobody here is called ${to}`);
    }
    if (!outranks(session.role, target.role)) {
      return refusal('not-allowed', `${target.nick} is ${target.role}, as you are or more`);
    }
    return this.#onPerson(session, target, kind, sanitiseLine(text).trim());
  }

  #onPerson(session: Session, target: Session, kind: EntryKind, reason: string): Verdict {
    const { roles, expel, showRole } = this.#options;
    const { nick, owner } = target;
    const common = { to: nick, text: reason };
    switch (kind) {
      case 'kick': {
        const why = `kicked by ${session.nick}${reason === '' ? '' : `: ${reason}`}`;
        return { ...common, puts: [], apply: (now) => expel(now, target, why) };
      }
      case 'mute':
        return this.#mute(owner, nick, common);
      case 'unmute':
        return this.#mute(owner, undefined, common);
      case 'op':
      case 'deop': {
        const isOp = kind === 'op';
        const apply = (now: number): void => {
          roles.setOp(owner, isOp);
          showRole(now, target);
        };
        return { ...common, puts: [roleRow(owner, isOp)], apply };
      }
      default:
        return refusal('unsupported', 'this server cannot do that');
    }
  }

  #mute(owner: string, nick: string | undefined, common: { to: string; text: string }): Act {
    const { roles } = this.#options;
    const apply = (): void => roles.setMuted(owner, nick);
    return { ...common, puts: [muteRow(owner, nick)], apply };
  }

  /** `to` is a nick, `@` and a nick for their address too, a key or an address. */
  #judgeBan(session: Session, { to, text }: Post): Verdict {
    const { bans, members, expel } = this.#options;
    if (!reaches(session.role, 'op')) return OPS_ONLY;
    const place = to.startsWith('@');
    const target = members.get(nickKey(place ? to.slice(1) : to));
    if (target !== undefined && !outranks(session.role, target.role)) {
      return refusal('not-allowed', `${target.nick} is ${target.role}, as you are or more`);
    }
    const reason = sanitiseLine(text).trim();
    const why = `banned by ${session.nick}${reason === '' ? '' : `: ${reason}`}`;
    const failed = bans.check(target ?? to);
    if (failed !== undefined) return failed;
    const apply = (now: number): void => {
      bans.ban(now, target ?? to, { by: session, reason, place });
      if (target !== undefined) expel(now, target, why);
    };
    return { to: target?.nick ?? to, text: reason, puts: [], apply };
  }

  #judgeUnban(session: Session, { to, text }: Post): Verdict {
    const { bans } = this.#options;
    if (!reaches(session.role, 'op')) return OPS_ONLY;
    if (!bans.has(to)) return refusal('no-such-ban', `nobody is banned as ${to}`);
    const apply = (now: number): void => bans.unban(now, to);
    return { to, text: sanitiseLine(text).trim(), puts: [], apply };
  }

  /** The founder of a room, and operators. */
  #governs(session: Session, room: Room): boolean {
    return room.isFounder(session.owner) || reaches(session.role, 'op');
  }
}
