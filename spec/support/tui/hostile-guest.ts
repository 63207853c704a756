import { encodeClientRecord } from '../../../lib/chat/codec.ts';
import { CONTROL_CHANNEL } from '../../../lib/chat/config.ts';
import type { NewClientRecord } from '../../../lib/chat/schema.ts';
import type { CloseInfo, UdpConnection } from '../../../lib/index.ts';
import { HOSTILE } from '../hostile.ts';

const ROOM = '#lobby';
/** What a CLOSE has room for. */
const REASON_UNITS_MAX = 30;
/** What a name and a room of ours may have on the wire. */
const NAME_UNITS_MAX = 200;

/** All that a guest can say, with `evil` wherever there is text. */
function recordsOf(evil: string, n: number): readonly NewClientRecord[] {
  const id = (k: number): Uint8Array => new Uint8Array(8).fill(n).fill(k, 7);
  const name = evil.slice(0, NAME_UNITS_MAX);
  return [
    { type: 'post', id: id(1), room: ROOM, kind: 'text', text: evil },
    { type: 'post', id: id(2), room: ROOM, kind: 'topic', text: evil },
    { type: 'post', id: id(3), room: ROOM, kind: 'kick', text: evil, to: evil },
    { type: 'post', id: id(4), room: evil, kind: 'text', text: evil },
    { type: 'direct', id: id(5), to: evil, kind: 'text', text: evil },
    { type: 'nick', nick: name },
    { type: 'join', room: `#${evil}`, history: 0, key: name },
    { type: 'part', room: `#${evil}`, reason: evil },
    { type: 'away', reason: evil },
    { type: 'list', query: evil },
    { type: 'invite', room: ROOM, to: evil },
    { type: 'whois', to: evil },
    { type: 'lab', room: ROOM, impairment: evil },
  ];
}

async function greet(connection: UdpConnection, nick: string, n: number): Promise<void> {
  const [session, none] = [new Uint8Array(16).fill(n), new Uint8Array(0)];
  const seen = [{ room: ROOM, seen: 0 }];
  const hello = { type: 'hello', session, nick, logId: none, seen, history: 0, heard: 0 } as const;
  connection.send(encodeClientRecord(hello), CONTROL_CHANNEL);
  await new Promise((resolve) => connection.once('message', resolve));
}

/**
 * Says every hostile string to a host in every way, as somebody with a harmless nick; then comes
 * with a hostile one, which no host lets in; then leaves, the last with the reason `the end`.
 */
export async function sayAll(enter: () => Promise<UdpConnection>): Promise<void> {
  for (const [i, evil] of HOSTILE.entries()) {
    const connection = await enter();
    const over = new Promise<CloseInfo>((resolve) => connection.once('close', resolve));
    await greet(connection, `guest${i}`, i + 1);
    for (const record of recordsOf(evil, i + 1)) {
      connection.send(encodeClientRecord(record), CONTROL_CHANNEL);
    }
    const isLast = i === HOSTILE.length - 1;
    connection.end(256, isLast ? 'the end' : evil.slice(0, REASON_UNITS_MAX));
    const other = await enter();
    await greet(other, evil.slice(0, NAME_UNITS_MAX), 100 + i);
    other.destroy();
    const { by, reason } = await over;
    if (by !== 'local') throw new Error(`the host has hung up: ${reason}`);
  }
}
