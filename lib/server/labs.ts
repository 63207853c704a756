import { CONTROL_CHANNEL } from '../chat/config.ts';
import type { ClientRecord } from '../chat/schema.ts';
import type { RoomDirectory } from './directory.ts';
import type { Refusal } from './journal.ts';
import type { HubOutbox } from './output.ts';
import { reaches } from './roles.ts';
import type { Room } from './room.ts';
import type { Session } from './session.ts';

type Lab = Extract<ClientRecord, { type: 'lab' }>;

/**
 * Reads an impairment that somebody wants for a room: the one text that everybody is told, or why
 * it cannot be, for people.
 */
export type JudgeLab = (
  text: string,
) => { readonly impairment: string } | { readonly reason: string };

export interface LabsOptions {
  readonly outbox: HubOutbox;
  readonly directory: RoomDirectory;
  /** Without it there is no lab here: the server itself does not know the language. */
  readonly judgeLab: JudgeLab | undefined;
}

/**
 * The bad networks that operators ask rooms to try: announced, not applied; each client does that
 * to its own socket. Each ends with the stay, or the rights, of whoever announced it. Nothing is
 * kept.
 */
export class Labs {
  readonly #options: LabsOptions;
  readonly #on = new Map<Room, { readonly by: Session; readonly impairment: string }>();

  constructor(options: LabsOptions) {
    this.#options = options;
  }

  /** What somebody wants for a room; an empty impairment: that it ends. */
  announce(now: number, session: Session, wish: Lab): void {
    const room = this.#options.directory.get(wish.room);
    const verdict = this.#judge(now, session, { room, wish });
    if ('code' in verdict) {
      const refusal = { ...verdict, room: wish.room };
      this.#options.outbox.send(session.peers, CONTROL_CHANNEL, { type: 'error', ...refusal });
      this.#options.outbox.event(now, {
        type: 'rejected',
        nick: session.nick,
        code: refusal.code,
      });
      return;
    }
    const { impairment } = verdict;
    if (impairment === '') {
      this.#end(now, verdict.room, session);
      return;
    }
    this.#on.set(verdict.room, { by: session, impairment });
    this.#tell(now, verdict.room, session, impairment);
  }

  /** `session` has just come in, or back. */
  showTo(room: Room, session: Session): void {
    const lab = this.#on.get(room);
    if (lab === undefined) return;
    const { impairment, by } = lab;
    const record = { type: 'lab', room: room.name, nick: by.nick, impairment } as const;
    this.#options.outbox.send(session.peers, room.channel, record);
  }

  /** `session` is in `room` no longer, and what it announced goes with it. */
  left(now: number, room: Room, session: Session): void {
    if (this.#on.get(room)?.by === session) this.#end(now, room, session);
  }

  /** `session` has another role; what it announced ends with its right to announce. */
  roleChanged(now: number, session: Session): void {
    if (reaches(session.role, 'op')) return;
    for (const [room, { by }] of this.#on) if (by === session) this.#end(now, room, session);
  }

  #end(now: number, room: Room, by: Session): void {
    if (this.#on.delete(room)) this.#tell(now, room, by, '');
  }

  #tell(now: number, room: Room, { nick }: Session, impairment: string): void {
    const { outbox } = this.#options;
    outbox.broadcast(room, { type: 'lab', room: room.name, nick, impairment });
    outbox.event(now, { type: 'lab', room: room.name, by: nick, impairment });
  }

  #judge(
    now: number,
    session: Session,
    { room, wish }: { room: Room | undefined; wish: Lab },
  ): Refusal | { readonly room: Room; readonly impairment: string } {
    const { judgeLab } = this.#options;
    const { impairment: text } = wish;
    if (!room?.has(session)) {
      return { code: 'not-in-room', reason: `you are not in ${wish.room}` };
    }
    if (!reaches(session.role, 'op')) {
      return { code: 'not-allowed', reason: 'only operators may do that' };
    }
    if (!session.allowance.lines.take(now, 1)) {
      return { code: 'rate-limited', reason: 'too much at once; wait a moment' };
    }
    if (text === '') return { room, impairment: '' };
    if (judgeLab === undefined) return { code: 'unsupported', reason: 'this server has no lab' };
    const verdict = judgeLab(text);
    return 'reason' in verdict ? { code: 'lab-invalid', ...verdict } : { room, ...verdict };
  }
}
