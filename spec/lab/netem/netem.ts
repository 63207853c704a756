// The emulator against real tc netem, by the same tool. Linux, root:
//   npm run netem                       every case
//   npm run netem -- gemodel delay      those with one of these words in them
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SeededRandom } from '../../../lib/base/random.ts';
import { Emulator } from '../../../lib/lab/emulator.ts';
import type { Impairment } from '../../../lib/lab/impairment.ts';
import { CABLE, type Command } from '../../../lib/lab/netem/plan.ts';
import { parseImpairment } from '../../../lib/lab/netem-parser.ts';
import { Capture } from '../../../lib/lab/shell/capture.ts';
import { NetemError, NetemNetwork } from '../../../lib/lab/shell/netem-network.ts';
import { Arrivals } from './arrivals.ts';
import { CASES, type Case } from './cases.ts';
import { agree, type Interval, median, overBlocks, type Passage, quartiles } from './measure.ts';

/** Blocks of each stream; the emulator, in no time, gets through ten times as many. */
const BLOCKS = 20;
const EMULATED_BLOCKS = 200;
/** Ethernet, IP and UDP around a payload: tc counts them, the emulator sees datagrams. */
const HEADERS = 42;
/** After the last packet was sent, until the last one arrived, ms. */
const DRAIN = 1_500;
/** What one can trust of a delay that a process measures on an idle machine, ms. */
const TIMING_SLACK = 1;
/** A machine whose own lateness varies by more than this, between quartiles, measures no delays. */
const MAX_SPREAD = 10;
/** By this one the timers and processes of the machine are measured. */
const CALIBRATION = {
  delay: { ms: 20, jitterMs: 0, correlation: 0, distribution: 'uniform' },
} as const;
const SEED = 7;
/** A stream that says how late the machine is. */
const BARE = { packets: 1_000, spacing: 1, burst: 5, bytes: 64 } as const;
const EXTENSION = import.meta.url.endsWith('.ts') ? 'ts' : 'js';

/** A probe in a process of its own. */
class Probe {
  readonly #child: ChildProcess;

