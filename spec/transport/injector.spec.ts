import t from 'tap';
import { ByteWriter } from '../../lib/base/byte-writer.ts';
import { randomBytes, SeededRandom } from '../../lib/base/random.ts';
import { createNoise } from '../../lib/crypto/noise.ts';
import { HmacRetryTokens } from '../../lib/crypto/retry-tokens.ts';
import { publicKeyOf } from '../../lib/crypto/static-key.ts';
import { TransportErrorCode } from '../../lib/transport/errors.ts';
import { formatAddress } from '../../lib/transport/machine.ts';
import type { InitialPacket, LongPacket } from '../../lib/wire/packet.ts';
import { isLong, readLongPacket, writeLongPacket } from '../../lib/wire/packet-codec.ts';
import { NOISE_VERSION } from '../../lib/wire/version.ts';
import { Pair } from '../support/pair.ts';

const CLIENT = { address: '10.0.0.2', port: 40_000 };
const SERVER = { address: '10.0.0.1', port: 5_000 };
const NOTHING = new Uint8Array(0);
/** ms within which a connection stands in spite of it all: a few repetitions. */
const SOON = 1_000;

/** What the pair's server proves addresses with. */
const tokens = new HmacRetryTokens(new Uint8Array(32).fill(7));

type Forgery = (initial: InitialPacket, pair: Pair) => void;

function long(packet: Exclude<LongPacket, { type: 'unknownVersion' }>): Uint8Array {
  const writer = new ByteWriter(new Uint8Array(2048));
  writeLongPacket(writer, packet);
  return writer.written().slice();
}

/**
 * A client and a server, and between them somebody who reads each Initial as it leaves and whose
 * own packets are there first; they cannot hold anything back. How long it took until both sides
 * said that the connection stands, ms. `meddle` is called once a ms.
 */
function against(
  forge: Forgery,
  pair: Pair = new Pair({ handshakes: 'noise' }),
  meddle: (pair: Pair) => void = () => {},
): number {
  let seen = 0;
  const isUp = (): boolean =>
    pair.accepted !== undefined && pair.connection.state !== 'handshaking';
  for (let ms = 0; ms < 10_000; ms++) {
    for (; seen < pair.wire.length; seen++) {
      const { to, bytes = NOTHING } = pair.wire[seen] ?? {};
      const packet = to === 'server' && isLong(bytes) ? readLongPacket(bytes) : undefined;
      if (typeof packet === 'object' && packet.type === 'initial') forge(packet, pair);
    }
    if (pair.run(1, isUp)) return ms;
    meddle(pair);
  }
  return Infinity;
}

/** An attempt of somebody else's from the client's address, with the token that came back to it. */
function strangersInitial(pair: Pair, seed: number): Uint8Array {
  const random = new SeededRandom(seed);
  const source = randomBytes(random, 8);
  const token = tokens.issue(pair.now, formatAddress(CLIENT), source);
  const noise = createNoise({ random });
  const message = noise.initiate(NOTHING).start({ client: source, server: NOTHING });
  const base = { form: 'long', type: 'initial', version: NOISE_VERSION } as const;
  return long({ ...base, source, destination: NOTHING, token, message });
}

function toClient({ source }: InitialPacket) {
  return { form: 'long', destination: source, source: NOTHING } as const;
}

t.test('nobody in the way: two round trips', async (t) => {
  t.ok(against(() => {}) <= 60);
});

for (const count of [1, 3, 7]) {
  t.test(`${count} forged retries ahead of each true one hold nobody up`, async (t) => {
    const random = new SeededRandom(1);
    const took = against((initial, pair) => {
      const base = { ...toClient(initial), version: NOISE_VERSION, type: 'retry' } as const;
      for (let i = 0; i < count; i++) {
        const bytes = long({ ...base, token: randomBytes(random, 22) });
        pair.client.handleDatagram(pair.now, SERVER, bytes);
      }
    });
    t.ok(took <= SOON, `${took} ms`);
  });
}

t.test('forged retries on both sides of each true one hold nobody up either', async (t) => {
  const random = new SeededRandom(3);
  const pair = new Pair({ handshakes: 'noise' });
  let answered = 0;
  const took = against(
    (initial) => {
      const base = { ...toClient(initial), version: NOISE_VERSION, type: 'retry' } as const;
      const bytes = long({ ...base, token: randomBytes(random, 22) });
      pair.client.handleDatagram(pair.now, SERVER, bytes);
    },
    pair,
    ({ wire, client, now }) => {
      const arrived = wire.filter(({ to, at }) => to === 'client' && at + 11 <= now);
      for (; answered < arrived.length; answered++) {
        const packet = readLongPacket(arrived[answered]?.bytes ?? NOTHING);
        if (typeof packet !== 'object' || packet.type !== 'retry') continue;
        const forged = long({ ...packet, token: randomBytes(random, 22) });
        client.handleDatagram(now, SERVER, forged);
      }
    },
  );
  t.ok(took <= SOON, `${took} ms`);
});

