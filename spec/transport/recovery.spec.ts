import t from 'tap';
import { randomFloat, SeededRandom } from '../../lib/base/random.ts';
import { AckTracker, AckUrgency, ackUrgency, STREAM_RUN } from '../../lib/transport/ack-tracker.ts';
import { recoveryPolicy } from '../../lib/transport/arq.ts';
import { DEFAULT_TRANSPORT_CONFIG } from '../../lib/transport/config.ts';
import { NewReno } from '../../lib/transport/new-reno.ts';
import { Pacer } from '../../lib/transport/pacer.ts';
import { Recovery } from '../../lib/transport/recovery.ts';
import { RttEstimator } from '../../lib/transport/rtt.ts';
import { SentPacket } from '../../lib/transport/sent-packet.ts';
import { Pair } from '../support/pair.ts';

const CONFIG = DEFAULT_TRANSPORT_CONFIG;

function recovery(initialRtt = 100): Recovery {
  return new Recovery({
    config: { ...CONFIG, congestionControl: 'newreno' },
    policy: recoveryPolicy('modern', 16),
    random: new SeededRandom(1),
    path: 'private',
    initialRtt,
  });
}

function sendAll(
  machine: Recovery,
  sends: readonly (readonly [number: number, time: number])[],
): void {
  for (const [number, time] of sends) {
    machine.onSent(Object.assign(new SentPacket(), { number, time, size: 1_000 }));
  }
}

const ack = (...ranges: [start: number, end: number][]) =>
  ({
    type: 'ack',
    delay: 0,
    ranges: ranges.map(([start, end]) => ({ start, end })),
  }) as const;

t.test('RTT follows RFC 6298, and an ack delay counts only above the least RTT', async (t) => {
  const rtt = new RttEstimator(CONFIG, 333);
  rtt.update(0, 100, 50);
  t.same([rtt.srtt, rtt.rttvar, rtt.min], [100, 50, 100], 'the first sample is taken whole');
  rtt.update(1, 200, 50);
  t.equal(rtt.rttvar, 0.75 * 50 + 0.25 * 50);
  t.equal(rtt.srtt, 0.875 * 100 + 0.125 * 150);
  rtt.update(2, 120, 50);
  t.equal(rtt.srtt, 0.875 * 106.25 + 0.125 * 120, 'the delay would take it below the least');
  rtt.update(20_000, 150, 0);
  t.equal(rtt.min, 150, 'the least RTT is of the last ten seconds');
});

t.test('time in which the process slept is no round trip', async (t) => {
  for (const timerFirst of [false, true]) {
    const machine = recovery();
    sendAll(machine, [[0, 0]]);
    machine.onAck(20, ack([0, 1]), 0);
    sendAll(machine, [[1, 30]]);
    if (timerFirst) machine.onPtoExpired(17_000);
    machine.onAck(17_000, ack([0, 2]), 0);
    t.equal(machine.rtt.srtt, 20, timerFirst ? 'the timer first' : 'the ack first');
    sendAll(machine, [[2, 17_001]]);
    machine.onAck(17_031, ack([0, 3]), 0);
    t.equal(machine.rtt.latest, 30, 'what is sent afterwards counts');
  }
});

t.test(
  'three packets acknowledged above it make a packet lost, while order was kept',
  async (t) => {
    const machine = recovery();
    sendAll(machine, [
      [0, 0],
      [1, 1],
      [2, 2],
      [3, 3],
    ]);
    t.same(machine.onAck(50, ack([1, 3]), 0).lost, [], 'two are not enough');
    t.match(machine.onAck(51, ack([1, 4]), 0).lost, [{ number: 0 }]);
    t.equal(machine.bytesInFlight, 0);
  },
);

t.test('a packet is lost once a later one arrived and a reordering window passed', async (t) => {
  const machine = recovery();
  sendAll(machine, [
    [0, 0],
    [1, 10],
  ]);
  t.same(machine.onAck(110, ack([1, 2]), 0).lost, []);
  const deadline = machine.lossDeadline;
  t.equal(deadline, 0 + 100 + 25, 'srtt and a quarter of the least RTT after it was sent');
  t.same(machine.detectLost(deadline - 0.1), []);
  t.match(machine.detectLost(deadline), [{ number: 0 }]);
});

