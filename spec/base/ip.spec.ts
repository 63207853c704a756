import { isIPv4, isIPv6 } from 'node:net';
import fc from 'fast-check';
import t from 'tap';
import {
  formatNetwork,
  ipOfEndpoint,
  isInNetwork,
  isLoopback,
  parseIp,
  parseNetwork,
  siteOf,
} from '../../lib/base/ip.ts';

const { FC_SEED = 20260101 } = process.env;
fc.configureGlobal({ seed: Number(FC_SEED), numRuns: 1000 });

t.test('what is an address, is one for us as for Node', async () => {
  const piece = fc.constantFrom(
    '0',
    '1',
    'ff',
    'abcd',
    ':',
    '::',
    '.',
    '255',
    '256',
    '10',
    'g',
    '01',
  );
  const soup = fc.array(piece, { maxLength: 16 }).map((pieces) => pieces.join(''));
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), soup), (text) => {
      const isOne = isIPv4(text) || isIPv6(text);
      if ((parseIp(text) !== undefined) !== isOne) throw new Error(`${text}: ${isOne}`);
    }),
  );
});

t.test('a network is written one way, and read back as the same', async () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), fc.integer({ min: 0, max: 128 }), (ip, bits) => {
      const network = parseNetwork(`${ip}/${isIPv4(ip) ? bits % 33 : bits}`);
      if (network === undefined) throw new Error('none');
      const text = formatNetwork(network);
      const again = parseNetwork(text);
      if (again === undefined || formatNetwork(again) !== text) throw new Error(text);
      if (again.bits !== network.bits) throw new Error(`${text}: ${again.bits}`);
      if (!again.bytes.every((byte, i) => byte === network.bytes[i])) throw new Error(text);
      const address = parseIp(ip);
      if (address === undefined || !isInNetwork(address, network)) throw new Error('not inside');
    }),
  );
});

t.test('networks hold what they should and nothing else', async (t) => {
  const cases: readonly (readonly [string, string, boolean])[] = [
    ['10.1.2.3', '10.0.0.0/8', true],
    ['11.1.2.3', '10.0.0.0/8', false],
    ['10.1.2.3', '10.1.2.3', true],
    ['10.1.2.4', '10.1.2.3', false],
    ['::ffff:10.1.2.3', '10.0.0.0/8', true],
    ['2001:db8::1', '2001:db8::/32', true],
    ['2001:db9::1', '2001:db8::/32', false],
    ['10.1.2.3', '::/0', true],
    ['192.0.2.129', '192.0.2.128/25', true],
    ['192.0.2.127', '192.0.2.128/25', false],
  ];
  for (const [address, network, expected] of cases) {
    const [ip, net] = [parseIp(address), parseNetwork(network)];
    t.equal(ip !== undefined && net !== undefined && isInNetwork(ip, net), expected, network);
  }
  for (const bad of ['', '10.0.0.0/33', '::/129', '1.2.3', '10.0.0.0/8/8', '10.0.0.0/-1', 'ana']) {
    t.equal(parseNetwork(bad), undefined, bad);
  }
});

t.test('an endpoint has an address, and a place that limits count by', async (t) => {
  const place = (endpoint: string): string => siteOf(ipOfEndpoint(endpoint) ?? new Uint8Array(16));
  t.equal(place('192.0.2.1:5000'), place('192.0.2.1:6000'));
  t.not(place('192.0.2.1:5000'), place('192.0.2.2:5000'));
  t.equal(place('[2001:db8::1]:5000'), place('[2001:db8::ffff:1]:7'));
  t.not(place('[2001:db8::1]:5000'), place('[2001:db8:0:1::1]:5000'));
  t.equal(place('[fe80::1%eth0]:5000'), 'fe80::/64');
  for (const own of ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1']) {
    t.ok(isLoopback(parseIp(own) ?? new Uint8Array(16)), own);
  }
  for (const other of ['10.0.0.1', '::2', '::']) {
    t.notOk(isLoopback(parseIp(other) ?? new Uint8Array(16)), other);
  }
});
