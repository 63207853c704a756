import t from 'tap';
import { ByteWriter } from '../../lib/base/byte-writer.ts';
import { randomBytes, randomInt } from '../../lib/base/random.ts';
import { DEFAULT_TRANSPORT_CONFIG, MESSAGE_COST } from '../../lib/transport/config.ts';
import { TransportErrorCode } from '../../lib/transport/errors.ts';
import { readLongPacket, writeLongPacket } from '../../lib/wire/packet-codec.ts';
import { PLAINTEXT_VERSION } from '../../lib/wire/version.ts';
import { Forger } from '../support/forger.ts';
import { Pair } from '../support/pair.ts';

const STRANGER = { address: '10.0.0.66', port: 6_666 };
const CLIENT = { address: '10.0.0.2', port: 40_000 };

function connected(): { pair: Pair; forger: Forger } {
  const pair = new Pair().connect();
  pair.run(1_000);
  return { pair, forger: new Forger(pair) };
}

/** The code that the server closed with because of what its peer did. */
function verdict(pair: Pair): number | undefined {
  const closed = pair.serverEvents.find((event) => event.type === 'closed');
  return closed?.type === 'closed' && closed.close.by === 'error' ? closed.close.code : undefined;
}

t.test('an ack of what was never sent closes the connection', async (t) => {
  const { pair, forger } = connected();
  forger.send([{ type: 'ack', delay: 0, ranges: [{ start: 0, end: 2 ** 40 }] }]);
  t.equal(verdict(pair), TransportErrorCode.protocolViolation);
});

t.test('a frame that does not decode, or none at all, closes the connection', async (t) => {
  const first = connected();
  first.forger.send(new Uint8Array([0x3f]));
  t.equal(verdict(first.pair), TransportErrorCode.frameEncodingError);
  const second = connected();
  second.forger.send(new Uint8Array(0));
  t.equal(verdict(second.pair), TransportErrorCode.protocolViolation);
});

t.test('a message beyond the credit closes the connection, and holds no memory', async (t) => {
  const { pair, forger } = connected();
  pair.reads = false;
  const bytes = new Uint8Array(1_000);
  for (let id = 0; id < 4_000 && pair.accepted?.isOpen; id++) {
    forger.send([{ type: 'message', channel: 4, id: id + 1, bytes }]);
    const held = pair.accepted?.inspect().bufferedReceiveBytes ?? 0;
    if (held > 8 * 1024 * 1024) t.fail(`${held} bytes held`);
  }
  pair.reads = true;
  pair.flush();
  t.equal(verdict(pair), TransportErrorCode.flowControlError);
});

t.test('an id far ahead costs what all the ids below it would', async (t) => {
  const { pair, forger } = connected();
  forger.send([{ type: 'message', channel: 4, id: 2 ** 40, bytes: new Uint8Array(1) }]);
  t.equal(verdict(pair), TransportErrorCode.flowControlError);
});

t.test('gaps between ids cost credit on the connection too, so they stay few', async (t) => {
  const { pair, forger } = connected();
  const bytes = new Uint8Array(0);
  let gaps = 0;
  for (let channel = 1; channel < 4 * 64 && pair.accepted?.isOpen; channel += 4) {
    for (let id = 1; id < 8_000 && pair.accepted.isOpen; gaps += 100) {
      const frames = Array.from({ length: 100 }, (_, i) => ({ id: id + 2 * i }));
      forger.send(frames.map(({ id }) => ({ type: 'message', channel, id, bytes }) as const));
      id += 200;
    }
  }
  t.equal(verdict(pair), TransportErrorCode.flowControlError);
  const most = DEFAULT_TRANSPORT_CONFIG.receiveWindow / MESSAGE_COST;
  t.ok(gaps <= most + 100, `${gaps} gaps, the window pays for ${most}`);
});

t.test('a fragment counts with its whole message from the start', async (t) => {
  const { pair, forger } = connected();
  const bytes = new Uint8Array(1);
  for (let id = 0; id < 10; id++) {
    forger.send([{ type: 'fragment', channel: 4, id, total: 1_048_576, offset: 0, bytes }]);
  }
  t.equal(verdict(pair), TransportErrorCode.flowControlError);
});