t.test('a late acknowledgement of a lost packet widens the window and ends counting', async (t) => {
  const machine = recovery();
  sendAll(
    machine,
    [0, 1, 2, 3].map((number) => [number, number]),
  );
  t.match(machine.onAck(103, ack([1, 4]), 0).lost, [{ number: 0 }]);
  t.match(machine.onAck(110, ack([0, 4]), 0).acked, [{ number: 0 }], 'it arrived after all');
  t.equal(machine.spuriousLosses, 1);
  sendAll(
    machine,
    [4, 5, 6, 7].map((number) => [number, 200 + number]),
  );
  t.same(machine.onAck(307, ack([5, 8]), 0).lost, [], 'three later ones prove nothing any more');
  t.ok(machine.lossDeadline > 204 + 100 + 25);
});

t.test('a probe timeout never declares a loss; it grows only from the fourth on', async (t) => {
  const machine = recovery();
  sendAll(machine, [[0, 0]]);
  const intervals: number[] = [];
  let at = 0;
  for (let i = 0; i < 12; i++) {
    intervals.push(machine.ptoDeadline - at);
    at = machine.ptoDeadline;
    t.equal(machine.onPtoExpired(at), i === 0 ? 1 : 2);
  }
  t.same(intervals.slice(0, 4), [300, 300, 300, 450]);
  t.equal(intervals.at(-1), 2_000);
  t.equal(machine.bytesInFlight, 1_000);
  t.same(machine.detectLost(at), []);
});

t.test(
  'NewReno doubles a round at first, halves once a round of loss, then adds one',
  async (t) => {
    const reno = new NewReno(CONFIG);
    const start = 12_000;
    t.equal(reno.window, start);
    reno.onAcked(0, { bytes: start, sentTime: 0, appLimited: false });
    t.equal(reno.window, 2 * start);
    reno.onAcked(0, { bytes: start, sentTime: 0, appLimited: true });
    t.equal(reno.window, 2 * start, 'an unused window is no evidence');
    reno.onLost(100, { bytes: 1_200, sentTime: 50, persistent: false });
    reno.onLost(110, { bytes: 1_200, sentTime: 60, persistent: false });
    t.equal(reno.window, start, 'one reduction for the losses of one round');
    reno.onAcked(200, { bytes: start, sentTime: 150, appLimited: false });
    t.equal(reno.window, start + 1_200);
    reno.onLost(300, { bytes: 1_200, sentTime: 250, persistent: true });
    t.equal(reno.window, 2_400, 'persistent congestion starts over');
  },
);

t.test('the pacer lets a burst of ten go, then spaces by rate', async (t) => {
  const pacer = new Pacer(CONFIG);
  pacer.setRate(0, 150);
  let burst = 0;
  while (pacer.isOpen(0)) {
    pacer.onSent(0, 1_200);
    burst++;
  }
  t.equal(burst, 10);
  const opens = pacer.opensAt(0);
  pacer.onSent(opens, 1_200);
  const next = pacer.opensAt(opens) - opens;
  t.ok(next > 6 && next < 9, `1200 bytes at 150 bytes a ms: ${next} ms`);
  t.notOk(pacer.isOpen(opens + next / 2));
  t.ok(pacer.isOpen(opens + next));
});

t.test('a lone lost message is sent again after about an RTT, not a second', async (t) => {
  const pair = new Pair({ delay: 20 }).connect();
  for (let i = 0; i < 20; i++) {
    pair.connection.send(4, new Uint8Array([i]));
    pair.run(200);
  }
  pair.serverEvents.length = 0;
  let drops = 1;
  pair.fate = ({ to, bytes }) => ({ drop: to === 'server' && bytes.length > 12 && drops-- > 0 });
  const start = pair.now;
  pair.connection.send(4, new Uint8Array(20));
  t.ok(pair.run(2_000, () => pair.serverEvents.some(({ type }) => type === 'message')));
  const took = pair.now - start;
  t.ok(took <= 20 + 40 + 10, `${took} ms with 20 ms one way`);
});

t.test('jitter that reorders causes no storm of retransmissions', async (t) => {
  const pair = new Pair({ delay: 50 }).connect();
  pair.fate = () => ({ delay: 40 + 20 * randomFloat(pair.random) });
  for (let i = 0; i < 500; i++) {
    pair.connection.send(4, new Uint8Array(500));
    pair.run(5);
  }
  pair.run(2_000);
  const { retransmits, packetsSent } = pair.connection.stats(pair.now);
  t.ok(retransmits < 25, `${retransmits} of ${packetsSent}`);
});

