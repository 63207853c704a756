import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { randomInt, SeededRandom } from '../../lib/base/random.ts';
import { decodeServerRecord } from '../../lib/chat/codec.ts';
import { read, sqliteStore } from '../support/store.ts';
import { compiled } from '../support/tui/compiled.ts';
import { Guest, Mortal, type Witness } from './kill-people.ts';

export interface KillRoundsOptions {
  readonly rounds: number;
  readonly clients: number;
  /** Clients beside them that are killed, one a round, and started again. */
  readonly mortals: number;
  /** Lines a second, of all clients together. */
  readonly rate: number;
  readonly seed: number;
  /** Told after each round. */
  readonly onRound?: (round: number, accepted: number) => void;
}

export interface KillReport {
  /** Lines that got their tick. */
  readonly accepted: number;
  /** Lines in the log. */
  readonly kept: number;
  /** What is wrong; empty when all is well. */
  readonly faults: readonly string[];
}

/** A host as people start it, on a folder that outlives it. */
export class Host {
  readonly #dir: string;
  readonly #main = compiled('cli/main.ts');
  #child: ChildProcess | undefined;
  port = 0;

  constructor(dir: string) {
    this.#dir = dir;
  }

  async start(): Promise<void> {
    const args = ['host', String(this.port), '--headless', '--bind', '127.0.0.1'];
    const child = spawn(process.execPath, [this.#main, ...args, '--data', this.#dir], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, XDG_DATA_HOME: this.#dir, XDG_CONFIG_HOME: this.#dir },
    });
    this.#child = child;
    this.port = await portOf(child);
    child.stdout.resume();
  }

  async kill(): Promise<void> {
    this.#child?.kill('SIGKILL');
    if (this.#child?.exitCode === null && this.#child.signalCode === null)
      await once(this.#child, 'exit');
  }
}

/** The port in the line that a host says when it is ready. */
function portOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let out = '';
    child.stdout?.on('data', (chunk) => {
      out += String(chunk);
      const match = /listening on \S*:(\d+)/.exec(out);
      if (match !== null) resolve(Number(match[1]));
    });
    child.once('exit', () => reject(new Error(`the host ended: ${out}`)));
  });
}

/**
 * `kill -9` of a real host, on a real disk, at random moments while people write, and of one of
 * them at other moments: afterwards every line that got its tick is in the log once, under the
 * number that everybody saw, and so is every line of those who were killed, ticked or not.
 */
