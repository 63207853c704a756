import { lookup } from 'node:dns/promises';
import { formatImpairment, RUN_HEAD, UdpProxy } from '../../lib/entry/lab.ts';
import { formatAddress } from '../../lib/entry/transport.ts';
import type { Run } from '../command.ts';
import { CliError, ExitCode, usageError } from '../errors.ts';
import { textFlag } from '../flags.ts';
import { readImpairment } from '../impair.ts';
import { onInterrupt } from '../interrupt.ts';
import { listenError } from '../listen-error.ts';
import { chooseSeed } from '../network.ts';
import { parseTarget } from '../target.ts';
import { openTrace, programName } from '../trace.ts';

/** `udpchat lab proxy LISTEN TARGET`: a bad network for any UDP program. */
export const labProxy: Run = async ({ positionals: [listen = '', to = ''], flags }) => {
  const impairment = readImpairment(flags);
  const seed = chooseSeed(flags);
  const here = parseTarget([/^\d+$/.test(listen) ? `127.0.0.1:${listen}` : listen]);
  const target = parseTarget([to]);
  const trace = textFlag(flags, 'trace');
  if (trace !== undefined && !trace.toLowerCase().endsWith('.pcapng')) {
    const hint = 'a proxy does not look into what it passes on: let it end in .pcapng';
    throw usageError(`--trace: a proxy cannot write ${trace}`, hint);
  }
  const epochMs = Date.now();
  const file = openTrace(flags, { program: programName(), ...RUN_HEAD, epochMs });
  const proxy = new UdpProxy({
    trace: file && ((event) => file.take(event)),
    target: { address: await addressOf(target.host), port: target.port },
    impairment,
    seed,
  });
  const address = await addressOf(here.host);
  const bound = await proxy.listen({ address, port: here.port }).catch((error: unknown) => {
    throw listenError(error, here.port, here.host);
  });
  const weather = formatImpairment(impairment) || 'a perfect network';
  process.stdout.write(
    `listening on ${formatAddress(bound)}; each way: ${weather} (seed ${seed})\n`,
  );
  return new Promise((resolve) => {
    onInterrupt((exitCode) => {
      proxy.close();
      resolve(exitCode);
    });
  });
};

async function addressOf(host: string): Promise<string> {
  try {
    return (await lookup(host)).address;
  } catch {
    throw new CliError(`no address is known for ${host}`, { exitCode: ExitCode.unreachable });
  }
}
