/**
 * A window with a long log into which others talk: for its bench.
 *     node flood-demo.js LINES RATE    RATE: lines a second, from the first key on
 */
import { runWindow } from '../../../cli/tui/window.ts';
import { randomInt, SeededRandom } from '../../../lib/base/random.ts';
import { FakeClient } from './fake-client.ts';

/** How often lines come in, ms: as datagrams do, some at a time. */
const TICK = 10;
const PEOPLE = 20;
const ESCAPE = 27;
const WORDS = (
  'the build is red again who has the long cable 中文字 lunch 🚀 at noon https://example.org/a?b=1 ' +
  'see `make check` it works here naïve ana what does the link panel say'
).split(' ');
const random = new SeededRandom(6);

function sentence(): string {
  return Array.from({ length: 2 + randomInt(random, 24) }, () => {
    return WORDS[randomInt(random, WORDS.length)];
  }).join(' ');
}

const [lines = 0, rate = 0] = process.argv.slice(2).map(Number);
const client = new FakeClient('ana');
client.begin();
const say = (): void => client.say(`nick${randomInt(random, PEOPLE)}`, sentence());
setImmediate(() => {
  for (let i = 0; i < lines; i++) say();
  client.say('böb', 'ready');
});
let due = 0;
let last = Infinity;
if (rate > 0) {
  process.stdin.on('data', (bytes: Uint8Array) => {
    if (last !== Infinity || bytes[0] === ESCAPE) return; // the terminal's own answers
    last = performance.now();
    setInterval(() => {
      const now = performance.now();
      due += ((now - last) * rate) / 1000;
      last = now;
      for (; due >= 1; due--) say();
    }, TICK);
  });
}
await runWindow({ client });
process.exit(0);
