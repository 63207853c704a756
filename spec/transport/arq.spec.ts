import t from 'tap';
import { SeededRandom } from '../../lib/base/random.ts';
import { agreeArq } from '../../lib/transport/arq.ts';
import { ARQ_NAMES, type ArqName } from '../../lib/wire/transport-parameters.ts';
import { Pair } from '../support/pair.ts';

const TEXTBOOK = ARQ_NAMES.filter((name) => name !== 'modern');

/** A pair whose client asks for an ARQ, and that loses `percent` of its datagrams. */
function lossyPair(arq: ArqName, percent: number, delay = 10): Pair {
  const pair = new Pair({ delay, config: { arq, arqWindow: 8 } }).connect();
  const chance = new SeededRandom(7);
  pair.fate = () => ({ drop: (chance.uint32() / 2 ** 32) * 100 < percent });
  return pair;
}

t.test(
  'what one end insists on both use, and two that insist differently use neither',
  async (t) => {
    t.equal(agreeArq('modern', 'modern'), 'modern');
    for (const name of TEXTBOOK) {
      t.equal(agreeArq('modern', name), name);
      t.equal(agreeArq(name, 'modern'), name);
      t.equal(agreeArq(name, name), name);
    }
    t.equal(agreeArq('go-back-n', 'selective-repeat'), undefined);
  },
);

t.test('every ARQ delivers all in order through 20 % loss each way', async (t) => {
  for (const arq of ARQ_NAMES) {
    const pair = lossyPair(arq, 20);
    const sent = Array.from({ length: 200 }, (_, i) => `line ${i} ${'x'.repeat(i % 3 ? 900 : 20)}`);
    for (const text of sent) pair.connection.send(0, new TextEncoder().encode(text));
    pair.connection.send(4, new Uint8Array(20_000).fill(65));
    const isDone = () =>
      pair.texts('server', 0).length === 200 && pair.texts('server', 4).length > 0;
    t.ok(pair.run(120_000, isDone), `${arq} took ${pair.now} ms`);
    t.same(pair.texts('server', 0), sent, arq);
    t.equal(pair.connection.stats(pair.now).arq, arq);
    t.equal(pair.accepted?.stats(pair.now).arq, arq);
  }
});

t.test('stop-and-wait sends one message a round trip', async (t) => {
  const pair = lossyPair('stop-and-wait', 0, 50);
  for (let i = 0; i < 20; i++) pair.connection.send(0, new Uint8Array(1_000));
  t.ok(pair.run(60_000, () => pair.texts('server', 0).length === 10));
  const began = pair.now;
  t.ok(pair.run(60_000, () => pair.texts('server', 0).length === 20));
  t.equal(pair.now - began, 1_000);
});

t.test('after one loss go-back-n repeats the window, selective repeat one packet', async (t) => {
  const repeats = (arq: ArqName): number => {
    const pair = lossyPair(arq, 0, 50);
    for (let i = 0; i < 10; i++) pair.connection.send(0, new Uint8Array(1_000));
    pair.run(60_000, () => pair.texts('server', 0).length === 10);
    let isLost = false;
    pair.fate = ({ to, bytes }) => {
      const drop = !isLost && to === 'server' && bytes.length > 1_000;
      isLost ||= drop;
      return { drop };
    };
    for (let i = 0; i < 8; i++) pair.connection.send(0, new Uint8Array(1_000));
    t.ok(pair.run(60_000, () => pair.texts('server', 0).length === 18));
    return pair.connection.stats(pair.now).retransmits;
  };
  t.equal(repeats('go-back-n'), 8);
  t.equal(repeats('selective-repeat'), 1);
});

t.test('a client that insists on another ARQ than its server is told so', async (t) => {
  const pair = new Pair({ config: { arq: 'go-back-n' }, serverConfig: { arq: 'stop-and-wait' } });
  t.ok(pair.run(10_000, () => pair.clientEvents.length > 0));
  t.match(pair.clientEvents[0], { type: 'closed', close: { by: 'error' } });
  t.match(JSON.stringify(pair.clientEvents[0]), /insist on go-back-n, the server on stop-and-wait/);
});
