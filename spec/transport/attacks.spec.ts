import t from 'tap';
import { ByteWriter } from '../../lib/base/byte-writer.ts';
import { randomBytes, SeededRandom } from '../../lib/base/random.ts';
import { chacha20Poly1305 } from '../../lib/crypto/aead.ts';
import { createNoise } from '../../lib/crypto/noise.ts';
import { AeadProtection } from '../../lib/crypto/packet-keys.ts';
import { plaintext } from '../../lib/crypto/plaintext.ts';
import type { PacketProtection } from '../../lib/crypto/protection.ts';
import { HmacResetTokens } from '../../lib/crypto/reset-tokens.ts';
import { HmacRetryTokens } from '../../lib/crypto/retry-tokens.ts';
import { publicKeyOf } from '../../lib/crypto/static-key.ts';
import { AckTracker } from '../../lib/transport/ack-tracker.ts';
import { DEFAULT_TRANSPORT_CONFIG } from '../../lib/transport/config.ts';
import { Endpoint } from '../../lib/transport/endpoint.ts';
import { TransportErrorCode } from '../../lib/transport/errors.ts';
import type { LongPacket } from '../../lib/wire/packet.ts';
import { isLong, readLongPacket, writeLongPacket } from '../../lib/wire/packet-codec.ts';
import { NOISE_VERSION, PLAINTEXT_VERSION } from '../../lib/wire/version.ts';
import { Pair } from '../support/pair.ts';

const CLIENT = { address: '10.0.0.2', port: 40_000 };
const SERVER = { address: '10.0.0.1', port: 5_000 };
const NOTHING = new Uint8Array(0);
const text = new TextEncoder();

function connected(options: ConstructorParameters<typeof Pair>[0] = {}): Pair {
  const pair = new Pair({ handshakes: 'noise', ...options }).connect();
  pair.run(500);
  return pair;
}

/** A packet of the client's with a line in it, which never arrived. */
function held(pair: Pair, line: string, channel = 4): Uint8Array {
  pair.fate = ({ to }) => ({ drop: to === 'server' });
  pair.connection.send(channel, text.encode(line));
  pair.flush();
  const packet = pair.wire.at(-1)?.bytes.slice() ?? NOTHING;
  pair.fate = () => undefined;
  return packet;
}

function long(packet: Exclude<LongPacket, { type: 'unknownVersion' }>): Uint8Array {
  const writer = new ByteWriter(new Uint8Array(2048));
  writeLongPacket(writer, packet);
  return writer.written().slice();
}

t.test('a replayed packet is a counter and nothing else, however old it is', async (t) => {
  const pair = connected();
  const packet = held(pair, 'once');
  pair.server.handleDatagram(pair.now, CLIENT, packet.slice());
  pair.server.handleDatagram(pair.now, CLIENT, packet.slice());
  pair.run(60_000);
  pair.server.handleDatagram(pair.now, CLIENT, packet.slice());
  pair.flush();
  t.same(pair.texts('server', 4), ['once']);
  t.ok((pair.accepted?.stats(pair.now).packetsDuplicate ?? 0) >= 2);
});

t.test('nor is one taken twice that nothing but its number tells from a new one', async (t) => {
  const unreliable = 3;
  const pair = connected();
  const packet = held(pair, 'typing', unreliable);
  for (let i = 0; i < 3; i++) pair.server.handleDatagram(pair.now, CLIENT, packet.slice());
  pair.flush();
  t.same(pair.texts('server', unreliable), ['typing']);
  const acks = new AckTracker(DEFAULT_TRANSPORT_CONFIG);
  for (const number of [0, 5_000]) acks.onPacket(0, { number, urgency: 0, srtt: 10 });
  const isDuplicate = (number: number): boolean => acks.isDuplicate(number);
  t.ok(isDuplicate(0) && isDuplicate(3_975), 'too old to tell: outside the window of 1024');
  t.notOk(isDuplicate(3_976) || isDuplicate(5_001));
});

/** What both ends of a handshake seal and open packets with. */
function shake(): [client: PacketProtection, server: PacketProtection] {
  const ids = { client: new Uint8Array(8), server: new Uint8Array(4) };
  const client = createNoise({ random: new SeededRandom(1) }).initiate(NOTHING);
  const server = createNoise({ random: new SeededRandom(2) }).respond(NOTHING);
  const answer = server.read(client.start(ids), ids)?.reply ?? NOTHING;
  const { reply = NOTHING, result } = client.read(answer, ids) ?? {};
  const last = server.read(reply, ids)?.result;
  if (result === undefined || last === undefined) throw new Error('no handshake');
  return [result.protection, last.protection];
}

