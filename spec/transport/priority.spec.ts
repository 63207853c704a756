import t from 'tap';
import { Pair } from '../support/pair.ts';

const CHAT = 4;
const FILE = 8;

/** Of the pair, for failures. */
const SEED = 7;

/** One way, ms. */
const DELAY = 10;

/** What the link to the server carries, bytes a ms: 20 Mbit/s. */
const RATE = 2_500;

/** What its queue holds at most, ms. */
const QUEUE = 50;

/** A line of chat every so often, ms, and how many are measured. */
const INTERVAL = 53;
const LINES = 300;

/** Unsent bytes of the file: more than the link could take in any step. */
const FILE_AHEAD = 500_000;

function behindLink(): Pair {
  const pair = new Pair({ seed: SEED, delay: DELAY }).connect();
  let isFreeAt = 0;
  pair.fate = ({ now, bytes, to }) => {
    if (to === 'client') return undefined;
    if (isFreeAt - now > QUEUE) return { drop: true };
    isFreeAt = Math.max(isFreeAt, now) + bytes.length / RATE;
    return { delay: isFreeAt - now + DELAY };
  };
  return pair;
}

/** How long lines of chat took, and how long they waited to be sent, ms, both ascending. */
function chat(beside: { file: boolean; priority?: number }): { took: number[]; waited: number[] } {
  const pair = behindLink();
  pair.connection.setPriority(FILE, beside.priority ?? 7);
  /** Until `now + ms`, or until a message of the channel arrives, with a file that never ends. */
  const run = (ms: number, channel?: number): void => {
    const end = pair.now + ms;
    let isHeard = false;
    while (pair.now < end && !isHeard) {
      while (beside.file && pair.connection.stats(pair.now).bytesQueued < FILE_AHEAD) {
        pair.connection.send(FILE, new Uint8Array(16_384));
      }
      pair.serverEvents.length = 0;
      const heard = (): boolean =>
        pair.serverEvents.some((event) => event.type === 'message' && event.channel === channel);
      isHeard = pair.run(Math.min(5, end - pair.now), heard);
    }
  };
  run(3_000);
  const took: number[] = [];
  const waited: number[] = [];
  for (let i = 0; i < LINES; i++) {
    const start = pair.now;
    const line = Buffer.from(`this is line ${i}`);
    pair.wire.length = 0;
    pair.connection.send(CHAT, line);
    run(1_000, CHAT);
    took.push(pair.now - start);
    const carrier = pair.wire.find(({ bytes }) => Buffer.from(bytes).includes(line));
    waited.push((carrier?.at ?? Number.POSITIVE_INFINITY) - start);
    run(Math.max(0, INTERVAL - (pair.now - start)));
  }
  const ascending = (a: number, b: number): number => a - b;
  return { took: took.toSorted(ascending), waited: waited.toSorted(ascending) };
}

const at = (share: number, sorted: readonly number[]): number =>
  sorted[Math.floor(share * sorted.length)] ?? Number.NaN;

t.test('chat beside a file that fills the link is hardly later than alone', async (t) => {
  const idle = chat({ file: false });
  const busy = chat({ file: true });
  const twoPackets = 2 * (1_200 / RATE);
  const [alone, beside] = [at(0.99, idle.took), at(0.99, busy.took)];
  // The rest is the queue that the controller keeps in the link while it probes for more.
  t.ok(beside <= alone + 5, `p99 ${beside} ms, alone ${alone} ms, seed ${SEED}`);
  t.ok(at(0.9, busy.waited) <= twoPackets, `p90 of the wait ${at(0.9, busy.waited)} ms`);
  t.ok(at(0.99, busy.waited) <= DELAY / 2, `p99 of the wait ${at(0.99, busy.waited)} ms`);
});

t.test('a file that is more urgent than chat goes first: the order is what helps', async (t) => {
  const last = at(0.5, chat({ file: true }).waited);
  const first = at(0.5, chat({ file: true, priority: 0 }).waited);
  t.ok(first > 5 * last, `median wait ${first} ms behind the file, ${last} ms before it`);
});
