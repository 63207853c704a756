import t from 'tap';
import { LOBBY } from '../../lib/chat/config.ts';
import { formatAddress } from '../../lib/transport/machine.ts';
import { type Person, Town, weather } from '../support/town.ts';

const FAST = { lineRate: 1e5, lineBurst: 1e5, byteRate: 1e9, byteBurst: 1e9 };
const SEND_LIMIT = 256 * 1024;
const SHED = 64 * 1024;

/** Writes 1 KB every `interval` ms, 20 unless told: 400 kbit/s. */
class Talk {
  readonly sentAt = new Map<string, number>();
  readonly #town: Town;
  readonly #writer: Person;
  readonly #interval: number;

  constructor(town: Town, writer: Person, interval = 20) {
    this.#interval = interval;
    this.#town = town;
    this.#writer = writer;
  }

  /** `each` is called after every line. */
  go(ms: number, each: () => void = () => {}): void {
    for (let spent = 0; spent < ms; spent += this.#interval) {
      const text = `${this.sentAt.size} `.padEnd(1000, '.');
      this.sentAt.set(text, this.#town.world.now);
      this.#town.say(this.#writer, text);
      this.#town.wait(this.#interval);
      each();
    }
  }

  /** The latencies of the lines that `reader` has seen, ms, the longest last. */
  latencies({ events, times }: Person): number[] {
    return events
      .flatMap((event, i) => {
        const sent = event.type === 'message' ? this.sentAt.get(event.text) : undefined;
        return sent === undefined ? [] : [(times[i] ?? 0) - sent];
      })
      .sort((a, b) => a - b);
  }
}

function queueOf(town: Town, { node }: Person): number {
  const address = formatAddress(node.address);
  const [found] = [...town.server.machine.connections].filter(
    ({ remote }) => formatAddress(remote) === address,
  );
  return found?.bytesQueued ?? 0;
}

function numbersTo(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i + 1);
}

function typing(town: Town, { core, node }: Person): void {
  town.world.act(node, (now) => core.do(now, (session) => session.typing(now, LOBBY)));
}

for (const shards of [1, 2]) {
  t.test(
    `of ${shards}: who cannot follow is let go, and comes back to the newest lines`,
    async (t) => {
      const transport = { sendLimit: SEND_LIMIT };
      const town = new Town(5, { shards, transport, chat: { ...FAST, historyBytes: SHED } });
      const ana = town.add('ana', { config: FAST });
      const [bob, cy, dee] = [town.add('bob'), town.add('cy'), town.add('dee')];
      town.wait(2_000);
      const talk = new Talk(town, ana);
      talk.go(2_000);
      // What goes to bob is slow; what he says arrives, so he is not taken for dead.
      town.world.impair(town.server.node, bob.node, weather('rate 16kbit delay 10ms'));
      let longest = 0;
      let isLate = false;
      talk.go(10_000, () => {
        const queue = queueOf(town, bob);
        longest = Math.max(longest, queue);
        if (queue < 2 * SHED || isLate) return;
        isLate = true;
        typing(town, dee);
      });
      t.ok(longest > SEND_LIMIT / 2 && longest <= SEND_LIMIT, `at most ${longest} bytes for bob`);
      t.equal(cy.of('typing').length, 1);
      t.equal(bob.of('typing').length, 0, 'what is of no use when it is late is shed first');
      town.world.impair(town.server.node, bob.node, weather('delay 10ms'));
      town.wait(20_000);
      typing(town, dee);
      talk.go(1_000);
      town.wait(200);
      t.equal(bob.of('typing').length, 1, 'and comes again when there is room');
      const seqs = bob.of('message').map(({ seq }) => seq);
      t.strictSame(seqs.slice(-100), numbersTo(talk.sentAt.size).slice(-100), 'in order');
      t.equal(new Set(seqs).size, seqs.length, 'none twice');
      const gaps = bob
        .of('notice')
        .flatMap(({ text }) => /; (\d+) older ones/.exec(text)?.[1] ?? []);
      const unseen = gaps.reduce((sum, count) => sum + Number(count), 0);
      t.equal(seqs.length + unseen, talk.sentAt.size, `bob is told that he misses ${unseen}`);
      const told = bob.of('status').find(({ status }) => status === 'reconnecting');
      t.equal(told?.detail, 'too slow to follow', 'bob knows why');
      t.match(ana.of('gone')[0], { nick: 'bob', reason: 'too slow to follow' });
      for (const person of [ana, cy, dee]) {
        const latencies = talk.latencies(person);
        t.equal(latencies.length, talk.sentAt.size);
        const p99 = latencies[Math.floor(latencies.length * 0.99)] ?? Infinity;
        t.ok(p99 < (shards === 1 ? 60 : 160), `${person.core.nick}: p99 ${p99.toFixed(1)} ms`);
        t.equal(person.of('status').filter(({ status }) => status === 'reconnecting').length, 0);
      }
    },
  );
}

t.test('who lags is not told who is away, and is when they have caught up', async (t) => {
  const town = new Town(6, { chat: FAST });
  const ana = town.add('ana', { config: FAST });
  const [bob, cy] = [town.add('bob'), town.add('cy')];
  town.wait(1_000);
  town.world.impair(town.server.node, bob.node, weather('rate 64kbit delay 10ms'));
  const talk = new Talk(town, ana);
  talk.go(4_000);
  t.ok(queueOf(town, bob) > SHED, `${queueOf(town, bob)} bytes wait`);
  town.world.act(cy.node, (now) => cy.core.do(now, (session) => session.away(now, 'lunch')));
  town.wait(100);
  t.equal(ana.of('presence').length, 1);
  t.ok(town.world.settle(60_000, () => talk.latencies(bob).length === talk.sentAt.size));
  t.equal(bob.of('presence').length, 0);
  town.wait(3_000);
  const users = bob.of('roster').at(-1)?.users ?? [];
  t.match(
    users.find(({ nick }) => nick === 'cy'),
    { presence: 'away' },
  );
  t.equal(bob.of('status').filter(({ status }) => status === 'reconnecting').length, 0);
});

t.test('who is stopped for a minute costs the others nothing, and misses nothing', async (t) => {
  const town = new Town(7, { chat: FAST });
  const ana = town.add('ana', { config: FAST });
  const [bob, cy] = [town.add('bob'), town.add('cy')];
  town.wait(1_000);
  const talk = new Talk(town, ana, 100);
  town.world.partition(bob.node, town.server.node);
  let longest = 0;
  talk.go(60_000, () => {
    longest = Math.max(longest, queueOf(town, bob));
  });
  t.ok(longest < 1024 * 1024, `at most ${longest} bytes for bob`);
  town.world.heal(bob.node, town.server.node);
  t.ok(
    town.world.settle(60_000, () => talk.latencies(bob).length === talk.sentAt.size),
    `bob has ${talk.latencies(bob).length} of ${talk.sentAt.size} lines`,
  );
  const latencies = talk.latencies(cy);
  t.equal(latencies.length, talk.sentAt.size);
  t.ok((latencies.at(-1) ?? Infinity) < 100, `the longest ${latencies.at(-1)?.toFixed(1)} ms`);
});
