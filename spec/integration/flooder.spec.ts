import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import t from 'tap';
import { CHAT_DEFAULTS } from '../../lib/chat/config.ts';
import { ChatClient } from '../../lib/index.ts';
import { compiled } from '../support/tui/compiled.ts';
import { Host } from './kill-rounds.ts';

const SECONDS = 3;
/** ms between two lines of somebody who just chats. */
const INTERVAL = 100;

/** Somebody who just chats, from another place than the flooder: how long their ticks take, ms. */
class Neighbour {
  readonly client: ChatClient;
  readonly problems: string[] = [];
  readonly #sent = new Map<string, number>();
  #ticks: number[] = [];

  constructor(port: number, nick: string) {
    this.client = new ChatClient({ host: '127.0.0.1', port, nick, history: 0 });
    this.client.on('event', (event) => {
      const started = event.type === 'accepted' ? this.#sent.get(event.id) : undefined;
      if (started !== undefined) this.#ticks.push(performance.now() - started);
      const isOff = event.type === 'status' && event.status === 'reconnecting';
      if (isOff || event.type === 'rejected') this.problems.push(JSON.stringify(event));
    });
  }

  /** Chats for `seconds`; the median tick, ms. */
  async chat(seconds: number): Promise<number> {
    this.#ticks = [];
    const until = performance.now() + 1000 * seconds;
    while (performance.now() < until) {
      this.#sent.set(this.client.post('#lobby', 'how are you?'), performance.now());
      await sleep(INTERVAL);
    }
    while (this.client.pending > 0) await sleep(5);
    return this.#ticks.sort((a, b) => a - b)[this.#ticks.length >> 1] ?? Number.NaN;
  }
}

t.test('who floods a room is slowed down, while the others do not notice', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'udpchat-flood-'));
  const host = new Host(dir);
  t.teardown(async () => {
    await host.kill();
    rmSync(dir, { recursive: true });
  });
  await host.start();
  const people = ['ana', 'bob', 'cy'].map((nick) => new Neighbour(host.port, nick));
  t.teardown(() => people.map(({ client }) => client.quit()));
  await Promise.all(people.map((person) => person.chat(1)));
  const calm = await Promise.all(people.map((person) => person.chat(SECONDS)));

  const flooder = compiled('spec/integration/flooder.ts');
  const args = [flooder, host.port, 'mallory', SECONDS].map(String);
  const flood = promisify(execFile)(process.execPath, args);
  const during = await Promise.all(people.map((person) => person.chat(SECONDS)));
  const { accepted, rejected, closed } = JSON.parse((await flood).stdout);

  const { lineBurst, lineRate } = CHAT_DEFAULTS;
  t.ok(accepted >= lineBurst, `a burst is let through: ${accepted} lines`);
  // The process starts and ends beside the clock here, so it may have a little longer.
  t.ok(accepted <= lineBurst + lineRate * (SECONDS + 4), `${accepted} lines in ${SECONDS} s`);
  t.ok((rejected['rate-limited'] ?? 0) > lineBurst, JSON.stringify(rejected));
  t.equal(closed, 'quit', 'nobody was sent away');
  for (const [i, { problems }] of people.entries()) {
    t.strictSame(problems, [], 'no line of a neighbour is refused, and nobody is cut off');
    const [before = 0, now = 0] = [calm[i], during[i]];
    t.ok(now <= 5 * before + 400, `a tick took ${before.toFixed(1)}, and ${now.toFixed(1)} ms`);
  }
});
