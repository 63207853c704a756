import {
  devicePlan,
  formatCommand,
  formatImpairment,
  formatPlan,
  type Impairment,
  impairDevice,
  NetemNetwork,
  namespacePair,
  pairPlan,
  weatherPlan,
} from '../../lib/index.ts';
import type { Command } from '../command.ts';
import { ExitCode, usageError } from '../errors.ts';
import { type FlagValues, textFlag } from '../flags.ts';
import { readImpairment } from '../impair.ts';
import { onInterrupt } from '../interrupt.ts';
import { explainNetem } from '../netem.ts';

/** `udpchat lab netem`: a bad network of the kernel's own, for as long as it runs. */
export const labNetem: Command = {
  name: 'lab netem',
  usage: '--impair SPEC',
  summary: "a bad network made by Linux's tc netem, until Ctrl-C; needs root",
  flags: ['impair', 'dev', 'yes', 'dry-run'],
  least: 0,
  most: 0,
  examples: [
    'sudo udpchat lab netem --impair "loss 20% delay 50ms"',
    'udpchat lab netem --impair wifi --dry-run',
    'sudo udpchat lab netem --impair "delay 50ms" --dev wlan0 --yes',
  ],
  async run({ flags }) {
    const impairment = readImpairment(flags);
    const device = chooseDevice(flags);
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
    const undo = explainNetem(() => begin(impairment, device));
    process.stderr.write('udpchat: Ctrl-C removes it\n');
    // An interrupt resolves from a signal, for which alone Node does not wait.
    const awake = setInterval(() => {}, 2 ** 30);
    const exitCode = await interrupted;
    clearInterval(awake);
    undo();
    process.stderr.write('udpchat: removed\n');
    return exitCode;
  },
};

function begin(impairment: Impairment, device: string | undefined): () => void {
  if (device !== undefined) {
    const undo = impairDevice(device, impairment);
    process.stdout.write(`${formatPlan(devicePlan(device, impairment)).join('\n')}\n`);
    return undo;
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
  return () => network.close();
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
