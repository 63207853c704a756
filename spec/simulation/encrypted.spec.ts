import t from 'tap';
import { SeededRandom } from '../../lib/base/random.ts';
import { ClientCore } from '../../lib/client/core.ts';
import type { ClientEvent } from '../../lib/client/events.ts';
import { createNoise } from '../../lib/crypto/noise.ts';
import { HmacResetTokens } from '../../lib/crypto/reset-tokens.ts';
import { HmacRetryTokens } from '../../lib/crypto/retry-tokens.ts';
import { Mischief } from '../../lib/lab/mischief.ts';
import { parseImpairment } from '../../lib/lab/netem-parser.ts';
import { World, type WorldNode } from '../../lib/lab/world.ts';
import { ServerCore } from '../../lib/server/core.ts';

const EPOCH = 1_767_225_600_000;
const SERVER = { address: '10.0.0.1', port: 5000 };
const LINES = 60;

/** An encrypted chat of two in the weather given, with somebody on the path who plays tricks. */
function encryptedChat(words: string, seed: number) {
  const parsed = parseImpairment(words);
  if (!parsed.ok) throw new Error(parsed.error.message);
  const random = new SeededRandom(seed);
  const mischief = new Mischief({ random: random.fork(), percent: 5 });
  const world = new World({ seed, impairment: parsed.impairment, checkers: [mischief] });
  const transport = { rekeyPackets: 30 };
  const staticKey = new Uint8Array(32).fill(3);
  const host = (): WorldNode => {
    const machine = new ServerCore({
      random: random.fork(),
      handshakes: createNoise({ random: random.fork(), staticKey }),
      tokens: new HmacRetryTokens(new Uint8Array(32)),
      resets: new HmacResetTokens(staticKey),
      epoch: EPOCH,
      transport,
    });
    return world.add({ name: 'server', address: SERVER, machine });
  };
  const join = (nick: string, number: number) => {
    const handshakes = createNoise({ random: random.fork() });
    const all = { server: SERVER, nick, random: random.fork(), handshakes, epoch: EPOCH };
    const core = new ClientCore({ ...all, transport });
    const events: ClientEvent[] = [];
    const application = (): boolean => {
      const event = core.pollEvent();
      if (event !== undefined) events.push(event);
      return event !== undefined;
    };
    const address = { address: `10.0.0.${number}`, port: 6000 };
    const node = world.add({ name: nick, address, machine: core, application });
    world.act(node, (now) => core.start(now));
    const lines = (): string[] =>
      events.flatMap((event) => (event.type === 'message' ? [event.text] : []));
    return { node, core, events, lines };
  };
  return { world, host, join };
}

t.test('encrypted, at 30 % loss each way, every line comes once and in one order', async (t) => {
  for (const seed of [1, 2, 3]) {
    const { world, host, join } = encryptedChat('loss 30% delay 50ms 20ms', seed);
    host();
    const people = [join('ana', 2), join('bob', 3)];
    world.run(15_000);
    for (let i = 0; i < LINES; i++) {
      for (const { node, core } of people) {
        world.act(node, (now) => core.post(now, '#lobby', `${core.nick} ${i}`));
      }
      world.run(world.now + 100);
    }
    const isDone = (): boolean => people.every(({ lines }) => lines().length === 2 * LINES);
    t.ok(world.settle(60_000, isDone), `seed ${seed}`);
    t.same(people[0]?.lines(), people[1]?.lines(), `seed ${seed}`);
    const updates = people[0]?.core.connection?.inspect().keyUpdates ?? 0;
    t.ok(updates >= 2, `seed ${seed}: keys changed ${updates} times`);
  }
});

t.test('after a restart of the server people are back in three seconds, not in six', async (t) => {
  const { world, host, join } = encryptedChat('delay 10ms', 4);
  const first = host();
  const ana = join('ana', 2);
  world.run(5_000);
  world.kill(first);
  host();
  const started = world.now;
  const welcomes = (): number => ana.events.filter(({ type }) => type === 'welcome').length;
  t.ok(
    world.settle(3_000, () => welcomes() === 2),
    JSON.stringify(ana.events.at(-1)),
  );
  t.comment(`back after ${Math.round(world.now - started)} ms`);
});