  constructor(prefix: Command) {
    const script = fileURLToPath(new URL(`probe.${EXTENSION}`, import.meta.url));
    const [enter, ...into] = prefix;
    const args = [...into, process.execPath, ...process.execArgv, script];
    this.#child = spawn(enter, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  }

  tell(order: object): void {
    this.#child.send(order);
  }

  hear<T>(type: string): Promise<T> {
    return new Promise((resolve, reject) => {
      const hear = (message: { type: string }): void => {
        if (message.type !== type) return;
        this.#child.off('message', hear).off('exit', lose);
        resolve(message as T);
      };
      const lose = (code: number | null): void => {
        reject(new Error(`a probe went away: exit ${code}`));
      };
      this.#child.on('message', hear);
      this.#child.once('exit', lose);
    });
  }

  close(): void {
    this.#child.removeAllListeners('exit');
    this.#child.kill('SIGKILL');
  }
}

/** What the emulator does, in virtual time, to the packets that were sent, again and again. */
function emulate({ packets, bytes }: Case, times: readonly number[], impairment: Impairment) {
  const emulator = new Emulator({ impairment, random: new SeededRandom(SEED) });
  const count = (packets * EMULATED_BLOCKS) / BLOCKS;
  const passage: number[][] = Array.from({ length: count }, () => []);
  const round = (times.at(-1) ?? 0) + DRAIN;
  const sentAt = (number: number): number =>
    Math.floor(number / packets) * round + (times[number % packets] ?? 0);
  const drain = (until: number): void => {
    for (let at = emulator.nextTimeout(); at <= until; at = emulator.nextTimeout()) {
      if (at === Number.POSITIVE_INFINITY) return;
      const out = emulator.poll(at);
      if (out === undefined) continue;
      const number = new DataView(out.buffer, out.byteOffset).getUint32(0);
      // UDP's checksum keeps a damaged datagram from its socket; whole ones are 0 from here on.
      if (out.subarray(4).some((byte) => byte !== 0) || number >= count) continue;
      passage[number]?.push(at - sentAt(number));
    }
  };
  for (let number = 0; number < count; number++) {
    const datagram = new Uint8Array(bytes + HEADERS);
    new DataView(datagram.buffer).setUint32(0, number);
    drain(sentAt(number));
    emulator.offer(sentAt(number), datagram);
  }
  drain(Number.MAX_VALUE);
  return passage;
}

/** What tc netem does to a stream, in real time, and when each of its packets was sent. */
async function send(
  { packets, spacing, burst, bytes }: Omit<Case, 'impairment' | 'measures'>,
  { sender, receiver, arrivals }: Ends,
): Promise<{ times: readonly number[]; passage: Passage }> {
  const sent = sender.hear<{ times: number[] }>('sent');
  sender.tell({ type: 'send', packets, spacing, burst, bytes });
  const { times } = await sent;
  await new Promise((resolve) => setTimeout(resolve, DRAIN));
  const heard = receiver.hear<{ arrivals: [number, number][] }>('arrivals');
  receiver.tell({ type: 'stop' });
  // Which ones reached the socket, says the process; when they came, the kernel.
  const passage: number[][] = Array.from({ length: packets }, () => []);
  const delays: number[][] = Array.from({ length: packets }, () => []);
  for (const { number, delay } of arrivals.read()) delays[number]?.push(delay);
  for (const [number] of (await heard).arrivals) {
    passage[number]?.push(delays[number]?.shift() ?? Number.NaN);
  }
  return { times, passage };
}

interface Ends {
  readonly sender: Probe;
  readonly receiver: Probe;
  readonly arrivals: Arrivals;
}

/** By how much a packet is later than netem was told, and by how much that varies, ms. */
function ownDelay(passage: Passage): { median: number; spread: number; text: string } {
  const [first = 0, middle = 0, third = 0] = [quartiles[0], median, quartiles[1]].map(
    ({ of }) => (of(passage) ?? 0) - CALIBRATION.delay.ms,
  );
  const text = `${middle.toFixed(2)} ms (quartiles ${first.toFixed(2)}, ${third.toFixed(2)})`;
  return { median: middle, spread: third - first, text };
}

function parsed(text: string): Impairment {
  const result = parseImpairment(text);
  if (!result.ok) throw new Error(result.error.message);
  return result.impairment;
}

/** Whether a case has one of the words of the command line; all have if there are none. */
function isWanted({ impairment }: Case): boolean {
  const words = process.argv.slice(2);
  return words.length === 0 || words.some((word) => impairment.includes(word));
}

function shown({ mean, halfWidth }: Interval, unit: string): string {
  const digits = unit === '' ? 3 : 2;
  return `${mean.toFixed(digits)} ± ${halfWidth.toFixed(digits)} ${unit}`.trim();
}

/** How many figures agree, how many do not, and how many say nothing. */
interface Count {
  passed: number;
  failed: number;
  unknown: number;
}

/** Runs all cases. */
async function compare(network: NetemNetwork): Promise<Count> {
  const folder = mkdtempSync(join(tmpdir(), 'udpchat-netem-'));
  const sender = new Probe(network.inside(0));
  const receiver = new Probe(network.inside(1));
  const path = join(folder, 'arrivals.pcapng');
  const prefix = network.inside(1);
  const capture = await Capture.start({ device: CABLE, prefix, path });
  const arrivals = new Arrivals(path);
  const count = { passed: 0, failed: 0, unknown: 0 };
  try {
    await Promise.all([sender.hear('ready'), receiver.hear('ready')]);
    const bound = receiver.hear<{ port: number }>('bound');
    const [, address] = network.pair.addresses;
    receiver.tell({ type: 'receive', address });
    const connected = sender.hear('connected');
    sender.tell({ type: 'connect', address, port: (await bound).port });
    await connected;
    const ends = { sender, receiver, arrivals };
    network.change({});
    await send(BARE, ends);
    for (const one of CASES.filter(isWanted)) await compareOne(one, network, { ends, count });
    return count;
  } finally {
    sender.close();
    receiver.close();
    await capture.stop();
    arrivals.close();
    rmSync(folder, { recursive: true });
  }
}

async function compareOne(
  one: Case,
  network: NetemNetwork,
  { ends, count }: { ends: Ends; count: Count },
): Promise<void> {
  const impairment = parsed(one.impairment);
  // How late the machine is by itself, now: it may be busy with something else in a minute.
  network.change(CALIBRATION);
  const own = ownDelay((await send(BARE, ends)).passage);
  const [command = ''] = network.change(impairment);
  const { times, passage } = await send(one, ends);
  const measured = passage.map((copies) => copies.map((ms) => ms - own.median));
  const emulated = emulate(one, times, impairment);
  const pace = ((times.at(-1) ?? 0) / one.packets).toFixed(2);
  process.stdout.write(`\n${command}\n  ${one.packets} packets, one each ${pace} ms`);
  process.stdout.write(`; a delay of 20 ms is late by ${own.text}, which is taken off\n`);
  for (const measure of one.measures) {
    const length = one.packets / BLOCKS;
    const real = overBlocks(measure, measured, length);
    const ours = overBlocks(measure, emulated, length);
    const slack = measure.isTiming ? TIMING_SLACK + own.spread : 0;
    const isSame = agree(real, ours, slack);
    const outcome = measure.isTiming && own.spread > MAX_SPREAD ? 'unknown' : isSame;
    count[outcome === 'unknown' ? 'unknown' : isSame ? 'passed' : 'failed']++;
    const name = measure.name.padEnd(32);
    const netem = shown(real, measure.unit).padEnd(18);
    const emulator = shown(ours, measure.unit).padEnd(18);
    const verdict = outcome === 'unknown' ? 'too busy to tell' : isSame ? 'agree' : 'DIFFER';
    const within = slack > 0 ? ` (timing: ± ${slack.toFixed(2)} ms)` : '';
    process.stdout.write(`  ${name} netem ${netem} emulator ${emulator} ${verdict}${within}\n`);
  }
}

process.on('SIGINT', () => process.exit(130));
process.on('SIGTERM', () => process.exit(143));
try {
  process.stdout.write(
    `Linux ${release()}; intervals are 99.9 %, over ${BLOCKS} blocks of packets ` +
      `(emulator: ${EMULATED_BLOCKS}, seed ${SEED})\n`,
  );
  const network = NetemNetwork.open();
  const { passed, failed, unknown } = await compare(network);
  network.close();
  if (unknown > 0) process.stdout.write(`\n${unknown} not measured: the machine is too busy\n`);
  process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
  process.exitCode = failed === 0 ? 0 : 1;
} catch (error) {
  const hints = error instanceof NetemError ? error.obstacles.map(({ hint }) => ` (${hint})`) : [];
  process.stderr.write(`netem: ${String(error)}${hints.join('')}\n`);
  process.exitCode = 1;
}
