import { LoadRefusedError, processCpu, runLoad } from '../../lib/entry/lab.ts';
import type { LoadCounts, LoadResult } from '../../lib/index.ts';
import type { Run } from '../command.ts';
import { CliError, closedError, ExitCode } from '../errors.ts';
import { type FlagValues, numberFlag } from '../flags.ts';
import { onInterrupt } from '../interrupt.ts';
import { isPlaintext } from '../plaintext.ts';
import { formatTarget, parseTarget } from '../target.ts';
import { openTrace, programName } from '../trace.ts';

const WHOLE = { least: 1, isWhole: true } as const;
const PHASES = { enter: 'coming in', write: 'writing', drain: 'waiting for the last' } as const;

/** `udpchat lab load HOST [PORT]`: many real clients, and what reaches them. */
export const labLoad: Run = async ({ positionals, flags }) => {
  const target = parseTarget(positionals);
  const plan = choosePlan(flags);
  const workers = numberFlag(flags, 'workers', { ...WHOLE, most: 64 });
  const hostPid = numberFlag(flags, 'pid', { ...WHOLE, most: 2 ** 22 });
  if (hostPid !== undefined) checkPid(hostPid);
  const head = { program: programName(), vantages: ['client'], epochMs: Date.now() } as const;
  const trace = openTrace(flags, head);
  const abort = new AbortController();
  let code: number = ExitCode.ok;
  onInterrupt((exitCode) => {
    code = exitCode;
    abort.abort();
  });
  const progress = new Progress(plan.clients);
  try {
    const result = await runLoad({
      ...target,
      plan,
      isPlaintext: isPlaintext(flags),
      ...(workers !== undefined && { workers }),
      ...(hostPid !== undefined && { hostPid }),
      trace: trace && ((event) => trace.take(event)),
      onProgress: (phase, counts) => progress.show(phase, counts),
      signal: abort.signal,
    });
    progress.end();
    const text = flags.json === undefined ? describe(result) : JSON.stringify(result);
    process.stdout.write(`${text}\n`);
    return result.lost === 0 && result.duplicates === 0 ? ExitCode.ok : ExitCode.undelivered;
  } catch (error) {
    progress.end();
    if (abort.signal.aborted) return code;
    if (!(error instanceof LoadRefusedError)) throw error;
    const ended = error.closed && closedError(error.closed, formatTarget(target));
    if (ended !== undefined) throw ended;
    throw new CliError(`${formatTarget(target)} did not take the load: ${error.message}`, {
      exitCode: ExitCode.other,
      hint: 'try fewer --clients',
    });
  }
};

function checkPid(pid: number): void {
  if (processCpu(pid) !== undefined) return;
  const hint = 'it is the process of a host on this machine, and this a Linux';
  throw new CliError(`the CPU of process ${pid} cannot be seen`, {
    exitCode: ExitCode.usage,
    hint,
  });
}

function choosePlan(flags: FlagValues): Parameters<typeof runLoad>[0]['plan'] {
  const clients = numberFlag(flags, 'clients', { ...WHOLE, most: 10_000 }) ?? 100;
  const rooms = numberFlag(flags, 'rooms', { ...WHOLE, most: 500 }) ?? 10;
  return {
    clients,
    rooms: Math.min(rooms, clients),
    rate: numberFlag(flags, 'rate', { least: 0, most: 80, isWhole: false }) ?? 1,
    seconds: numberFlag(flags, 'seconds', { least: 1, most: 86_400, isWhole: false }) ?? 30,
    bytes: numberFlag(flags, 'bytes', { least: 32, most: 1_100, isWhole: true }) ?? 100,
  };
}

/** How far it is: a line that is written over on a terminal, nothing elsewhere. */
class Progress {
  readonly #clients: number;
  readonly #isShown = process.stderr.isTTY === true;

  constructor(clients: number) {
    this.#clients = clients;
  }

  show(phase: keyof typeof PHASES, { online, posted, deliveries }: LoadCounts): void {
    if (!this.#isShown) return;
    const who = `${online} of ${this.#clients} clients`;
    const what = `${posted} lines, ${deliveries} deliveries`;
    process.stderr.write(`\r\u001B[K${PHASES[phase]}: ${who}, ${what}`);
  }

  end(): void {
    if (this.#isShown) process.stderr.write('\r\u001B[K');
  }
}

function describe(result: LoadResult): string {
  const { latency, posted, accepted, rejected } = result;
  return [
    `${result.clients} clients in ${result.rooms} rooms, ${result.seconds} s`,
    `lines       ${posted} written, ${accepted} accepted, ${rejected} rejected`,
    `deliveries  ${result.deliveries}, ${result.deliveriesPerSecond} a second`,
    `lost        ${result.lost}, twice ${result.duplicates}, reconnects ${result.reconnects}`,
    `latency ms  p50 ${latency.p50}, p90 ${latency.p90}, p99 ${latency.p99}, max ${latency.max}`,
    `client CPU  ${result.clientCpuPerDelivery} us a delivery`,
    ...(result.hostCpuPerDelivery === undefined
      ? []
      : [`host CPU    ${result.hostCpuPerDelivery} us a delivery`]),
  ].join('\n');
}