t.test('a packet that is sent back to its sender does not open', async (t) => {
  const [own, peer] = shake();
  const packet = new Uint8Array(40);
  own.seal(packet, 4, 24, 7);
  t.equal(own.open(packet.slice(), 4, 7), undefined);
  t.equal(peer.open(packet.slice(), 4, 7)?.length, 20);
  const pair = connected();
  const before = pair.connection.stats(pair.now).packetsReceived;
  for (const { to, bytes } of pair.wire.slice()) {
    if (to === 'server') pair.client.handleDatagram(pair.now, SERVER, bytes.slice());
    else pair.server.handleDatagram(pair.now, CLIENT, bytes.slice());
  }
  pair.flush();
  t.equal(pair.connection.stats(pair.now).packetsReceived, before);
  t.equal(pair.connection.state, 'established');
});

t.test('any bit flipped, in header, text or tag, and the packet does not open', async (t) => {
  const pair = connected();
  const packet = held(pair, 'exactly this');
  for (let bit = 0; bit < packet.length * 8; bit++) {
    const flipped = packet.slice();
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    pair.server.handleDatagram(pair.now, CLIENT, flipped);
  }
  pair.flush();
  t.same(pair.texts('server', 4), []);
  t.equal(pair.accepted?.inspect().keyUpdates, 0, 'the key phase bit was among them');
  t.equal(pair.accepted?.state, 'established');
  pair.server.handleDatagram(pair.now, CLIENT, packet);
  pair.flush();
  t.same(pair.texts('server', 4), ['exactly this']);
});

t.test('a nonce cannot be used twice: sealing a number again is refused', async (t) => {
  const secret = randomBytes(new SeededRandom(3), 32);
  const keys = new AeadProtection({ own: secret, peer: secret }, chacha20Poly1305);
  const seal = (protection: typeof keys, number: number): Uint8Array => {
    const packet = new Uint8Array(32);
    protection.seal(packet, 4, 16, number);
    return packet;
  };
  const first = seal(keys, 5);
  t.throws(() => seal(keys, 5), /sealed twice/);
  t.throws(() => seal(keys, 4), /sealed twice/);
  const next = keys.next();
  t.ok(next instanceof AeadProtection);
  if (next instanceof AeadProtection) t.not(String(seal(next, 5)), String(first));
});

t.test('who is not on the path can neither close, nor retry, nor reset a connection', async (t) => {
  const random = new SeededRandom(4);
  const secret = randomBytes(random, 32);
  const resets = new HmacResetTokens(secret);
  const pair = connected({ resets });
  const base = { form: 'long', version: NOISE_VERSION, source: randomBytes(random, 4) } as const;
  const stranger = { ...base, destination: randomBytes(random, 8) };
  const inject = (bytes: Uint8Array): void =>
    pair.client.handleDatagram(pair.now, SERVER, bytes.slice());
  const attack = (): void => {
    inject(long({ ...stranger, type: 'retry', token: randomBytes(random, 22) }));
    inject(long({ ...stranger, type: 'handshake', message: randomBytes(random, 150) }));
    inject(long({ ...stranger, type: 'versionNegotiation', version: 0, versions: [9] }));
    const close = randomBytes(random, 40);
    close[0] = 0x40;
    inject(close);
    inject(randomBytes(random, 40).fill(0x50, 0, 1).fill(0, 20));
  };
  attack();
  pair.run(2_000);
  t.equal(pair.connection.state, 'established');

  const fresh = new Pair({ handshakes: 'noise' });
  fresh.flush();
  const unharmed = fresh.client.handleDatagram.bind(fresh.client);
  unharmed(fresh.now, SERVER, long({ ...stranger, type: 'retry', token: new Uint8Array(22) }));
  unharmed(
    fresh.now,
    SERVER,
    long({ ...stranger, type: 'versionNegotiation', version: 0, versions: [9] }),
  );
  fresh.connect();
  t.equal(fresh.connection.state, 'established');
});

t.test('a handshake message that is noise, or of another client, changes nothing', async (t) => {
  const pair = new Pair({ handshakes: 'noise' });
  const random = new SeededRandom(5);
  const { clientId } = pair.connection;
  for (let i = 0; i < 20; i++) {
    pair.run(3);
    const base = { form: 'long', version: NOISE_VERSION, destination: clientId } as const;
    const source = randomBytes(random, 4);
    const message = randomBytes(random, 100 + i);
    const bytes = long({ ...base, source, type: 'handshake', message });
    pair.client.handleDatagram(pair.now, SERVER, bytes);
    const toServer = { ...base, destination: source, source: clientId };
    const last = long({ ...toServer, type: 'handshake', message: randomBytes(random, 110) });
    pair.server.handleDatagram(pair.now, CLIENT, last);
  }
  pair.connect();
  t.equal(pair.connection.state, 'established');
});