t.test('retries without end do not make a client a cannon', async (t) => {
  const random = new SeededRandom(2);
  const pair = new Pair({ handshakes: 'noise' });
  pair.fate = ({ to }) => ({ drop: to === 'server' });
  pair.flush();
  for (let i = 0; i < 1_000; i++) {
    pair.run(1);
    const packet = readLongPacket(pair.wire[0]?.bytes ?? NOTHING);
    if (typeof packet !== 'object' || packet.type !== 'initial') throw new Error('no initial');
    const base = { ...toClient(packet), version: NOISE_VERSION, type: 'retry' } as const;
    const bytes = long({ ...base, token: randomBytes(random, 22) });
    pair.client.handleDatagram(pair.now, SERVER, bytes);
  }
  const perSecond = pair.wire.length;
  t.ok(perSecond <= 100, `${perSecond} Initials in a second, for 1,000 retries`);
});

for (const count of [1, 5]) {
  t.test(`${count} questions in the client's name ahead of its own hold nobody up`, async (t) => {
    let seed = 0;
    const took = against((initial, pair) => {
      if (initial.token.length === 0) return;
      for (let i = 0; i < count; i++) {
        const noise = createNoise({ random: new SeededRandom(++seed) });
        const ids = { client: initial.source, server: NOTHING };
        const message = noise.initiate(NOTHING).start(ids);
        const { source, destination, token } = initial;
        const base = { form: 'long', type: 'initial', version: NOISE_VERSION } as const;
        const bytes = long({ ...base, source, destination, token, message });
        pair.server.handleDatagram(pair.now, CLIENT, bytes);
      }
    });
    t.ok(took <= SOON, `${took} ms`);
  });
}

t.test('other versions, said ahead of each answer, end nothing', async (t) => {
  const took = against((initial, pair) => {
    const base = { ...toClient(initial), version: 0, type: 'versionNegotiation' } as const;
    const bytes = long({ ...base, versions: [9] });
    for (let i = 0; i < 5; i++) pair.client.handleDatagram(pair.now, SERVER, bytes);
  });
  t.ok(took <= SOON, `${took} ms`);
});

t.test("attempts from the client's address ahead of its own hold nobody up", async (t) => {
  let seed = 0;
  const took = against((_, pair) => {
    for (let i = 0; i < 3; i++) {
      pair.server.handleDatagram(pair.now, CLIENT, strangersInitial(pair, ++seed));
    }
  });
  t.ok(took <= SOON, `${took} ms`);
});

t.test(
  "answers ahead of the server's, with another key, hold up nobody who knows it",
  async (t) => {
    const serverKey = new Uint8Array(32).fill(5);
    const known = String(publicKeyOf(serverKey));
    let seed = 0;
    const make = (acceptServerKey: (key: Uint8Array) => boolean): Pair => {
      const client = createNoise({ random: new SeededRandom(6), acceptServerKey });
      const server = createNoise({ random: new SeededRandom(7), staticKey: serverKey });
      return new Pair({ handshakes: { client, server } });
    };
    const answer: Forgery = (initial, pair) => {
      const source = new Uint8Array([9, 9, 9, ++seed & 0xff]);
      const noise = createNoise({ random: new SeededRandom(seed) });
      const ids = { client: initial.source, server: source };
      const message = noise.respond(NOTHING).read(initial.message, ids)?.reply ?? NOTHING;
      const base = { form: 'long', type: 'handshake', version: NOISE_VERSION } as const;
      const bytes = long({ ...base, destination: initial.source, source, message });
      for (let i = 0; i < 5; i++) pair.client.handleDatagram(pair.now, SERVER, bytes);
    };
    const took = against(
      answer,
      make((key) => String(key) === known),
    );
    t.ok(took <= SOON, `${took} ms`);
    const stranger = make(() => false);
    stranger.run(5_000);
    const code = TransportErrorCode.peerKeyRefused;
    t.match(stranger.clientEvents, [{ type: 'closed', close: { by: 'error', code } }]);
    t.ok(stranger.wire.filter(({ to }) => to === 'server').length <= 5, 'after three tries');
  },
);

t.test('a connection that stands ends for one that is proven, not for one asked for', async (t) => {
  const pair = new Pair({ handshakes: 'noise' }).connect();
  pair.run(500);
  const { accepted } = pair;
  for (let seed = 1; seed <= 50; seed++) {
    pair.server.handleDatagram(pair.now, CLIENT, strangersInitial(pair, seed));
    pair.run(20);
  }
  t.ok(pair.server.size <= 9, 'few of them are kept');
  pair.connection.send(4, new TextEncoder().encode('still here'));
  pair.run(12_000);
  t.strictSame(pair.texts('server', 4), ['still here']);
  t.equal(pair.server.size, 1, 'and none for long');
  t.equal(accepted?.state, 'established');
  pair.client.connect(pair.now, SERVER);
  t.ok(
    pair.run(1_000, () => pair.accepted !== accepted),
    'who was started anew is let in',
  );
  pair.run(100);
  t.equal(accepted?.isOver, true, 'and the old one ends');
  t.equal(pair.server.size, 1);
});