t.test('fragments that contradict each other, or crumbs, close the connection', async (t) => {
  const first = connected();
  const bytes = new Uint8Array(10);
  const part = { type: 'fragment', channel: 4, id: 0, bytes } as const;
  first.forger.send([{ ...part, total: 5_000, offset: 0 }]);
  first.forger.send([{ ...part, total: 6_000, offset: 10 }]);
  t.equal(verdict(first.pair), TransportErrorCode.protocolViolation);
  const second = connected();
  const crumb = new Uint8Array(1);
  for (let i = 0; i < 600; i++) {
    second.forger.send([{ ...part, total: 65_536, offset: 2 * i, bytes: crumb }]);
  }
  t.equal(verdict(second.pair), TransportErrorCode.protocolViolation);
});

t.test('a skip where none is allowed, and too many channels, close the connection', async (t) => {
  for (const channel of [0, 3]) {
    const { pair, forger } = connected();
    forger.send([{ type: 'skip', channel, id: 0, length: 1 }]);
    t.equal(verdict(pair), TransportErrorCode.protocolViolation);
  }
  const second = connected();
  for (let i = 0; i <= 256; i++) {
    const channel = 4 * i;
    second.forger.send([{ type: 'message', channel, id: 0, bytes: new Uint8Array(1) }]);
  }
  t.equal(verdict(second.pair), TransportErrorCode.channelLimitError);
});

t.test('skips cost credit, and ids that nobody settles limit them', async (t) => {
  const { pair, forger } = connected();
  forger.send([{ type: 'skip', channel: 2, id: 2 ** 40, length: 1 }]);
  t.equal(verdict(pair), TransportErrorCode.flowControlError);
  const gaps = connected();
  for (let id = 1; id < 40_000 && gaps.pair.accepted?.isOpen; id += 2) {
    gaps.forger.send([{ type: 'skip', channel: 2, id, length: 0 }]);
  }
  t.equal(verdict(gaps.pair), TransportErrorCode.flowControlError);
});

t.test('a skip that contradicts the parts that came closes the connection', async (t) => {
  const { pair, forger } = connected();
  const bytes = new Uint8Array(10);
  forger.send([{ type: 'fragment', channel: 2, id: 0, total: 5_000, offset: 0, bytes }]);
  forger.send([{ type: 'skip', channel: 2, id: 0, length: 4_000 }]);
  t.equal(verdict(pair), TransportErrorCode.protocolViolation);
});

t.test('a replayed packet changes a counter and nothing else', async (t) => {
  const { pair } = connected();
  pair.connection.send(4, new Uint8Array([1]));
  pair.run(1_000);
  const before = pair.serverEvents.length;
  const replays = pair.wire.filter(({ to }) => to === 'server').map(({ bytes }) => bytes);
  for (const bytes of replays) pair.server.handleDatagram(pair.now, CLIENT, bytes.slice());
  pair.flush();
  t.equal(pair.serverEvents.length, before);
  t.ok((pair.accepted?.stats(pair.now).packetsDuplicate ?? 0) > 0);
  t.equal(pair.accepted?.state, 'established');
});

t.test('a packet with any bit flipped, from anywhere, changes a counter only', async (t) => {
  const { pair, forger } = connected();
  const packet = forger.packet([{ type: 'message', channel: 4, id: 0, bytes: new Uint8Array(4) }]);
  for (let bit = 0; bit < packet.length * 8; bit++) {
    const flipped = packet.slice();
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    pair.server.handleDatagram(pair.now, STRANGER, flipped.slice());
    pair.server.handleDatagram(pair.now, CLIENT, flipped);
  }
  pair.wire.length = 0;
  pair.flush();
  t.same(pair.wire, [], 'nobody is answered');
  t.same(pair.accepted?.remote, CLIENT);
  t.equal(pair.accepted?.state, 'established');
  t.equal(pair.texts('server', 4).length, 0);
});

