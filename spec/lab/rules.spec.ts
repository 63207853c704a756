import t from 'tap';
import { ByteWriter } from '../../lib/base/byte-writer.ts';
import { PathChecker } from '../../lib/lab/path-checker.ts';
import { PriorityChecker } from '../../lib/lab/priority-checker.ts';
import { WireChecker } from '../../lib/lab/wire-checker.ts';
import type { Connection } from '../../lib/transport/connection.ts';
import type { ConnectionInspection, ConnectionStats } from '../../lib/transport/stats.ts';
import type { Frame } from '../../lib/wire/frame.ts';
import { writeFrame } from '../../lib/wire/frame-codec.ts';
import { writeLongPacket, writeShortHeader } from '../../lib/wire/packet-codec.ts';
import { PLAINTEXT_VERSION } from '../../lib/wire/version.ts';
import { worldPair } from '../support/world-pair.ts';

const START = { connection: 1_000, channel: 500 };

function path() {
  return worldPair((connectionsOf) => new PathChecker({ connectionsOf }));
}

function wire() {
  let checker: WireChecker | undefined;
  const pair = worldPair((connectionsOf) => {
    checker = new WireChecker({ connectionsOf, credit: START });
    return checker;
  });
  const { world, a, b } = pair;
  const sends = (...frames: Frame[]): void =>
    checker?.sent(world, { from: a.node, to: b.node, bytes: packet(frames) });
  const answers = (...frames: Frame[]): void =>
    checker?.sent(world, { from: b.node, to: a.node, bytes: packet(frames) });
  return { ...pair, checker, sends, answers };
}

/** A short packet as a checker reads it: it looks at no tag. */
function packet(frames: readonly Frame[]): Uint8Array {
  const writer = new ByteWriter(new Uint8Array(2_048));
  writeShortHeader(writer, { id: undefined, keyPhase: 0, packetNumber: 0, length: 1 });
  for (const frame of frames) writeFrame(writer, frame);
  writer.zeros(4);
  return writer.written().slice();
}

/** Makes a connection lie about itself. */
function lie(
  connection: Connection,
  about: { inside?: Partial<ConnectionInspection>; stats?: Partial<ConnectionStats> },
): void {
  const inspect = connection.inspect.bind(connection);
  const stats = connection.stats.bind(connection);
  connection.inspect = () => ({ ...inspect(), ...about.inside });
  connection.stats = (now) => ({ ...stats(now), ...about.stats });
}

t.test('an acknowledgement of what never left is noticed', async (t) => {
  const { sends, connection, b } = wire();
  const [peer] = b.machine.connections;
  const last = peer?.inspect().largestSent ?? 0;
  const ack = (end: number): Frame => ({ type: 'ack', delay: 0, ranges: [{ start: 0, end }] });
  t.doesNotThrow(() => sends(ack(last + 1)));
  t.throws(() => sends(ack(last + 2)), /invariant 4: a to b: acknowledges \d+, but only \d+ left/);
  t.ok(connection.isOpen);
});

t.test('more in flight than the window is noticed, unless it is a probe', async (t) => {
  const { world, a, connection } = path();
  lie(connection, { inside: { cwnd: 100 } });
  t.doesNotThrow(() => world.run(20_000), 'heartbeats are small, and go in spite of it');
  const send = () => connection.send(4, new Uint8Array(1_000));
  t.throws(() => world.act(a.node, send), /invariant 6: .* \d+ B in flight, cwnd 100 B/);
});

t.test('a copy is noticed while the gate is shut, and beyond the budget', async (t) => {
  const send = ({ world, a, connection }: ReturnType<typeof path>) =>
    world.act(a.node, () => connection.send(4, new Uint8Array(10)));
  const shut = path();
  lie(shut.connection, { inside: { copyBytes: 10 }, stats: { srtt: 100, minRtt: 10 } });
  t.throws(() => send(shut), /invariant 7: .* gate is shut, srtt 100 ms over 10 ms/);
  const suspect = path();
  lie(suspect.connection, { inside: { copyBytes: 10 }, stats: { liveness: 'suspect' } });
  t.throws(() => send(suspect), /invariant 7: .* gate is shut, suspect/);
  const lavish = path();
  lie(lavish.connection, { inside: { copyBytes: 100_000 } });
  t.throws(() => send(lavish), /invariant 7: .* copies of 100000 B, over their budget/);
});

