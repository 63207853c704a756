import type { ClientEvent } from '../../../lib/index.ts';
import { HOSTILE } from '../hostile.ts';
import { FakeClient } from './fake-client.ts';

const AT = Date.UTC(2026, 10, 22, 10, 0);

/** Everything that a server can say of others, with `evil` wherever there is text. */
function eventsOf(evil: string, seq: number): readonly ClientEvent[] {
  const room = '#lobby';
  const line = { room, seq, nick: evil, at: AT, own: false, history: (seq / 10) % 2 === 1 };
  const id = `evil${seq}`;
  return [
    { type: 'message', ...line, id, kind: 'text', text: evil },
    { type: 'message', ...line, seq: seq + 1, id: `${id}a`, kind: 'action', text: evil },
    {
      type: 'message',
      ...line,
      seq: seq + 6,
      id: `${id}c`,
      kind: 'text',
      text: `ana ${evil}`,
      ref: seq,
    },
    { type: 'edit', ...line, seq: seq + 2, ref: seq, text: evil },
    { type: 'react', ...line, seq: seq + 3, ref: seq, text: evil, on: true },
    { type: 'topic', ...line, seq: seq + 4, topic: evil },
    { type: 'act', ...line, seq: seq + 5, act: 'kick', to: evil, text: evil },
    { type: 'join', room, nick: evil, reason: evil, at: AT },
    { type: 'nick', room, from: evil, to: `${evil}2`, own: false, at: AT },
    { type: 'presence', nick: evil, presence: 'away', reason: evil },
    { type: 'typing', room, nick: evil },
    { type: 'read', room, nick: evil, seq },
    { type: 'leave', room, nick: evil, reason: evil, at: AT },
    { type: 'gone', room, nick: evil, reason: evil, at: AT },
    { type: 'notice', level: 'error', code: evil, text: evil },
    { type: 'rooms', rooms: [{ room: evil, members: 1, topic: evil }], total: 1 },
    { type: 'invited', room: `#${evil}`, nick: evil },
    { type: 'message', ...line, seq: 0, id: `${id}b`, room: `@${evil}`, kind: 'text', text: evil },
    { type: 'joined', room: `#${evil}`, topic: evil, modes: evil },
    { type: 'roster', room: `#${evil}`, users: [{ nick: evil, presence: 'here' }] },
    { type: 'rejected', room, id: 'none', code: evil, reason: evil },
    {
      type: 'page',
      ask: 0,
      room,
      query: evil,
      entries: [{ type: 'message', ...line, id: `${id}d`, kind: 'text', text: evil }],
      from: seq,
      to: seq,
      first: 1,
      found: [seq],
    },
    { type: 'status', status: 'reconnecting', attempt: 1, retryAt: 1, detail: evil },
    { type: 'status', status: 'online', attempt: 1 },
  ];
}

/** A client whose server sends nothing but hostile strings, and none of them was made harmless. */
export class HostileClient extends FakeClient {
  override begin(): void {
    super.begin();
    setTimeout(() => {
      let seq = 100;
      for (const evil of HOSTILE) {
        for (const event of eventsOf(evil, seq)) this.emit(event);
        seq += 10;
      }
      const users = HOSTILE.map((nick) => ({ nick, presence: 'here' as const }));
      this.emit({ type: 'roster', room: '#lobby', users });
      this.say('böb', 'the end');
    }, 200);
  }
}
