import t from 'tap';
import type { TransportConfig } from '../../lib/transport/config.ts';
import { PathMtu } from '../../lib/transport/path-mtu.ts';
import { Pair } from '../support/pair.ts';

const BASE = 1200;
const TRANSFER = 1_000_000;

function machine(): PathMtu {
  return new PathMtu({ base: BASE, max: 1452, raiseInterval: 1_000 });
}

function connected(config: Partial<TransportConfig> = {}): Pair {
  return new Pair({ config: { mtuProbeMax: 1452, ...config } }).connect();
}

/** A path that drops what is longer, both ways. */
function narrow(pair: Pair, mtu: number): void {
  pair.fate = ({ bytes }) => ({ drop: bytes.length > mtu });
}

/** Bytes that one message of `TRANSFER` brought, once it is there. */
function transfer(pair: Pair): number {
  const before = pair.serverEvents.length;
  const bytes = new Uint8Array(TRANSFER).map((_, i) => i % 251);
  pair.connection.send(4, bytes);
  pair.run(60_000, () => pair.serverEvents.slice(before).some(({ type }) => type === 'message'));
  for (const event of pair.serverEvents.slice(before)) {
    if (event.type !== 'message') continue;
    if (event.bytes.every((byte, i) => byte === i % 251)) return event.bytes.length;
  }
  return 0;
}

function mtuOf(pair: Pair): number {
  return pair.connection.stats(pair.now).pathMtu;
}

t.test('a size is used once a probe of it has arrived', async (t) => {
  const mtu = machine();
  t.equal(mtu.probeSize(0), 1372);
  mtu.onProbeSent(1);
  t.equal(mtu.probeSize(0), 0, 'one at a time');
  t.equal(mtu.current, BASE);
  mtu.onAcked({ number: 1, size: 1372, isMtuProbe: true });
  t.equal(mtu.current, 1372);
  t.equal(mtu.probeSize(0), 1452);
});

t.test('three lost probes end the search until the raise timer', async (t) => {
  const mtu = machine();
  for (let number = 0; number < 3; number++) {
    t.equal(mtu.probeSize(0), 1372);
    mtu.onProbeSent(number);
    mtu.onLost(0, { number, size: 1372, isMtuProbe: true });
  }
  t.equal(mtu.probeSize(999), 0);
  t.equal(mtu.probeSize(1_000), 1372);
});

t.test('large losses are a black hole only if no later large packet arrived', async (t) => {
  const mtu = machine();
  mtu.onAcked({ number: 0, size: 1372, isMtuProbe: true });
  mtu.onAcked({ number: 50, size: 1372 });
  for (let number = 1; number < 50; number++) mtu.onLost(0, { number, size: 1372 });
  t.equal(mtu.current, 1372, 'a full queue');
  for (let number = 51; number < 57; number++) mtu.onLost(0, { number, size: 1372 });
  t.equal(mtu.current, BASE);
  t.equal(mtu.probeSize(999), 0);
});

t.test('the late ack of a probe taken for lost lets no second one out', async (t) => {
  const mtu = machine();
  mtu.onProbeSent(1);
  mtu.onLost(0, { number: 1, size: 1372, isMtuProbe: true });
  mtu.onProbeSent(2);
  mtu.onAcked({ number: 1, size: 1372, isMtuProbe: true });
  t.equal(mtu.current, 1372);
  t.equal(mtu.probeSize(0), 0, 'the second is on its way');
  mtu.onAcked({ number: 2, size: 1372, isMtuProbe: true });
  t.equal(mtu.probeSize(0), 1452);
});

t.test('the late ack of a probe from before a black hole does not lead back into it', async (t) => {
  const mtu = machine();
  mtu.onAcked({ number: 1, size: 1372, isMtuProbe: true });
  mtu.onProbeSent(2);
  for (let number = 3; number < 9; number++) mtu.onLost(0, { number, size: 1372 });
  t.equal(mtu.current, BASE);
  mtu.onAcked({ number: 2, size: 1452, isMtuProbe: true });
  t.equal(mtu.current, BASE);
  t.equal(mtu.probeSize(1_000), 1372, 'the search goes on');
});

t.test('what was sent on another path says nothing about this one', async (t) => {
  const mtu = machine();
  mtu.onProbeSent(9);
  mtu.startAnew(10);
  mtu.onAcked({ number: 9, size: 1372, isMtuProbe: true });
  t.equal(mtu.current, BASE);
  t.equal(mtu.probeSize(0), 1372);
});

t.test('a bulk transfer finds the largest size that the path carries', async (t) => {
  for (const { path, found } of [
    { path: 1500, found: 1452 },
    { path: 1400, found: 1372 },
    { path: 1200, found: 1200 },
  ]) {
    const pair = connected();
    narrow(pair, path);
    t.equal(transfer(pair), TRANSFER);
    t.equal(mtuOf(pair), found, `a path of ${path}`);
  }
});

t.test('probes that get lost are no loss to the window or the meter', async (t) => {
  const pair = connected();
  narrow(pair, BASE);
  transfer(pair);
  pair.run(1_000);
  const stats = pair.connection.stats(pair.now);
  t.ok(
    pair.wire.some(({ bytes }) => bytes.length === 1372),
    'it did probe',
  );
  t.equal(stats.lossOut, 0);
  t.equal(stats.packetsLost, 0);
});

t.test('a black hole in the middle of a transfer is survived', async (t) => {
  const pair = connected();
  transfer(pair);
  t.equal(mtuOf(pair), 1452);
  const holeAt = pair.now + 15;
  pair.fate = ({ bytes, now }) => ({ drop: now >= holeAt && bytes.length > BASE });
  t.equal(transfer(pair), TRANSFER);
  t.ok(pair.now > holeAt);
  t.equal(mtuOf(pair), BASE);
});

t.test('chat alone never probes', async (t) => {
  const pair = connected();
  for (let i = 0; i < 50; i++) {
    pair.connection.send(0, new Uint8Array(100));
    pair.run(100);
  }
  t.ok(pair.wire.every(({ bytes }) => bytes.length <= BASE));
});

t.test('each option does what it says', async (t) => {
  const off = connected({ mtuProbeMax: BASE });
  transfer(off);
  t.equal(mtuOf(off), BASE, 'mtuProbeMax');
  const never = connected({ mtuProbeBacklog: 2 * TRANSFER });
  transfer(never);
  t.equal(mtuOf(never), BASE, 'mtuProbeBacklog');
  const again = connected({ mtuRaiseInterval: 5_000 });
  narrow(again, BASE);
  transfer(again);
  again.fate = () => undefined;
  again.run(6_000);
  transfer(again);
  t.ok(mtuOf(again) > BASE, 'mtuRaiseInterval');
});

t.test('at another address the search starts anew', async (t) => {
  const pair = connected();
  transfer(pair);
  const { accepted } = pair;
  accepted?.send(4, new Uint8Array(TRANSFER));
  pair.run(5_000);
  t.equal(accepted?.stats(pair.now).pathMtu, 1452);
  pair.clientAddress = { address: '192.168.7.7', port: 40_000 };
  pair.connection.send(0, new Uint8Array(10));
  pair.run(1_000);
  t.equal(accepted?.remote.address, '192.168.7.7');
  t.equal(accepted?.stats(pair.now).pathMtu, BASE);
});
