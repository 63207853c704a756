// The emulator against real tc netem, by the same tool. Linux, root: npm run netem.
import { type ChildProcess, spawn } from 'node:child_process';
import { release } from 'node:os';
import { fileURLToPath } from 'node:url';
import { SeededRandom } from '../../../lib/base/random.ts';
import { Emulator } from '../../../lib/lab/emulator.ts';
import type { Impairment } from '../../../lib/lab/impairment.ts';
import type { Command } from '../../../lib/lab/netem/plan.ts';
import { parseImpairment } from '../../../lib/lab/netem-parser.ts';
import { NetemError, NetemNetwork } from '../../../lib/lab/shell/netem-network.ts';
import { CASES, type Case } from './cases.ts';
import { agree, type Interval, meanDelay, overBlocks, type Passage } from './measure.ts';

/** Blocks of each stream; the emulator, in no time, gets through ten times as many. */
const BLOCKS = 20;
const EMULATED_BLOCKS = 200;
/** Ethernet, IP and UDP around a payload: tc counts them, the emulator sees datagrams. */
const HEADERS = 42;
/** After the last packet was sent, until the last one arrived, ms. */
const DRAIN = 1_500;
const SEED = 7;

/** A probe in a process of its own. */
class Probe {
  readonly #child: ChildProcess;

  constructor(prefix: Command) {
    const script = fileURLToPath(new URL('probe.ts', import.meta.url));
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
        this.#child.off('message', hear);
        resolve(message as T);
      };
      this.#child.on('message', hear);
      this.#child.once('exit', (code) => reject(new Error(`a probe went away: exit ${code}`)));
    });
  }

  close(): void {
    this.#child.removeAllListeners('exit');
    this.#child.kill('SIGKILL');
  }
}

/** What the emulator does to a stream, in virtual time. */
function emulate({ packets, spacing, bytes }: Case, impairment: Impairment): Passage {
  const emulator = new Emulator({ impairment, random: new SeededRandom(SEED) });
  const count = (packets * EMULATED_BLOCKS) / BLOCKS;
  const passage: number[][] = Array.from({ length: count }, () => []);
  const drain = (until: number): void => {
    for (let at = emulator.nextTimeout(); at <= until; at = emulator.nextTimeout()) {
      if (at === Number.POSITIVE_INFINITY) return;
      const out = emulator.poll(at);
      if (out === undefined) continue;
      const view = new DataView(out.buffer, out.byteOffset);
      // UDP's checksum keeps a damaged datagram from its socket; the copy says that it is whole.
      const number = view.getUint32(0);
      if (out.slice(4).some((byte) => byte !== 0) || passage[number] === undefined) continue;
      passage[number]?.push(at - number * spacing);
    }
  };
  for (let number = 0; number < count; number++) {
    const datagram = new Uint8Array(bytes + HEADERS);
    new DataView(datagram.buffer).setUint32(0, number);
    drain(number * spacing);
    emulator.offer(number * spacing, datagram);
  }
  drain(Number.MAX_VALUE);
  return passage;
}

/** What tc netem does to it, in real time. */
async function send(one: Case, probes: { sender: Probe; receiver: Probe; to: object }) {
  const { sender, receiver, to } = probes;
  const { packets, spacing, bytes } = one;
  const sent = sender.hear('sent');
  sender.tell({ type: 'send', to, packets, spacing, bytes });
  await sent;
  await new Promise((resolve) => setTimeout(resolve, DRAIN));
  const heard = receiver.hear<{ arrivals: [number, number][] }>('arrivals');
  receiver.tell({ type: 'stop' });
  const passage: number[][] = Array.from({ length: packets }, () => []);
  for (const [number, delay] of (await heard).arrivals) passage[number]?.push(delay);
  return passage;
}

function parsed(text: string): Impairment {
  const result = parseImpairment(text);
  if (!result.ok) throw new Error(result.error.message);
  return result.impairment;
}

function shown({ mean, halfWidth }: Interval, unit: string): string {
  const digits = unit === '' ? 3 : 2;
  return `${mean.toFixed(digits)} ± ${halfWidth.toFixed(digits)} ${unit}`.trim();
}

/** Runs all cases; the number of figures that agree, and that do not. */
async function compare(network: NetemNetwork): Promise<{ passed: number; failed: number }> {
  const sender = new Probe(network.inside(0));
  const receiver = new Probe(network.inside(1));
  const count = { passed: 0, failed: 0 };
  try {
    await Promise.all([sender.hear('ready'), receiver.hear('ready')]);
    const bound = receiver.hear<{ port: number }>('bound');
    const [, address] = network.pair.addresses;
    receiver.tell({ type: 'receive', address });
    const probes = { sender, receiver, to: { address, port: (await bound).port } };
    network.change({});
    const bare = { packets: 2_000, spacing: 2, bytes: 64, impairment: '', measures: [] };
    const own = meanDelay.of(await send(bare, probes)) ?? 0;
    process.stdout.write(`without netem a packet takes ${own.toFixed(2)} ms here: taken off\n`);
    for (const one of CASES) {
      const impairment = parsed(one.impairment);
      const [command = ''] = network.change(impairment);
      const measured = (await send(one, probes)).map((copies) => copies.map((ms) => ms - own));
      const emulated = emulate(one, impairment);
      process.stdout.write(`\n${command}\n`);
      for (const measure of one.measures) {
        const length = one.packets / BLOCKS;
        const real = overBlocks(measure, measured, length);
        const ours = overBlocks(measure, emulated, length);
        const isSame = agree(real, ours, measure.slack);
        count[isSame ? 'passed' : 'failed']++;
        const name = measure.name.padEnd(34);
        const netem = shown(real, measure.unit).padEnd(20);
        const emulator = shown(ours, measure.unit).padEnd(20);
        const verdict = isSame ? 'agree' : 'DIFFER';
        process.stdout.write(`  ${name} netem ${netem} emulator ${emulator} ${verdict}\n`);
      }
    }
    return count;
  } finally {
    sender.close();
    receiver.close();
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
  const { passed, failed } = await compare(network);
  network.close();
  process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
  process.exitCode = failed === 0 ? 0 : 1;
} catch (error) {
  const hints = error instanceof NetemError ? error.obstacles.map(({ hint }) => ` (${hint})`) : [];
  process.stderr.write(`netem: ${String(error)}${hints.join('')}\n`);
  process.exitCode = 1;
}