t.test('an answer larger than three times its question is noticed', async (t) => {
  const { checker, world, a, b } = wire();
  const stranger = world.add({
    name: 'stranger',
    address: { address: '10.6.6.6', port: 6 },
    machine: a.machine,
  });
  const say = (from: typeof stranger, to: typeof stranger, size: number): void =>
    checker?.sent(world, { from, to, bytes: new Uint8Array(size) });
  const question = { from: stranger, to: b.node, bytes: new Uint8Array(100) };
  checker?.received(world, question);
  t.doesNotThrow(() => say(b.node, stranger, 300));
  t.throws(() => say(b.node, stranger, 1), /invariant 9: b to stranger: 301 B for 100 B/);
});

t.test('a handshake with an address that proved nothing is noticed', async (t) => {
  const { world, a, b } = worldPair(() => ({}));
  const checker = new WireChecker({ connectionsOf: () => b.machine.connections });
  const writer = new ByteWriter(new Uint8Array(1_200));
  const none = new Uint8Array(0);
  const ids = {
    form: 'long',
    version: PLAINTEXT_VERSION,
    destination: none,
    source: none,
  } as const;
  writeLongPacket(writer, { ...ids, type: 'handshake', message: none });
  const bytes = writer.written();
  t.throws(
    () => checker.sent(world, { from: b.node, to: a.node, bytes }),
    /invariant 9: b to a: a handshake with an address that was never asked/,
  );
});

t.test(
  'a sender that outruns its credit is noticed; a message sent again costs once',
  async (t) => {
    const message = (channel: number, id: number, length: number): Frame => {
      return { type: 'message', channel, id, bytes: new Uint8Array(length) };
    };
    const one = wire();
    for (let i = 0; i < 9; i++) one.sends(message(4, 0, 372));
    t.throws(
      () => one.sends(message(4, 1, 0)),
      /invariant 11: a to b, channel 4: uses 628 B of 500/,
    );
    const all = wire();
    for (const channel of [4, 8]) all.sends(message(channel, 0, 372));
    all.sends(message(3, 0, 372));
    t.throws(() => all.sends(message(12, 0, 0)), /invariant 11: a to b: uses 1128 B of 1000 B/);
    const renewed = wire();
    renewed.answers({ type: 'maxData', limit: 3_000 });
    renewed.answers({ type: 'maxChannelData', channel: 4, limit: 2_000 });
    renewed.sends(message(4, 0, 1_000));
    t.throws(
      () => renewed.sends({ ...fragment, total: 1_000 }),
      /invariant 11: .* 2256 B of 2000 B/,
    );
  },
);

const fragment = {
  type: 'fragment',
  channel: 4,
  id: 1,
  offset: 0,
  bytes: new Uint8Array(9),
} as const;

t.test('a limit that shrinks is noticed', async (t) => {
  const { sends } = wire();
  sends({ type: 'maxData', limit: 3_000 });
  t.throws(() => sends({ type: 'maxData', limit: 2_999 }), /invariant 11: .* from 3000 to 2999 B/);
  const channel = { type: 'maxChannelData', channel: 4 } as const;
  t.throws(() => sends({ ...channel, limit: 499 }), /invariant 11: .* from 500 to 499 B/);
});

t.test('a round-trip time that no sample supports is noticed', async (t) => {
  for (const srtt of [-1, 1_000]) {
    const { world, connection } = path();
    lie(connection, { inside: { srtt } });
    t.throws(() => world.run(10_000), /invariant 15: a: srtt -?\d+ ms, samples/);
  }
});

t.test('a loss without a later acknowledgement is noticed', async (t) => {
  const { world, connection } = path();
  lie(connection, { inside: { largestAcked: 7, largestLost: 7 } });
  t.throws(() => world.run(10_000), /invariant 16: a: packet 7 lost, but 7 is the last/);
});

t.test('a file that goes before a line of chat three times in a row is noticed', async (t) => {
  let checker: PriorityChecker | undefined;
  const { world, a, b, connection } = worldPair((connectionsOf) => {
    checker = new PriorityChecker({ connectionsOf });
    return checker;
  });
  connection.setPriority(8, 7);
  lie(connection, { inside: { mostUrgentWaiting: () => 3 } });
  const message = (channel: number): Frame => ({
    type: 'message',
    channel,
    id: 0,
    bytes: new Uint8Array(1),
  });
  const sends = (...frames: Frame[]): void =>
    checker?.sent(world, { from: a.node, to: b.node, bytes: packet(frames) });
  for (const round of [1, 2]) {
    t.doesNotThrow(() => sends(message(8)), `${round}`);
    t.doesNotThrow(() => sends(message(8)));
    t.doesNotThrow(() => sends(message(8), message(4)), 'beside the line itself');
  }
  sends(message(8));
  sends(message(8));
  t.throws(() => sends(message(8)), /invariant 19: a to b: 3 datagrams go before/);
});