t.test('a key of small order gets no answer, and throws nothing', async (t) => {
  const pair = new Pair({ handshakes: 'noise' }).connect();
  const initial = pair.wire.filter(({ to, bytes }) => to === 'server' && bytes.length === 1_200)[1];
  const packet = readLongPacket(initial?.bytes ?? NOTHING);
  if (typeof packet !== 'object' || packet.type !== 'initial') throw new Error('no initial');
  const zero = long({ ...packet, message: new Uint8Array(32) });
  const other = new Pair({ handshakes: 'noise' });
  other.now = pair.now;
  other.server.handleDatagram(other.now, CLIENT, zero);
  t.equal(other.server.pollTransmit(other.now), undefined);
  t.equal(other.server.counters.accepted, 1, 'its address was proven');
});

t.test(
  'an impostor has the address but not the key: it learns nothing about the client',
  async (t) => {
    const random = new SeededRandom(6);
    const secretKey = randomBytes(random, 32);
    const publicKey = publicKeyOf(secretKey);
    const client = createNoise({
      random: random.fork(),
      acceptServerKey: (key) => String(key) === String(publicKey),
    });
    const right = createNoise({ random: random.fork(), staticKey: secretKey });
    const met = new Pair({ handshakes: { client, server: right } }).connect();
    t.same(met.connection.peerKey, publicKey);
    const impostor = createNoise({ random: random.fork() });
    const pair = new Pair({ handshakes: { client, server: impostor } });
    pair.run(5_000);
    const { peerKeyRefused: code } = TransportErrorCode;
    t.match(pair.clientEvents, [{ type: 'closed', close: { by: 'error', code } }]);
    const sent = pair.wire
      .filter(({ to }) => to === 'server')
      .map(({ bytes }) => readLongPacket(bytes));
    t.ok(sent.every((packet) => typeof packet === 'object' && packet.type === 'initial'));
    t.same(pair.serverEvents, []);
  },
);

t.test(
  'plaintext is refused by who wants encryption, and the reverse; both are told',
  async (t) => {
    const noise = createNoise({ random: new SeededRandom(7) });
    for (const [client, server] of [
      [noise, plaintext],
      [plaintext, noise],
    ] as const) {
      const pair = new Pair({ handshakes: { client, server } });
      pair.run(1_000);
      const { protectionMismatch: code } = TransportErrorCode;
      t.match(pair.clientEvents, [{ type: 'closed', close: { by: 'error', code } }]);
      t.same(pair.serverEvents, []);
    }
  },
);

t.test(
  'version and ids are part of the handshake: who changes them on the way ends it',
  async (t) => {
    const pair = new Pair({ handshakes: 'noise' });
    // Somebody on the path gives the client another id for the server's than the server did.
    pair.fate = ({ to, bytes }) => {
      const packet = isLong(bytes) ? readLongPacket(bytes) : undefined;
      if (to !== 'client' || typeof packet !== 'object' || packet.type !== 'handshake') return {};
      return { bytes: long({ ...packet, source: new Uint8Array([1, 2, 3, 4]) }) };
    };
    pair.run(5_000);
    t.equal(pair.connection.state, 'handshaking');
    const step = (version: number): Uint8Array | undefined => {
      const ids = { client: new Uint8Array(8).fill(version), server: new Uint8Array(4) };
      const [a, b] = [8, 9].map((seed) => createNoise({ random: new SeededRandom(seed) }));
      const initiator = a?.initiate(NOTHING);
      const hello = initiator?.start({ client: new Uint8Array(8).fill(1), server: NOTHING });
      const answer = b?.respond(NOTHING).read(hello ?? NOTHING, ids)?.reply ?? NOTHING;
      return initiator?.read(answer, { ...ids, client: new Uint8Array(8).fill(1) })?.reply;
    };
    t.ok(step(1));
    t.equal(step(2), undefined);
  },
);