for (const congestionControl of ['newreno', 'cubic'] as const) {
  const title = `${congestionControl} fills a pipe, and its window falls when it loses every fifth`;
  t.test(title, async (t) => {
    const pair = new Pair({ delay: 10, config: { congestionControl } }).connect();
    const block = new Uint8Array(60_000);
    for (let i = 0; i < 50; i++) if (!pair.connection.send(0, block)) pair.run(200);
    pair.run(2_000);
    const wide = pair.connection.stats(pair.now).cwnd;
    t.ok(wide > 100_000, `${wide}`);
    pair.fate = ({ to, index }) => ({ drop: to === 'server' && index % 5 === 0 });
    for (let i = 0; i < 20; i++) if (!pair.connection.send(0, block)) pair.run(200);
    pair.run(5_000);
    const { cwnd, lossOut } = pair.connection.stats(pair.now);
    t.ok(cwnd < wide / 4, `${cwnd}`);
    t.ok(lossOut > 0.1 && lossOut < 0.4, `${lossOut}`);
  });
}

t.test('an acknowledgement said again, its first copy lost, is no round-trip time', async (t) => {
  const machine = recovery();
  machine.peerMaxAckDelay = 5;
  sendAll(machine, [
    [0, 1_000],
    [1, 1_080],
  ]);
  machine.onAck(1_082, { type: 'ack', delay: 0, ranges: [{ start: 0, end: 1 }] }, 80);
  t.notOk(machine.rtt.hasSample, 'the peer says that it waited 80 ms');
  machine.onAck(1_082, { type: 'ack', delay: 0, ranges: [{ start: 0, end: 2 }] }, 1);
  t.equal(machine.rtt.srtt, 2);
});

const urgencyOf = (length: number): AckUrgency =>
  ackUrgency({ type: 'message', channel: 0, id: 0, bytes: new Uint8Array(length) });
const SHORT = urgencyOf(100);
const LONG = urgencyOf(1_000);

/** Which of these packets, one a ms and named by it, are acknowledged at once. */
function prompt(tracker: AckTracker, numbers: readonly number[], urgency: AckUrgency): number[] {
  return numbers.filter((number) => {
    tracker.onPacket(number, { number, urgency, srtt: 20 });
    const isDue = tracker.deadline <= number;
    if (isDue) tracker.onAckSent(0);
    return isDue;
  });
}

t.test('long messages in a stream are acknowledged in pairs, their gaps at once', async (t) => {
  const tracker = new AckTracker(CONFIG);
  const first = Array.from({ length: STREAM_RUN - 1 }, (_, i) => i);
  t.same(prompt(tracker, first, LONG), first, 'not yet a stream');
  t.same(prompt(tracker, [7, 8, 9, 10], LONG), [8, 10]);
  t.same(prompt(tracker, [12], LONG), [12], 'one is missing');
  t.same(prompt(tracker, [13], LONG), []);
  t.equal(tracker.deadline, 13 + Math.min(CONFIG.bulkAckDelay, 20 / 4), 'nor does the last wait');
});

t.test('of a short and a long message in one packet, the long one says when', async (t) => {
  t.ok(LONG > SHORT);
});

t.test('parts and copies make no stream of the messages among them', async (t) => {
  const tracker = new AckTracker(CONFIG);
  const parts = Array.from({ length: 2 * STREAM_RUN }, (_, i) => i);
  prompt(tracker, parts, AckUrgency.soon);
  t.same(prompt(tracker, [16, 17], SHORT), [16, 17]);
});

t.test('gaps are reported for half a second and in eight acks, and then no more', async (t) => {
  const tracker = new AckTracker(CONFIG);
  const take = (now: number, number: number): void => {
    tracker.onPacket(now, { number, urgency: AckUrgency.message, srtt: 20 });
  };
  const counts: number[] = [];
  for (let number = 0, now = 0; number < 300; number++, now += 30) {
    if (number % 10 === 9) continue;
    take(now, number);
    counts.push(tracker.frame(now)?.ranges.length ?? 0);
    tracker.onAckSent(now);
  }
  t.equal(counts[17], 2, 'the first gap, in the next acks');
  t.ok(Math.max(...counts) <= 7, `at most ${Math.max(...counts)} ranges`);
  take(9_000, 9);
  t.same(tracker.frame(9_000)?.ranges.at(-1), { start: 9, end: 19 }, 'what comes late is news');
  for (let i = 0; i < 7; i++) tracker.onAckSent(10_000 + i);
  t.same(tracker.frame(10_010)?.ranges.at(-1), { start: 9, end: 19 }, 'and is said seven times');
});