t.test('noise from a stranger leaves no connection and gets no answer', async (t) => {
  const { pair } = connected();
  const sent = pair.wire.length;
  for (let i = 0; i < 20_000; i++) {
    const noise = randomBytes(pair.random, randomInt(pair.random, 120));
    pair.server.handleDatagram(pair.now, STRANGER, noise);
  }
  pair.flush();
  t.equal(pair.wire.length, sent);
  t.equal(pair.server.size, 1);
});

t.test('a stranger that asks gets a retry, smaller than its question, and no memory', async (t) => {
  const fresh = new Pair();
  fresh.flush();
  const hello = fresh.wire[0]?.bytes ?? new Uint8Array(0);
  t.equal(hello.length, 1_200);
  const { pair } = connected();
  pair.wire.length = 0;
  for (let port = 1; port <= 500; port++) {
    pair.server.handleDatagram(pair.now, { address: '10.9.9.9', port }, hello.slice());
    pair.flush();
  }
  t.equal(pair.wire.length, 500);
  t.ok(pair.wire.every(({ bytes }) => bytes.length < 100));
  t.equal(pair.server.size, 1);
  const small = hello.slice(0, 600);
  small[4] = 9;
  pair.server.handleDatagram(pair.now, STRANGER, small);
  t.equal(pair.server.counters.dropped.tooSmall, 1, 'of another version, but too small to ask');
});

t.test('a retry token of another address, or an old one, proves nothing', async (t) => {
  const pair = new Pair().connect();
  const hellos = pair.wire.filter(({ to, bytes }) => to === 'server' && bytes.length === 1_200);
  const withToken = hellos[1]?.bytes ?? new Uint8Array(0);
  const sizeBefore = pair.server.size;
  pair.server.handleDatagram(pair.now, STRANGER, withToken.slice());
  t.equal(pair.server.size, sizeBefore, 'not from another address');
  pair.connection.close(pair.now, { code: 0, reason: '' });
  pair.run(11_000);
  t.equal(pair.server.size, 0);
  pair.server.handleDatagram(pair.now, CLIENT, withToken.slice());
  t.equal(pair.server.size, 0, 'not after ten seconds');
});

t.test(
  'a server of another version is named as such; a damaged question is asked again',
  async (t) => {
    const answer = (versions: readonly number[]): Pair => {
      const pair = new Pair();
      const writer = new ByteWriter(new Uint8Array(64));
      const ids = { destination: pair.connection.clientId, source: new Uint8Array(0) };
      const type = 'versionNegotiation';
      writeLongPacket(writer, { form: 'long', type, version: 0, ...ids, versions });
      const bytes = writer.written().slice();
      pair.fate = () => ({ drop: true });
      // Believed when it is the answer to three tries.
      for (let i = 0; i < 3; i++) {
        pair.run(350);
        pair.client.handleDatagram(pair.now, { address: '10.0.0.1', port: 5_000 }, bytes);
        pair.client.handleDatagram(pair.now, { address: '10.0.0.1', port: 5_000 }, bytes);
        pair.flush();
        t.equal(
          pair.connection.state === 'handshaking',
          i < 2 || versions.includes(PLAINTEXT_VERSION),
        );
      }
      return pair;
    };
    t.match(answer([9, 10]).clientEvents, [{ type: 'closed', close: { by: 'error' } }]);
    t.same(answer([9, PLAINTEXT_VERSION]).clientEvents, []);
  },
);

t.test('a question of another version is answered with ours, in fewer bytes', async (t) => {
  const pair = new Pair();
  pair.flush();
  const hello = pair.wire[0]?.bytes.slice() ?? new Uint8Array(0);
  hello[4] = 9;
  pair.server.handleDatagram(pair.now, STRANGER, hello);
  const sent = pair.server.pollTransmit(pair.now)?.bytes ?? new Uint8Array(0);
  t.ok(sent.length > 0 && sent.length < 100);
  t.match(readLongPacket(sent), { type: 'versionNegotiation', versions: [PLAINTEXT_VERSION] });
});
