import { closeSync, fstatSync, openSync, writeSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { ClientCore } from '../lib/entry/client.ts';
import { PacketTap, TRACE_FORMS, TracedMachine, TraceFile, traceForm } from '../lib/entry/lab.ts';
import type {
  Address,
  HandshakeProvider,
  Machine,
  TraceForm,
  TraceHead,
  Vantage,
} from '../lib/index.ts';
import { isInteractive } from './command.ts';
import { CliError, ExitCode, usageError } from './errors.ts';
import { type FlagValues, textFlag } from './flags.ts';
import { version } from './version.ts';

/** Bits of a file's mode that let anybody but its owner in. */
const OTHERS = 0o077;

/** What `--trace` and `--keylog` put into a server or client. */
export interface TraceChoice {
  /** For `watch`; absent when neither was asked for. */
  readonly watch?: (handshakes: HandshakeProvider) => HandshakeProvider;
  /** Goes around the machine, inside of any bad network. */
  readonly traced: (machine: Machine, local: () => Address) => Machine;
}

/** The program as traces name it. */
export function programName(): string {
  return `udpchat ${version()}`;
}

/** Reads `--trace` and `--keylog` of a command whose end of the connection is `vantage`. */
export function chooseTrace(flags: FlagValues, vantage: Vantage): TraceChoice {
  const logKeys = openKeyLog(flags);
  const since = performance.now();
  const epochMs = Date.now();
  const file = openTrace(flags, { program: programName(), vantages: [vantage], epochMs });
  if (file === undefined && logKeys === undefined) return { traced: (machine) => machine };
  const tap = new PacketTap({ logKeys });
  const watch: TraceChoice['watch'] = (handshakes) => tap.watch(handshakes);
  if (file === undefined) return { watch, traced: (machine) => machine };
  return {
    watch,
    traced: (machine, local) =>
      new TracedMachine(machine, {
        vantage,
        tap,
        since,
        local: (peer) => seenBy(peer, local()),
        take: (event) => file.take(event),
        stats: machine instanceof ClientCore ? (now) => machine.linkStats(now) : undefined,
      }),
  };
}

/**
 * The file of `--trace`, closed when the process ends; undefined when none was asked for. A disk
 * that is full ends the trace and nothing else.
 */
export function openTrace(flags: FlagValues, head: TraceHead): TraceFile | undefined {
  const path = textFlag(flags, 'trace');
  if (path === undefined) return undefined;
  const form = formOf(path);
  const say = (why: string): void => {
    process.stderr.write(`udpchat: the trace in ${path} ends here: ${why}\n`);
  };
  const onEnd = (why: string): void => {
    // A window is on the screen, and must be gone before anything is written there.
    if (isInteractive()) process.on('exit', () => say(why));
    else say(why);
  };
  try {
    const file = new TraceFile({ path, form, head, onEnd });
    process.on('exit', () => file.close());
    return file;
  } catch (error) {
    throw fileError(`cannot write the trace to ${path}`, error);
  }
}

/** The form that a trace's name asks for. Throws a usage error when it asks for none. */
export function formOf(path: string): TraceForm {
  const form = traceForm(path);
  if (form !== undefined) return form;
  const endings = Object.keys(TRACE_FORMS).join(', ');
  throw usageError(`--trace: the name ${path} says no form`, `let it end in one of ${endings}`);
}

/** Appends to the file of `--keylog`, which only its owner may read. */
function openKeyLog(flags: FlagValues): ((line: string) => void) | undefined {
  const path = textFlag(flags, 'keylog');
  if (path === undefined) return undefined;
  let file: number;
  try {
    file = openSync(path, 'a', 0o600);
  } catch (error) {
    throw fileError(`cannot write keys to ${path}`, error);
  }
  // Windows has other means; the mode says nothing there.
  if (process.platform !== 'win32' && (fstatSync(file).mode & OTHERS) !== 0) {
    closeSync(file);
    throw new CliError(`${path} can be read by others: keys do not go there`, {
      exitCode: ExitCode.authentication,
      hint: `chmod 600 ${path}`,
    });
  }
  process.stderr.write(`udpchat: whoever has ${path} can read what is said here (--keylog)\n`);
  return (line) => {
    try {
      writeSync(file, `${line}\n`);
    } catch {
      // Without its keys a connection cannot be looked into; that is all.
    }
  };
}

function fileError(what: string, error: unknown): CliError {
  const why = error instanceof Error ? error.message : String(error);
  return new CliError(`${what}: ${why}`, {
    exitCode: ExitCode.other,
    hint: 'name a file that you may write, on a disk with room',
  });
}

/** Our address as a peer sees it: a socket of all addresses does not say which it was. */
function seenBy(peer: Address, { address, port }: Address): Address {
  if (address !== '::' && address !== '0.0.0.0') return { address, port };
  if (peer.address === '::1' || peer.address.startsWith('127.')) {
    return { address: peer.address, port };
  }
  const family = peer.address.includes(':') ? 'IPv6' : 'IPv4';
  const all = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
  const own = all.find((entry) => !entry.internal && entry.family === family);
  return { address: own?.address ?? (family === 'IPv6' ? '::' : '0.0.0.0'), port };
}
