import { type ChatConfig, CONTROL_CHANNEL } from '../chat/config.ts';
import { inboxOf } from '../store/store.ts';
import type { Journal } from './journal.ts';
import type { HubOutbox } from './output.ts';
import type { Session } from './session.ts';

export interface InboxesOptions {
  readonly config: ChatConfig;
  readonly outbox: HubOutbox;
  readonly journal: Journal;
}

/** Direct messages that a lost connection swallowed, or that came while somebody was away. */
export class Inboxes {
  readonly #options: InboxesOptions;

  constructor(options: InboxesOptions) {
    this.#options = options;
  }

  /** Sends the direct messages after number `after` again, before any new one. */
  show(session: Session, after: number): void {
    const { config, outbox, journal } = this.#options;
    const { peer } = session;
    if (peer === undefined) return;
    session.isInboxBehind = true;
    const { whispersKept: count, whisperBytesKept: bytes } = config;
    const log = inboxOf(session.owner);
    journal.read({ log, after, count, bytes, from: 'newest' }, (_, page) => {
      if (session.peer !== peer) return;
      session.isInboxBehind = false;
      if (page.type === 'failed') {
        const reason = `older messages cannot be read: ${page.reason}`;
        outbox.send([peer], CONTROL_CHANNEL, { type: 'error', code: 'storage', reason });
        return;
      }
      for (const { record } of page.entries) outbox.sendBytes([peer], CONTROL_CHANNEL, record);
    });
  }
}
