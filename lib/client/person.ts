import { fromHex } from '../chat/bytes.ts';
import type { ServerRecord } from '../chat/schema.ts';
import { fingerprint } from '../crypto/static-key.ts';

/** What the server says of a person, as a line to read. */
export function describePerson(person: Extract<ServerRecord, { type: 'person' }>): string {
  const { nick, publicKey, registered, role, presence } = person;
  const key = publicKey === '' ? 'no key' : `key ${fingerprint(fromHex(publicKey))}`;
  const facts = [role, presence, registered ? 'registered' : 'not registered', key];
  return `${nick}: ${facts.join(', ')}`;
}
