import { CONTROL_CHANNEL } from '../chat/config.ts';
import { nickKey } from '../chat/names.ts';
import type { ClientRecord } from '../chat/schema.ts';
import type { Claims } from './claims.ts';
import type { HubOutbox } from './output.ts';
import type { Session } from './session.ts';

type Whois = Extract<ClientRecord, { type: 'whois' }>;
type Register = Extract<ClientRecord, { type: 'register' }>;

export interface InquiriesOptions {
  readonly outbox: HubOutbox;
  readonly claims: Claims;
  /** Everyone who is in, by the key of their nick. */
  readonly members: ReadonlyMap<string, Session>;
}

/** Who is that, and: this nick is to stay mine. */
export class Inquiries {
  readonly #outbox: HubOutbox;
  readonly #claims: Claims;
  readonly #members: ReadonlyMap<string, Session>;

  constructor({ outbox, claims, members }: InquiriesOptions) {
    this.#outbox = outbox;
    this.#claims = claims;
    this.#members = members;
  }

  handle(now: number, session: Session, record: Whois | Register): void {
    if (!session.allowance.queries.take(now, 1)) {
      this.#refuse(now, session, 'rate-limited', 'too many questions at once; wait a moment');
    } else if (record.type === 'whois') this.#whois(now, session, record.to);
    else this.#register(now, session, record.registered);
  }

  /** Everybody may ask: the key that is shown proves nothing to others, and tells doubles apart. */
  #whois(now: number, session: Session, nick: string): void {
    const person = this.#members.get(nickKey(nick));
    if (person === undefined) {
      this.#refuse(now, session, 'no-such-nick', `nobody here is called ${nick}`);
      return;
    }
    this.#show(now, session, person);
  }

  #register(now: number, session: Session, isWanted: boolean): void {
    const { nick } = session;
    if (session.publicKey === undefined) {
      this.#refuse(
        now,
        session,
        'not-authorized',
        'without a key nobody could tell that it is you',
      );
    } else if (!isWanted) {
      this.#claims.unregister(nick);
      this.#show(now, session, session);
    } else if (this.#claims.register(nick)) {
      this.#show(now, session, session);
    } else {
      const reason = 'you, or all together, have too many registered nicks: /unregister another';
      this.#refuse(now, session, 'too-many-nicks', reason);
    }
  }

  #show(now: number, session: Session, { nick, publicKey = '', role, presence }: Session): void {
    const at = this.#outbox.wallClock(now);
    const registered = this.#claims.get(at, nick)?.isRegistered === true;
    const record = { type: 'person', nick, publicKey, registered, role, presence } as const;
    this.#outbox.send(session.peers, CONTROL_CHANNEL, record);
  }

  #refuse(now: number, session: Session, code: string, reason: string): void {
    this.#outbox.send(session.peers, CONTROL_CHANNEL, { type: 'error', code, reason });
    this.#outbox.event(now, { type: 'rejected', nick: session.nick, code });
  }
}
