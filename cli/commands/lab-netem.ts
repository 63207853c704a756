import {
  CABLE,
  Capture,
  CaptureError,
  devicePlan,
  formatCommand,
  formatImpairment,
  formatPlan,
  impairDevice,
  NetemNetwork,
  namespacePair,
  pairPlan,
  weatherPlan,
} from '../../lib/entry/lab.ts';
import type { CaptureOptions, Impairment } from '../../lib/index.ts';
import type { Run } from '../command.ts';
import { CliError, ExitCode, usageError } from '../errors.ts';
import { type FlagValues, textFlag } from '../flags.ts';
import { readImpairment } from '../impair.ts';
import { onInterrupt } from '../interrupt.ts';
import { explainNetem } from '../netem.ts';

/** `udpchat lab netem`: a bad network of the kernel's own, for as long as it runs. */
export const labNetem: Run = async ({ flags }) => {
  const impairment = readImpairment(flags);
  const device = chooseDevice(flags);
  if (device !== undefined && impairment.mtu !== undefined) {
    throw usageError(
      `netem has no "mtu", and that of ${device} is not ours to change`,
      `leave it out, or set it yourself: ip link set ${device} mtu ${impairment.mtu}`,
    );
  }
  const trace = chooseCapture(flags);
  const commands = plannedCommands(impairment, device);
  if (flags['dry-run'] !== undefined) {
    process.stdout.write(`${commands.join('\n')}\n`);
    return ExitCode.ok;
  }
  if (device !== undefined && flags.yes === undefined) {
    throw usageError(
      `${device} is a real interface: whatever leaves this machine there would suffer`,
      `if you mean it, add --yes; it does: ${commands.join('; ')}`,
    );
  }
  const interrupted = new Promise<number>((resolve) => onInterrupt(resolve));
  const { undo, view } = explainNetem(() => begin(impairment, device));
  const capture =
    trace === undefined ? undefined : await startCapture({ ...view, path: trace }, undo);
  process.stderr.write('udpchat: Ctrl-C removes it\n');
  // An interrupt resolves from a signal, for which alone Node does not wait.
  const awake = setInterval(() => {}, 2 ** 30);
  const exitCode = await interrupted;
  clearInterval(awake);
  await capture?.stop();
  undo();
  process.stderr.write('udpchat: removed\n');
  return exitCode;
};

/** Where packets can be seen, and how to take all of it away again. */
interface Ground {
  readonly view: Omit<CaptureOptions, 'path'>;
  readonly undo: () => void;
}

function begin(impairment: Impairment, device: string | undefined): Ground {
  if (device !== undefined) {
    const undo = impairDevice(device, impairment);
    process.stdout.write(`${formatPlan(devicePlan(device, impairment)).join('\n')}\n`);
    return { undo, view: { device, prefix: [] } };
  }
  const network = NetemNetwork.open();
  try {
    const commands = network.change(impairment);
    const { addresses } = network.pair;
    const weather = formatImpairment(impairment) || 'a perfect network';
    process.stdout.write(
      `${commands.join('\n')}\n` +
        `two machines, ${addresses[0]} and ${addresses[1]}; each way: ${weather}\n` +
        `  ${formatCommand(network.inside(1))} udpchat host\n` +
        `  ${formatCommand(network.inside(0))} udpchat ${addresses[1]}\n`,
    );
  } catch (error) {
    network.close();
    throw error;
  }
  return { undo: () => network.close(), view: { device: CABLE, prefix: network.inside(1) } };
}

/** `--trace`: the kernel's packets as Wireshark's own tool writes them. */
function chooseCapture(flags: FlagValues): string | undefined {
  const path = textFlag(flags, 'trace');
  if (path === undefined || path.toLowerCase().endsWith('.pcapng')) return path;
  const hint = 'here the kernel carries packets of any program: let it end in .pcapng';
  throw usageError(`--trace: lab netem cannot write ${path}`, hint);
}

async function startCapture(options: CaptureOptions, undo: () => void): Promise<Capture> {
  try {
    const capture = await Capture.start(options);
    process.stdout.write(`${capture.command}\n`);
    return capture;
  } catch (error) {
    undo();
    const why = error instanceof Error ? error.message : String(error);
    const hint =
      error instanceof CaptureError
        ? 'it takes dumpcap, of Wireshark, and setpriv, of util-linux'
        : 'name a file that you may write';
    const { other } = ExitCode;
    throw new CliError(`cannot write the trace to ${options.path}: ${why}`, {
      exitCode: other,
      hint,
    });
  }
}

/** Everything that would be run, as one would type it. */
function plannedCommands(impairment: Impairment, device: string | undefined): string[] {
  if (device !== undefined) return formatPlan(devicePlan(device, impairment));
  const pair = namespacePair(process.pid, 0);
  return formatPlan([...pairPlan(pair), ...weatherPlan(pair, impairment)]);
}

function chooseDevice(flags: FlagValues): string | undefined {
  const device = textFlag(flags, 'dev');
  if (device === undefined) {
    if (flags.yes !== undefined) throw usageError('--yes needs --dev NAME');
    return undefined;
  }
  // As dev_valid_name of Linux has it, and not to be taken for an option.
  if (/^[^\s/:-][^\s/:]{0,14}$/.test(device)) return device;
  throw usageError(
    `--dev: "${device}" is no name of an interface`,
    'ip link shows which there are',
  );
}