t.test('a server that was started anew says so at once, and only it can', async (t) => {
  const secret = new Uint8Array(32).fill(9);
  const pair = connected({ resets: new HmacResetTokens(secret) });
  const start = (key: Uint8Array): Endpoint =>
    new Endpoint({
      random: new SeededRandom(10),
      handshakes: createNoise({ random: new SeededRandom(11) }),
      tokens: new HmacRetryTokens(new Uint8Array(32)),
      resets: new HmacResetTokens(key),
    });
  const packet = held(pair, 'anybody there?');
  const answer = (server: Endpoint, from = CLIENT): Uint8Array => {
    server.handleDatagram(pair.now, from, packet.slice());
    return server.pollTransmit(pair.now)?.bytes.slice() ?? NOTHING;
  };
  const forged = [
    answer(start(new Uint8Array(32).fill(8))),
    // Whoever has the tokens of this id for other addresses.
    answer(start(secret), { ...CLIENT, port: 40_001 }),
  ];
  for (const bytes of forged) {
    t.ok(bytes.length >= 21 && bytes.length < packet.length);
    pair.client.handleDatagram(pair.now, SERVER, bytes);
    t.equal(pair.connection.state, 'established');
  }
  const reset = answer(start(secret));
  t.ok(reset.length < packet.length, 'shorter, so that no two servers answer each other for ever');
  pair.client.handleDatagram(pair.now, SERVER, reset);
  pair.flush();
  const { statelessReset: code } = TransportErrorCode;
  t.match(pair.clientEvents.at(-1), { type: 'closed', close: { by: 'error', code } });
  const busy = start(secret);
  const answers = (): number => {
    let count = 0;
    for (let i = 0; i < 500; i++) if (answer(busy).length > 0) count++;
    return count;
  };
  t.equal(answers(), 100, 'a second: each costs a hash');
  pair.now += 500;
  t.equal(answers(), 50);
});

t.test('no answer to a stranger is larger than its question, of whatever type', async (t) => {
  const random = new SeededRandom(12);
  const tokens = new HmacRetryTokens(new Uint8Array(32));
  const noise = createNoise({ random: random.fork() });
  const resets = new HmacResetTokens(new Uint8Array(32));
  const server = new Endpoint({ random: random.fork(), handshakes: noise, tokens, resets });
  const ids = { destination: randomBytes(random, 4), source: randomBytes(random, 8) };
  const base = { form: 'long', version: NOISE_VERSION, ...ids } as const;
  const message = randomBytes(random, 32);
  const token = randomBytes(random, 22);
  const foreign = long({ ...base, type: 'initial', token: NOTHING, message });
  foreign[3] = 9;
  const short = (length: number): Uint8Array => randomBytes(random, length).fill(0x53, 0, 1);
  const questions: Record<string, Uint8Array> = {
    'initial without a token': long({ ...base, type: 'initial', token: NOTHING, message }),
    'initial with a forged token': long({ ...base, type: 'initial', token, message }),
    'initial of plaintext': long({
      ...base,
      version: PLAINTEXT_VERSION,
      type: 'initial',
      token: NOTHING,
      message,
    }),
    'initial of another version': foreign,
    handshake: long({ ...base, type: 'handshake', message }),
    retry: long({ ...base, type: 'retry', token }),
    'version negotiation': long({ ...base, version: 0, type: 'versionNegotiation', versions: [9] }),
    'short, of no connection': short(1_200),
    'short, as short as can be': short(22),
    'short, too short for an answer': short(21),
    'short without an id': short(60).fill(0x43, 0, 1),
    junk: randomBytes(random, 500),
    nothing: NOTHING,
  };
  let port = 1_000;
  for (const [name, question] of Object.entries(questions)) {
    server.handleDatagram(1_000, { address: '203.0.113.7', port: port++ }, question.slice());
    let answered = 0;
    for (let out = server.pollTransmit(1_000); out; out = server.pollTransmit(1_000)) {
      answered += out.bytes.length;
    }
    const factor = question.length === 0 ? answered : answered / question.length;
    t.ok(factor < 1, `${name}: ${answered} B for ${question.length} B`);
    t.comment(`${name}: ${factor.toFixed(2)}x (${answered} B for ${question.length} B)`);
  }
  t.equal(server.size, 0);
});

t.test(
  'with a token, before its packets open, a client gets less than three times its bytes',
  async (t) => {
    const pair = new Pair({ handshakes: 'noise' });
    pair.fate = ({ to, bytes }) => {
      const packet = isLong(bytes) ? readLongPacket(bytes) : undefined;
      const isLast = typeof packet === 'object' && packet.type === 'handshake';
      return { drop: to === 'server' && (isLast || packet === undefined) };
    };
    pair.run(60_000);
    const [toClient, toServer] = [pair.sizes.client, pair.sizes.server];
    t.ok(toClient < toServer, `${toClient} B for ${toServer} B`);
    t.equal(pair.server.size, 0);
  },
);
