import { createDecipheriv, createHmac } from 'node:crypto';
import t from 'tap';
import { type AeadMaker, nodeAead, sodiumAead } from '../../lib/crypto/aead.ts';
import { createNoise } from '../../lib/crypto/noise.ts';
import type { HandshakeProvider, PacketProtection } from '../../lib/crypto/protection.ts';
import { hex, unhex, vectors } from '../support/vectors.ts';

interface File {
  readonly clientId: string;
  readonly serverId: string;
  readonly clientStatic: string;
  readonly clientEphemeral: string;
  readonly serverStatic: string;
  readonly serverEphemeral: string;
  readonly clientPublic: string;
  readonly serverPublic: string;
  readonly clientParameters: string;
  readonly serverParameters: string;
  readonly message1: string;
  readonly message2: string;
  readonly message3: string;
  readonly clientSecret: string;
  readonly packets: readonly {
    readonly from: 'client' | 'server';
    readonly keyPhase: 0 | 1;
    readonly number: number;
    readonly header: string;
    readonly payload: string;
    readonly sealed: string;
  }[];
}

const file = vectors<File>('noise.json');

/** A provider whose ephemeral key is the vector's. */
function provider(who: 'client' | 'server', aead: AeadMaker): HandshakeProvider {
  const bytes = unhex(file[`${who}Ephemeral`]);
  let at = 0;
  const random = { uint32: () => ((bytes[at++] ?? 0) << 24) >>> 0 };
  return createNoise({ random, staticKey: unhex(file[`${who}Static`]), aead });
}

/** Both ends' protections, after the three messages of the vector. */
function shake(aead: AeadMaker): { client: PacketProtection; server: PacketProtection } {
  const ids = { client: unhex(file.clientId), server: unhex(file.serverId) };
  const initiator = provider('client', aead).initiate(unhex(file.clientParameters));
  const responder = provider('server', aead).respond(unhex(file.serverParameters));
  t.equal(hex(initiator.start(ids)), file.message1);
  t.equal(hex(responder.read(unhex(file.message1), ids)?.reply ?? unhex('')), file.message2);
  const step = initiator.read(unhex(file.message2), ids);
  t.equal(hex(step?.reply ?? unhex('')), file.message3);
  const last = responder.read(unhex(file.message3), ids);
  const [a, b] = [step?.result, last?.result];
  if (a === undefined || b === undefined) throw new Error('the handshake has changed');
  t.equal(hex(a.peerKey ?? unhex('')), file.serverPublic);
  t.equal(hex(b.peerKey ?? unhex('')), file.clientPublic);
  t.equal(hex(a.peerParameters), file.serverParameters);
  t.equal(hex(b.peerParameters), file.clientParameters);
  return { client: a.protection, server: b.protection };
}

for (const [name, aead] of [
  ['node:crypto', nodeAead],
  ['libsodium', sodiumAead],
] as const) {
  const options = aead === undefined ? { skip: `${name} does not load here` } : {};
  t.test(`handshake and packets are as the vectors say, by ${name}`, options, async (t) => {
    const ends = shake(aead ?? nodeAead);
    const later = { client: ends.client.next?.(), server: ends.server.next?.() };
    for (const { from, keyPhase, number, header, payload, sealed } of file.packets) {
      const to = from === 'client' ? 'server' : 'client';
      const { [from]: sender, [to]: receiver } = keyPhase === 0 ? ends : later;
      const headerLength = header.length / 2;
      const packet = new Uint8Array(sealed.length / 2);
      packet.set(unhex(header + payload));
      sender?.seal(packet, headerLength, packet.length - 16, number);
      t.equal(hex(packet), sealed);
      t.equal(receiver?.open(packet.slice(), headerLength, number + 1), undefined);
      const opened = receiver?.open(packet, headerLength, number);
      t.equal(opened === undefined ? '' : hex(opened), payload);
    }
  });
}

t.test('what one cipher seals the other opens, at every length', async (t) => {
  const other = sodiumAead ?? nodeAead;
  const [key, nonce] = [new Uint8Array(32).fill(1), new Uint8Array(12).fill(2)];
  for (const [a, b] of [
    [nodeAead(key), other(key)],
    [other(key), nodeAead(key)],
  ] as const) {
    for (let length = 0; length <= 1_300; length += length < 80 ? 1 : 61) {
      const packet = new Uint8Array(9 + length + 16).map((_, i) => i);
      const before = packet.slice(0, 9 + length);
      a.seal(packet, 9, 9 + length, nonce);
      const wrong = packet.slice();
      wrong[wrong.length - 1] = (wrong.at(-1) ?? 0) ^ 1;
      if (b.open(wrong, 9, nonce) || !b.open(packet, 9, nonce)) t.fail(`${length} bytes`);
      t.same(packet.subarray(0, 9 + length), before);
    }
  }
});

t.test('the packets can be opened with nothing but HMAC and ChaCha20-Poly1305', async (t) => {
  // A second reader, written only from spec/protocol/transport.md, section 3.7.
  const expand = (secret: Buffer, label: string): Buffer =>
    createHmac('sha256', secret).update(`udpchat ${label}\u0001`).digest();
  let secret: Buffer = Buffer.from(file.clientSecret, 'hex');
  let phase = 0;
  for (const { from, keyPhase, number, header, payload, sealed } of file.packets) {
    if (from === 'server') continue;
    if (keyPhase !== phase) secret = expand(secret, 'ku');
    phase = keyPhase;
    const nonce = expand(secret, 'iv').subarray(0, 12);
    const counter = Buffer.alloc(12);
    counter.writeBigUInt64BE(BigInt(number), 4);
    for (let i = 0; i < 12; i++) nonce[i] = (nonce[i] ?? 0) ^ (counter[i] ?? 0);
    const options = { authTagLength: 16 };
    const decipher = createDecipheriv('chacha20-poly1305', expand(secret, 'key'), nonce, options);
    const body = Buffer.from(sealed.slice(header.length), 'hex');
    decipher.setAAD(Buffer.from(header, 'hex'), { plaintextLength: body.length - 16 });
    decipher.setAuthTag(body.subarray(-16));
    const opened = Buffer.concat([decipher.update(body.subarray(0, -16)), decipher.final()]);
    t.equal(opened.toString('hex'), payload);
  }
});
