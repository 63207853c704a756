import type { DirectionSecrets, PacketKeys } from '../../crypto/protection.ts';
import type { KeyOwner } from './packet-tap.ts';

/**
 * Two lines of a key log, in the manner of NSS's (draft-ietf-tls-keylogfile): a label with the
 * direction and the key phase, the ids of client and server, the key and the iv; in hexadecimal.
 */
export function formatKeys({ own, peer }: PacketKeys, owner: KeyOwner): readonly string[] {
  const { ids, isClient, phase } = owner;
  const [client, server] = isClient ? [own, peer] : [peer, own];
  const line = (who: string, { key, iv }: DirectionSecrets): string =>
    `UDPCHAT_${who}_KEY_${phase} ${hex(ids.client)}${hex(ids.server)} ${hex(key)}${hex(iv)}`;
  return [line('CLIENT', client), line('SERVER', server)];
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