export async function runKillRounds(options: KillRoundsOptions): Promise<KillReport> {
  const dir = mkdtempSync(join(tmpdir(), 'udpchat-kill-'));
  const random = new SeededRandom(options.seed);
  const host = new Host(dir);
  const guests: Guest[] = [];
  const mortals: Mortal[] = [];
  const pause = (most: number): Promise<void> => sleep(randomInt(random, most));
  try {
    await host.start();
    const { port } = host;
    for (let i = 0; i < options.clients; i++) guests.push(new Guest(port, `guest${i}`));
    const interval = (1000 * (options.clients + options.mortals)) / options.rate;
    for (let i = 0; i < options.mortals; i++) {
      mortals.push(new Mortal({ port, nick: `mortal${i}`, dir, interval }));
    }
    for (const mortal of mortals) mortal.start();
    const people = [...guests, ...mortals].map(({ witness }) => witness);
    const stop = write(guests, interval / options.clients);
    for (let round = 1; round <= options.rounds; round++) {
      await somebodyIsTicked(people);
      const mortal = mortals[randomInt(random, Math.max(1, mortals.length))];
      const restartMortal = async (): Promise<void> => {
        await pause(600);
        await mortal?.kill();
        await pause(300);
        mortal?.start();
      };
      const restartHost = async (): Promise<void> => {
        await pause(600);
        await host.kill();
        await pause(100);
        await host.start();
      };
      await Promise.all([restartMortal(), restartHost()]);
      const accepted = people.reduce((sum, person) => sum + person.accepted.size, 0);
      options.onRound?.(round, accepted);
    }
    stop();
    await allAreTicked(guests);
    await Promise.all(mortals.map((mortal) => mortal.finish()));
    await sleep(1000);
    for (const { client } of guests) client.quit();
    await Promise.all(guests.map(({ client }) => client.closed));
    await host.kill();
    for (const person of people) person.finish();
    return judge(dir, people);
  } finally {
    for (const { client } of guests) client.quit();
    await Promise.all(mortals.map((mortal) => mortal.kill()));
    await host.kill();
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Has them write in turn, a line every `interval` ms, until the returned function is called. */
function write(guests: readonly Guest[], interval: number): () => void {
  let written = 0;
  const timer = setInterval(() => {
    const client = guests[written % guests.length]?.client;
    // Who is cut off for long writes no more than fits their outbox.
    if (client !== undefined && client.pending < 500) client.post('#lobby', `line ${++written}`);
  }, interval);
  return () => clearInterval(timer);
}

/** Most are back and have had an answer since they were asked. */
async function somebodyIsTicked(people: readonly Witness[]): Promise<void> {
  const before = people.map(({ accepted }) => accepted.size);
  const isDone = (): boolean =>
    people.filter(({ accepted }, i) => accepted.size > (before[i] ?? 0)).length * 2 > people.length;
  while (!isDone()) {
    failIfMostAreGone(people);
    await sleep(20);
  }
}

/** Who never got in, on a machine that is too busy, cannot be waited for. */
function failIfMostAreGone(people: readonly Witness[]): void {
  const [first, ...others] = people.filter(({ faults }) => faults.length > 0);
  if (first !== undefined && others.length * 2 >= people.length) {
    throw new Error(`most clients are gone: ${first.faults.join('; ')}`);
  }
}

async function allAreTicked(guests: readonly Guest[]): Promise<void> {
  const waits = ({ client, witness }: Guest): boolean =>
    witness.faults.length === 0 && client.pending > 0;
  while (guests.some(waits)) await sleep(50);
}

function judge(dir: string, people: readonly Witness[]): KillReport {
  const faults = people.flatMap((person) => person.faults);
  const { store, warnings, close } = sqliteStore(dir);
  faults.push(...warnings);
  const kept = new Map<string, number>();
  const ids: string[] = [];
  for (let after = 0; ; after = ids.length) {
    const page = read(store, { after, count: 1000, bytes: 1e9, from: 'oldest' });
    for (const { seq, record } of page) {
      if (seq !== ids.length + 1) faults.push(`the log has ${seq} after ${ids.length}`);
      const line = decodeServerRecord(record).record;
      const id = line?.type === 'message' ? Buffer.from(line.id).toString('hex') : `?${seq}`;
      if (kept.has(id)) faults.push(`${id} is in the log as ${kept.get(id)} and ${seq}`);
      kept.set(id, seq);
      ids.push(id);
    }
    if (page.length === 0) break;
  }
  close();
  let accepted = 0;
  for (const person of people) {
    accepted += person.accepted.size;
    for (const [id, seq] of person.accepted) {
      if (kept.get(id) !== seq) faults.push(`${id} was ticked as ${seq}, kept as ${kept.get(id)}`);
    }
    for (const [id, text] of person.said) {
      if (!kept.has(id)) faults.push(`${person.nick}: ${id} ("${text}") was said and is nowhere`);
    }
    for (const [seq, id] of person.shown) {
      if (ids[seq - 1] !== id) faults.push(`${seq} was shown as ${id}, kept as ${ids[seq - 1]}`);
    }
  }
  const lines = people.flatMap(({ said }) => [...said.values()]);
  if (new Set(lines).size !== lines.length) faults.push('a line was said under two ids');
  return { accepted, kept: ids.length, faults };
}
